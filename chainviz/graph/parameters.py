"""Constants and options of operations as JSON holds them, and back.

    2.5, true, null, "nan", "fro"      as they are, where the word is one of WORDS
    (0, -1)                            [0, -1]
    x[1:, ..., None]                   [{"slice": [1, null, null]}, "...", null]
    [0, 2]                             {"list": [0, 2]}
    np.array([0, 2])                   {"shape": [2], "kind": "int", "entries": [0, 2]}; of floats without the kind

Whoever wrote the data, what is read is a value of these kinds, of bounded size, or it is an InputError.
"""

from __future__ import annotations

import math
import re
from typing import Any

import numpy as np

from ..autodiff.errors import InputError

MOST_ENTRIES = 10_000
"""Entries of an array."""
MOST_PARTS = 64
"""Parts of a tuple, and axes of an array: as many as NumPy's arrays have."""
WORDS = frozenset({
    "C", "F", "L", "U", "fro", "nuc", "ortho", "forward", "backward",
    "constant", "edge", "reflect", "symmetric", "wrap",
})  # fmt: skip
"""All texts that an option of an operation can be, but subscripts of np.einsum."""
_SUBSCRIPTS = re.compile(r"[A-Za-z]{0,64},[A-Za-z]{0,64}->[A-Za-z]{0,64}")
_NOT_FINITE = ("nan", "inf", "-inf")
_KINDS: dict[Any, type] = {"bool": bool, "int": int, "float": float}
_DEEPEST = 4


def written(value: Any) -> Any:
    """The value as JSON holds it. Raises InputError for one of another kind.

    >>> written((slice(1, None), ..., np.array([0, 2])))
    [{'slice': [1, None, None]}, '...', {'shape': [2], 'kind': 'int', 'entries': [0, 2]}]
    """
    if value is None or (isinstance(value, str) and _is_word(value)):
        return value
    if value is Ellipsis:
        return "..."
    if isinstance(value, slice):
        return {"slice": [written(bound) for bound in (value.start, value.stop, value.step)]}
    if isinstance(value, list):  # as an index it means something else than a tuple
        return {"list": [written(part) for part in value]}
    if isinstance(value, (tuple, range)):
        return [written(part) for part in value]
    return _written_array(value) if isinstance(value, np.ndarray) else _written_number(value)


def _written_array(array: np.ndarray) -> dict[str, Any]:
    kind = {"b": "bool", "i": "int", "u": "int", "f": "float"}.get(array.dtype.kind)
    if kind is None:
        raise InputError(f"The constant {array!r:.40} is no array of real numbers.")
    kinds = {} if kind == "float" else {"kind": kind}
    return {"shape": list(array.shape), **kinds, "entries": [_written_number(n) for n in array.ravel().tolist()]}


def _written_number(value: Any) -> Any:
    if isinstance(value, (bool, np.bool_)):
        return bool(value)
    if isinstance(value, (int, np.integer)) and abs(int(value)) <= 2**53:
        return int(value)
    try:
        number = float(value)
    except (TypeError, ValueError, OverflowError):
        raise InputError(f"The constant {value!r:.40} is no number.") from None
    return number if math.isfinite(number) else repr(number)


def read(data: Any, depth: int = 0) -> Any:
    """The value that the data say.

    >>> read([{"slice": [1, None, None]}, "...", [0, 2]])
    (slice(1, None, None), Ellipsis, (0, 2))
    """
    if isinstance(data, list):
        require(len(data) <= MOST_PARTS and depth < _DEEPEST, "a tuple")
        return tuple(read(part, depth + 1) for part in data)
    if isinstance(data, dict):
        return _read_object(data, depth)
    if data is None or (isinstance(data, str) and _is_word(data)):
        return data
    return Ellipsis if data == "..." else _read_number(data)


def read_constant(data: Any) -> Any:
    """The number or array that the data say."""
    require(data is not None and not isinstance(data, list), "a number or an array")
    value = read(data)
    require(isinstance(value, (bool, int, float, np.ndarray)), "a number or an array")
    return value


def _is_word(text: str) -> bool:
    return text in WORDS or _SUBSCRIPTS.fullmatch(text) is not None


def _read_object(data: dict[str, Any], depth: int) -> Any:
    if set(data) == {"list"}:
        require(isinstance(data["list"], list), "a list")
        return list(read(data["list"], depth))
    return _read_slice(data["slice"]) if set(data) == {"slice"} else _read_array(data)


def _read_slice(data: Any) -> slice:
    require(isinstance(data, list) and len(data) == 3, "a slice")
    bounds = [None if bound is None else _read_number(bound) for bound in data]
    require(all(bound is None or type(bound) is int for bound in bounds), "a slice")
    return slice(*bounds)


def _read_number(data: Any) -> Any:
    if isinstance(data, str):
        require(data in _NOT_FINITE, "a number")
        return float(data)
    require(isinstance(data, (bool, float)) or (isinstance(data, int) and abs(data) <= 2**53), "a number")
    return data


def _read_array(data: dict[str, Any]) -> Any:
    shape, entries, kind = data.get("shape"), data.get("entries"), data.get("kind")
    require(isinstance(shape, list) and len(shape) <= MOST_PARTS, "a shape")
    assert isinstance(shape, list)
    require(all(type(n) is int and 0 <= n <= MOST_ENTRIES for n in shape), "a shape")
    require(isinstance(entries, list) and len(entries) == math.prod(shape) <= MOST_ENTRIES, "as many entries")
    assert isinstance(entries, list)
    numbers = [_read_number(entry) for entry in entries]
    if kind is None:  # codes of version 1 do not say that an array is one of truth values
        kind = "bool" if numbers and all(isinstance(number, bool) for number in numbers) else "float"
    require(isinstance(kind, str) and kind in _KINDS, "a kind of numbers")
    require(kind == "float" or all(type(number) is _KINDS[kind] for number in numbers), "numbers of this kind")
    return np.array(numbers, dtype=_KINDS[kind]).reshape(shape)


def require(holds: bool, what: str) -> None:
    """An InputError that says what is missing."""
    if not holds:
        raise InputError(f"Where {what} should be, there is something else.")
