"""from_code: the explorer that a share code holds."""

from __future__ import annotations

import inspect

import numpy as np

from .explore import Explorer
from .problems import explain
from .sharecode import ShareCodeError, decode, read_data


def from_code(code: str) -> Explorer:
    """The explorer that a share code holds; see `Explorer.share`.

    Nothing in a code is evaluated as Python, whoever wrote it. Its function is a formula, or the recording of a
    function of another notebook.

    Raises:
        ShareCodeError: it is no code, is damaged, or holds what no explorer can be.

    >>> import chainviz as cv
    >>> code = cv.explore("sin(x^2)", x=(-2.0, 2.0)).share()
    >>> from_code(code)
    Explorer(x=0, y=0, dy/dx=0)
    """
    function, inputs, settings = read_data(decode(code))
    step = settings.pop("step")
    wanted = list(inspect.signature(function).parameters)
    if wanted != list(inputs):
        raise ShareCodeError(f"The function of this share code takes {', '.join(wanted)}, not {', '.join(inputs)}.")
    try:
        with np.errstate(all="ignore"):
            explorer = Explorer(function, *inputs.values(), **settings)
    except Exception as error:  # whatever a code of unknown origin brings about
        raise ShareCodeError(f"This share code holds no function that can be shown. {explain(error)}") from error
    explorer.step = step
    return explorer
