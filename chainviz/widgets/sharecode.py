"""Share codes: an explorer as a short text, to be pasted into another notebook.

    cv2:  +  base64url( the first 4 bytes of the SHA-256 of the data  +  zlib( the data as JSON ) )

The data are {"function": {"formula": text} or {"recording": lists}, "inputs": ..., "frozen": ..., "step": ..., ...}.
Nothing in a code is ever evaluated as Python: a formula goes through the parser of formulas, a recording is looked up
in the table of operations. What a code unpacks to is bounded before it is unpacked, and what a recording computes
before it is computed. Codes of version 1, whose recordings know fewer operations, are read as ever.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
import zlib
from collections.abc import Callable
from typing import Any, NoReturn

import numpy as np

from ..autodiff.errors import ChainvizError, InputError
from ..formulas import Formula
from ..graph.graph import Graph
from ..graph.recording import MOST_ENTRIES, Recording, as_data, is_name
from .inputs import Grid, Input, Slider, read_inputs

VERSION = 2
OLDEST = 1
"""The version that is written, and the oldest that is read."""
LONGEST = 60_000
"""Characters of a code."""
LARGEST = 400_000
"""Bytes of the data."""
SETTINGS = ("detail", "controls", "size")
_PARTS = {"name", "value", "range", "locked"}


class ShareCodeError(InputError):
    """A share code that cannot be made, or read."""


def encode(data: dict[str, Any]) -> str:
    """The data as a code.

    >>> encode({"step": 3})[:4]
    'cv2:'
    """
    plain = json.dumps(data, separators=(",", ":"), ensure_ascii=False, allow_nan=False).encode("utf-8", "strict")
    packed = base64.urlsafe_b64encode(_checksum(plain) + zlib.compress(plain, 9)).decode().rstrip("=")
    if len(plain) > LARGEST or len(packed) > LONGEST:
        raise ShareCodeError("This explorer is too large for a share code. Save it as a page, with to_html(path).")
    return f"cv{VERSION}:{packed}"


def decode(code: Any) -> Any:
    """The data of a code. Raises ShareCodeError for whatever is none, or is damaged.

    >>> decode(encode({"step": 3}))
    {'step': 3}
    """
    text = re.sub(r"\s", "", code[: 2 * LONGEST]) if isinstance(code, str) else ""
    found = re.fullmatch(r"cv([0-9]{1,4}):([A-Za-z0-9_-]+)", text)
    if found is None:
        raise ShareCodeError(f'A share code begins with "cv{VERSION}:", but this is {code!r:.40}. Copy all of it.')
    if not OLDEST <= int(found[1]) <= VERSION:
        raise ShareCodeError(
            f"This code is of version {found[1]}, and this chainviz reads versions {OLDEST} to {VERSION}. Update it."
        )
    if len(text) > LONGEST:
        raise ShareCodeError(f"This code is longer than {LONGEST:,} characters, as none is.")
    try:
        packed = base64.urlsafe_b64decode(found[2] + "=" * (-len(found[2]) % 4))
        unpacker = zlib.decompressobj()
        plain = unpacker.decompress(packed[4:], LARGEST)
        if not unpacker.eof or unpacker.unused_data or packed[:4] != _checksum(plain):
            _damaged()
        return json.loads(plain, parse_constant=_damaged)
    except (ValueError, zlib.error, RecursionError):
        _damaged()


def _checksum(plain: bytes) -> bytes:
    return hashlib.sha256(plain).digest()[:4]


def _damaged(_: Any = None) -> NoReturn:
    raise ShareCodeError("This share code is damaged. Copy all of it, from its cv to its end.") from None


def data_of(
    f: Callable[..., Any], graph: Graph, controls: dict[str, Input], values: dict[str, Any], settings: dict[str, Any]
) -> dict[str, Any]:
    """What a code holds of an explorer: the function, its inputs as they are now, and how it is shown.

    Raises ShareCodeError where the function is no formula and its recording cannot be kept.
    """
    try:
        function = {"formula": f.text} if isinstance(f, Formula) else {"recording": as_data(graph)}
    except InputError as error:
        raise ShareCodeError(
            f"This function cannot be shared as a code. {error} Share a formula, such as cv.explore('sin(x^2)', ...), "
            "or the page that to_html(path) writes."
        ) from error
    inputs = [_input_data(control, values[name]) for name, control in controls.items()]
    frozen = [graph.nodes[k].name for k in graph.inputs if graph.nodes[k].frozen]
    return {"function": function, "inputs": inputs, "frozen": frozen, **settings}


def _input_data(control: Input, value: Any) -> dict[str, Any]:
    shown: dict[str, Any] = {"name": control.name, "value": value}
    if isinstance(control, Slider):
        shown["range"] = [control.min, control.max, control.step]
    return shown | ({"locked": True} if control.locked else {})


def read_data(data: Any) -> tuple[Callable[..., Any], dict[str, Input], dict[str, Any]]:
    """The function, its inputs, and the other settings of an explorer; ShareCodeError for data that are none."""
    try:
        _require(isinstance(data, dict), "the data of an explorer")
        _require(set(data) == {"function", "inputs", "frozen", "step", *SETTINGS}, "the parts of an explorer")
        function = _function(data["function"])
        inputs = _inputs(data["inputs"])
        _require(isinstance(data["frozen"], list) and all(map(is_name, data["frozen"])), "a list of names")
        _require(type(data["step"]) is int and 0 <= data["step"] < 10**9, "a step")
        _require(all(isinstance(data[name], str) for name in SETTINGS), "a setting")
        return function, inputs, {name: data[name] for name in ("frozen", "step", *SETTINGS)}
    except ChainvizError as error:
        raise ShareCodeError(f"This share code was not made by chainviz. {error}") from error


def _function(data: Any) -> Callable[..., Any]:
    _require(isinstance(data, dict) and len(data) == 1, "a function")
    if "formula" in data:
        _require(isinstance(data["formula"], str), "a formula")
        return Formula(data["formula"])
    _require("recording" in data, "a function")
    return Recording(data["recording"])


def _inputs(data: Any) -> dict[str, Input]:
    _require(isinstance(data, list) and 0 < len(data) <= 100, "a list of inputs")
    inputs: dict[str, Input] = {}
    for entry in data:
        _require(
            isinstance(entry, dict) and {"name", "value"} <= set(entry) <= _PARTS,
            "an input",
        )
        name, locked = entry["name"], entry.get("locked", False)
        _require(is_name(name) and name not in inputs and isinstance(locked, bool), "the name of an input")
        inputs[name] = _input(name, entry, locked)
    return inputs


def _input(name: str, entry: dict[str, Any], locked: bool) -> Input:
    if "range" not in entry:
        array = np.array(entry["value"], dtype=float) if _is_nested(entry["value"]) else np.zeros(0)
        _require(0 < array.size <= MOST_ENTRIES and array.ndim > 0, "an array")
        return Grid(name, Grid(name, array).read(array), locked)
    _require(isinstance(entry["range"], list) and len(entry["range"]) == 3, "a range")
    _require(all(_is_number(number) for number in [*entry["range"], entry["value"]]), "a number")
    (slider,) = read_inputs({name: tuple(map(float, entry["range"]))}).values()
    assert isinstance(slider, Slider)
    return Slider(name, slider.min, slider.max, slider.step, slider.read(float(entry["value"])), locked)


def _is_number(data: Any) -> bool:
    return isinstance(data, float) or (type(data) is int and abs(data) <= 2**53)


def _is_nested(data: Any, depth: int = 0) -> bool:
    """Whether these are lists of lists of ... numbers, each as long as its neighbours."""
    if not isinstance(data, list) or depth > 8:
        return False
    if all(_is_number(entry) for entry in data):
        return True
    same = all(isinstance(entry, list) and len(entry) == len(data[0]) for entry in data)
    return same and all(_is_nested(entry, depth + 1) for entry in data)


def _require(holds: bool, what: str) -> None:
    if not holds:
        raise ShareCodeError(f"Where {what} should be, there is something else.")
