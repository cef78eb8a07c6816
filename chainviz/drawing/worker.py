"""Lay out the DOT source on standard input with Graphviz and print the geometry as JSON. Run as a script of its own.

A layout cannot be interrupted and holds Python's lock; in a process of its own it can be given up. It imports nothing
of ours.
"""

import sys


def main() -> None:
    """Lay out one drawing."""
    from pygraphviz import AGraph

    drawn = AGraph(string=sys.stdin.read()).draw(format="json0", prog="dot")  # pyright: ignore
    sys.stdout.buffer.write(drawn)  # pyright: ignore


if __name__ == "__main__":
    main()
