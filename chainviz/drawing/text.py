"""Formulas as text for drawings: runs of upright, italic, raised and lowered characters, and how wide they are.

"2 z^{2}"  ->  [("2", ""), ("z", "i"), ("2", "^")]
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

from ..graph.formula import name_of
from ..graph.graph import Graph
from ..graph.letters import greek, split_name
from ..graph.templates import Formula

Run = tuple[str, str]
"""Text and style: "" upright, "i" italic, "^" raised, "_" lowered, "^i" and "_i" raised and lowered italic."""

_TOKEN = re.compile(r"\\sqrt\[3\]|\\[a-zA-Z]+|\\.|[\d.]+|.", re.DOTALL)
_WORDS = {
    r"\cdot": " · ", r"\,": "\u2009", r"\Sigma": "Σ", r"\sigma": "σ", r"\top": "⊤", r"\infty": "∞", r"\ldots": "…",
    r"\to": "→", r"\Phi": "Φ", r"\Gamma": "Γ", r"\Pi": "Π", r"\psi": "ψ", r"\partial": "∂", r"\odot": " ⊙ ",
    r"\ge": " ≥ ", r"\lfloor": "⌊", r"\rfloor": "⌋", r"\lceil": "⌈", r"\rceil": "⌉", r"\|": "‖",
    r"\left": "", r"\right": "", r"\mathbf": "", r"\mathrm": "", r"\text": "",
}  # fmt: skip
_RAISED = str.maketrans("0123456789−-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_LOWERED = str.maketrans("0123456789−-", "₀₁₂₃₄₅₆₇₈₉₋₋")
_SIGNS = {"-": "−", ",": ", ", " ": "", "\u2061": ""}


def formula_runs(formula: Formula, graph: Graph) -> list[Run]:
    """The formula on one line, with the nodes' names in it."""
    tokens = _TOKEN.findall(formula.tex)
    return _merged(_parse(iter(tokens), graph))


def name_runs(name: str) -> list[Run]:
    """A name: its letter in italics, its index lowered."""
    base, index = split_name(name)
    return [(greek(base), "i"), (index, "_")] if index else [(greek(base), "i")]


def plain(runs: list[Run]) -> str:
    """The runs as bare text, raised and lowered digits kept as such."""
    return "".join(
        text.translate(_RAISED if style[:1] == "^" else _LOWERED if style[:1] == "_" else {}) for text, style in runs
    )


def width(runs: list[Run], size: float) -> float:
    """The runs' width in the units of `size`, a little on the wide side, for whichever font is there."""
    return sum(_advance(c) * (0.7 if style[:1] in "^_" and style else 1.0) * size for text, style in runs for c in text)


def shortened(runs: list[Run], size: float, room: float) -> list[Run]:
    """The runs, cut with an ellipsis where they would be wider than the room."""
    if width(runs, size) <= room:
        return runs
    kept: list[Run] = []
    for text, style in runs:
        for character in text:
            if width([*kept, (character + "…", style)], size) > room:
                return [*_merged(kept), ("…", "")]
            kept.append((character, style))
    return _merged(kept)


def _advance(character: str) -> float:
    """The width of a character in ems, by its class."""
    if character in "iljt.,;:'|!()[]fr/· \u2009":
        return 0.33
    if unicodedata.combining(character):
        return 0.0
    if character in "mwMW∞":
        return 0.85
    return 0.7 if character.isupper() else 0.56


def _parse(tokens: Iterator[str], graph: Graph, closing: str = "") -> list[Run]:
    runs: list[Run] = []
    for token in tokens:
        if token == closing:
            break
        if token == "{":
            runs += _parse(tokens, graph, "}")
        elif token in "^_":
            if token == "_" and runs and runs[-1][1][:1] == "_":
                runs.append((",", "_"))  # v_1 and then index 0 is no v_10
            runs += [(text.strip(" "), token + style.strip("^_")) for text, style in _argument(tokens, graph)]
        elif token == r"\frac":
            above, below = _argument(tokens, graph), _argument(tokens, graph)
            runs += [*_wrapped(above, products=False), ("/", ""), *_wrapped(below)]
        elif token in (r"\sqrt", r"\sqrt[3]"):
            runs += [("√" if token == r"\sqrt" else "∛", ""), *_wrapped(_argument(tokens, graph))]
        elif token == r"\bar":
            (first, style), *rest = _argument(tokens, graph)
            runs += [(first[0] + "\u0304" + first[1:], style), *rest]
        elif token == r"\operatorname":
            runs.append((plain(_argument(tokens, graph)) + "\u2009", ""))
        elif token in _WORDS:
            runs.append((_WORDS[token], ""))
        elif greek(token[1:]) != token[1:]:
            runs.append((greek(token[1:]), "i"))
        elif token.startswith("\\") and len(token) > 2:  # sin, cos, ln
            runs.append((token[1:] + "\u2009", ""))
        elif name := name_of(token, graph):
            runs += name_runs(name)
        elif token in "+->":
            sign = _SIGNS.get(token, token)
            runs.append((f" {sign} " if runs and not runs[-1][0].endswith("(") else sign, ""))
        else:
            runs.append((_SIGNS.get(token, token), ""))
    return runs


def _argument(tokens: Iterator[str], graph: Graph) -> list[Run]:
    """The group, or the single token, that comes next."""
    token = next(tokens)
    return _parse(tokens, graph, "}") if token == "{" else _parse(iter([token]), graph)


def _wrapped(runs: list[Run], *, products: bool = True) -> list[Run]:
    """The runs in brackets if they are a sum or, where `products` need them too, more than one factor."""
    text = plain(runs)
    if text.endswith(")") and text.count("(") == 1 and text[0] in "√∛(":  # brackets of its own
        return runs
    if next((part for part, _ in runs if part), "") in ("d", "∂"):  # the dx of dz/dx
        return runs
    factors = sum(1 for _, style in runs if style[:1] not in ("^", "_"))
    loose = any(c in text for c in "+−") or (products and factors > 1)
    return [("(", ""), *runs, (")", "")] if loose else runs


def _merged(runs: list[Run]) -> list[Run]:
    """Neighbours of one style as one run; nothing empty."""
    merged: list[Run] = []
    for text, style in runs:
        if style[:1] == "_" and merged and merged[-1][0].endswith("\u2009"):  # log_2 x: the space comes after the 2
            *merged, (name, upright) = merged
            merged = [*_merged([*merged, (name[:-1], upright), (text, style)]), ("\u2009", "")]
        elif merged and merged[-1][1] == style:
            merged[-1] = (merged[-1][0] + text, style)
        elif text:
            merged.append((text, style))
    return [(re.sub("  +", " ", re.sub("\u2009(?=\\()", "", text)), style) for text, style in merged]
