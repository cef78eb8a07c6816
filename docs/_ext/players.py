"""The directive `player`: code that ends in a player, and below it that player, exported by `to_html` and live.

    ```{player} sine
    import chainviz as cv

    cv.explore(lambda x: x**2, x=(-2.0, 2.0))
    ```

The code runs when the site is built; its player is written to players/sine.html, a page of its own.
"""

import ast
import linecache
from html import escape
from pathlib import Path
from typing import Any, ClassVar

from docutils import nodes
from docutils.parsers.rst import directives
from sphinx.application import Sphinx
from sphinx.util.docutils import SphinxDirective

from chainviz import Player

FOLDER = "players"
_IN_A_FRAME = """<style>
.framed, .framed body { padding: 0; max-width: none; background: none }
.framed .page-note { display: none }
</style>
<script>
if (parent !== window) {
  document.documentElement.classList.add("framed");
  new ResizeObserver(([page]) => parent.postMessage({ playerHeight: Math.ceil(page.borderBoxSize[0].blockSize) }, "*"))
    .observe(document.body);
}
</script>
</body>"""
"""In a frame the player fills it, and says how high it is; what is said under it on a page of its own is left out."""


def last_value(code: str, name: str) -> Any:
    """Run the code as a notebook runs a cell, and give what its last line gives."""
    tree = ast.parse(code)
    last = tree.body.pop()
    if not isinstance(last, ast.Expr):
        raise ValueError(f"The code of the player {name!r} does not end in an expression, such as cv.explore(...).")
    filename = f"<player {name}>"
    linecache.cache[filename] = (
        len(code),
        None,
        code.splitlines(keepends=True),
        filename,
    )  # names come from the source
    space: dict[str, Any] = {"__name__": "__main__"}
    exec(compile(tree, filename, "exec"), space)
    return eval(compile(ast.Expression(last.value), filename, "eval"), space)


class PlayerDirective(SphinxDirective):
    """`{player} name`, with options `title` and `step` (which step shows first)."""

    required_arguments = 1
    has_content = True
    option_spec: ClassVar[dict[str, Any]] = {"title": directives.unchanged, "step": directives.nonnegative_int}

    def run(self) -> list[nodes.Node]:
        """The code, the page in a frame, and a link to it."""
        self.env.metadata[self.env.docname]["hide-toc"] = True  # a player needs the room
        name, code = self.arguments[0], "\n".join(self.content)
        player = last_value(code, name)
        if not isinstance(player, Player):
            raise self.error(f"The code of the player {name!r} gives a {type(player).__name__}, not a player.")
        player.step = self.options.get("step", len(player.graph.timeline()))
        folder = Path(self.env.app.outdir) / FOLDER
        folder.mkdir(exist_ok=True)
        text = player.to_html()
        player.close()
        (folder / f"{name}.html").write_text(text.replace("</body>", _IN_A_FRAME), encoding="utf-8")
        page = f"{'../' * self.env.docname.count('/')}{FOLDER}/{name}.html"
        title = escape(self.options.get("title", f"The player {name}"), quote=True)
        frame = f'<iframe class="player" src="{page}" title="{title}" loading="lazy"></iframe>'
        link = f'<p class="player-link"><a href="{page}">This player on a page of its own</a></p>'
        block = nodes.literal_block(code, code, language="python")
        return [block, nodes.raw("", frame + link, format="html")]


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the directive."""
    app.add_directive("player", PlayerDirective)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
