"""Docstrings are plain text with code in backticks: signs that mean markup to docutils are set as they stand."""

import re
from typing import Any

from sphinx.application import Sphinx


def _set_as_they_stand(_app: Sphinx, _what: str, _name: str, _object: Any, _options: Any, lines: list[str]) -> None:
    """Escape * and | outside of code and examples, as in F(x, *params) and |F|."""
    in_example = False
    for k, line in enumerate(lines):
        in_example = line.lstrip().startswith(">>>") or (in_example and bool(line.strip()))
        if not in_example:
            words = line.split("`")
            words[::2] = [re.sub(r"[*|]", r"\\\g<0>", text) for text in words[::2]]
            lines[k] = "`".join(words)


def setup(app: Sphinx) -> dict[str, bool]:
    """Before Napoleon reads the docstring, which is at 500."""
    app.connect("autodoc-process-docstring", _set_as_they_stand, priority=400)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
