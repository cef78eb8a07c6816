"""Settings: traits of a lab that code and controls set alike, and that say what there is when given something else."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

import numpy as np
import traitlets

from ..autodiff import InputError


class Choice(traitlets.TraitType[str, str]):
    """One of some names. Raises InputError otherwise."""

    def __init__(self, options: Collection[str], default: str) -> None:
        super().__init__(default)
        self._options = options

    def validate(self, obj: Any, value: Any) -> str:
        """The name as it was given, if it is one of them."""
        if isinstance(value, str) and value in self._options:
            return value
        raise InputError(f"{self.name} is one of {', '.join(map(repr, self._options))}, but it was set to {value!r}.")


class Whole(traitlets.TraitType[int, int]):
    """A whole number from `least` to `most`. Raises InputError otherwise."""

    def __init__(self, least: int, most: int, default: int) -> None:
        super().__init__(default)
        self._least, self._most = least, most

    def validate(self, obj: Any, value: Any) -> int:
        """The number as an int, if it is one and in the range."""
        whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
        if whole and self._least <= value <= self._most:
            return int(value)
        raise InputError(
            f"{self.name} is a whole number from {self._least} to {self._most}, but it was set to {value!r}."
        )


class Number(traitlets.TraitType[float, float]):
    """A number from `least` to `most`. Raises InputError otherwise."""

    def __init__(self, least: float, most: float, default: float) -> None:
        super().__init__(default)
        self._least, self._most = least, most

    def validate(self, obj: Any, value: Any) -> float:
        """The number as a float, if it is one and in the range."""
        number = isinstance(value, (int, float, np.number)) and not isinstance(value, bool)
        if number and self._least <= value <= self._most:
            return float(value)
        raise InputError(f"{self.name} is a number from {self._least} to {self._most}, but it was set to {value!r}.")


class Switch(traitlets.TraitType[bool, bool]):
    """True or False. Raises InputError otherwise."""

    def __init__(self, default: bool = False) -> None:
        super().__init__(default)

    def validate(self, obj: Any, value: Any) -> bool:
        """The value, if it is one of the two."""
        if isinstance(value, (bool, np.bool_)):
            return bool(value)
        raise InputError(f"{self.name} is True or False, but it was set to {value!r}.")
