"""Histograms of arrays whose entries are too many to be sent: what a frame holds of them besides the norm."""

from __future__ import annotations

from typing import Any

import numpy as np

BINS = 24


def histogram(value: Any, *, signed: bool) -> list[float]:
    """The range, how many entries are left out (those that are not finite, exact zeros), and the counts of its parts.

    There are `BINS` equal parts. A `signed` range is symmetric about 0, so that every part holds numbers of one sign,
    and leaves the zeros out; no other does. Where the range is a single number, all are in a part in the middle.

    >>> histogram(np.arange(100.0), signed=False)[:6]
    [0.0, 99.0, 0.0, 0.0, 5.0, 4.0]
    >>> histogram(np.array([0.0, 0.0, np.inf, -1.0, 2.0]), signed=True)[:4]
    [-2.0, 2.0, 1.0, 2.0]
    """
    entries = np.ravel(np.asarray(value, dtype=float))
    finite = entries[np.isfinite(entries)]
    shown = finite[finite != 0] if signed else finite
    left_out = float(entries.size - finite.size), float(finite.size - shown.size)
    if not shown.size:
        return [0.0, 0.0, *left_out, *[0.0] * BINS]
    low, high = float(np.min(shown)), float(np.max(shown))
    if signed:
        high = max(-low, high)
        low = -high
    if low == high:
        parts = np.full(shown.size, BINS // 2)
    else:
        scale = 0.25 if max(-low, high) > 1e300 else 1.0  # the width of the range must not overflow
        share = (shown * scale - low * scale) / (high * scale - low * scale)
        parts = np.minimum((share * BINS).astype(np.intp), BINS - 1)
    if signed:  # rounding must not carry a tiny number over to the other sign
        parts = np.where(shown < 0, np.minimum(parts, BINS // 2 - 1), np.maximum(parts, BINS // 2))
    return [low, high, *left_out, *np.bincount(parts, minlength=BINS).astype(float).tolist()]
