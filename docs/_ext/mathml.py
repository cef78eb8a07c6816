"""Formulas as MathML, which browsers set by themselves: no script and no fonts to load."""

from typing import Any, NoReturn

from docutils import nodes
from latex2mathml.converter import convert
from sphinx.application import Sphinx
from sphinx.errors import ExtensionError


def mathml(tex: str, display: str = "inline") -> str:
    """A <math> element. What the converter does not know would be shown as LaTeX, so it is an error."""
    made = convert(tex, display=display)
    if "\\" in made:
        raise ExtensionError(f"latex2mathml does not know all of {tex!r}: {made}")
    return made


def _inline(self: Any, node: nodes.math) -> NoReturn:
    self.body.append(mathml(node.astext()))
    raise nodes.SkipNode


def _block(self: Any, node: nodes.math_block) -> NoReturn:
    self.body.append(f'<div class="formula">{mathml(node.astext(), "block")}</div>')
    raise nodes.SkipNode


def setup(app: Sphinx) -> dict[str, bool]:
    """Register the renderer; `html_math_renderer = "mathml"` chooses it."""
    app.add_html_math_renderer("mathml", (_inline, None), (_block, None))
    return {"parallel_read_safe": True, "parallel_write_safe": True}
