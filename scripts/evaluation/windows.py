"""Single windows, held against the windows of their clip that share nothing with them."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray
from training.data import COLUMNS_PER_TICK

from syncfix.syncnet.observation import OFFSETS_TICKS
from syncfix.syncnet.scores import REACH_TICKS

# Fewer windows than these are no reference at a shift.
MIN_REFERENCE_WINDOWS = 8


def apart_ticks(window_ticks: int, mel_columns: int) -> int:
    """Ticks between two windows that share neither a frame nor a mel column."""
    return max(window_ticks, math.ceil(mel_columns / COLUMNS_PER_TICK))


def pair_distances(audio: NDArray[np.float32], vision: NDArray[np.float32]) -> NDArray[np.float64]:
    """``|A(s) - V(s + d)|`` as ``[windows, 31]``; NaN where the clip has no such window."""
    windows = len(audio)
    out = np.full((windows, len(OFFSETS_TICKS)), np.nan)
    for column, offset in enumerate(OFFSETS_TICKS.tolist()):
        first = np.arange(max(0, -offset), min(windows, windows - offset))
        if len(first):
            gap = audio[first].astype(np.float64) - vision[first + offset]
            out[first, column] = np.linalg.norm(gap, axis=1)
    return out


def whole_windows(pairs: NDArray[np.float64], valid: NDArray[np.bool_]) -> NDArray[np.intp]:
    """First ticks of valid windows all of whose 31 shifts exist."""
    return np.flatnonzero(valid & np.isfinite(pairs).all(axis=1))


def references(
    pairs: NDArray[np.float64], valid: NDArray[np.bool_], apart: int
) -> NDArray[np.float64]:
    """For each window, the offset that the windows tell which do not overlap it.

    Args:
        pairs: ``[windows, 31]``, see :func:`pair_distances`.
        valid: ``[windows]``, windows in speech with a face.
        apart: ticks from which on windows do not overlap.

    Returns:
        ``[windows]`` in ticks; NaN where at some shift fewer than 8 windows are left.
    """
    windows = len(pairs)
    out = np.full(windows, np.nan)
    usable = valid[:, None] & np.isfinite(pairs)
    values = np.where(usable, pairs, 0.0)
    place = np.arange(windows)
    for window in range(windows):
        far = np.abs(place - window) >= apart
        count = usable[far].sum(axis=0)
        if count.min() >= MIN_REFERENCE_WINDOWS:
            out[window] = int((values[far].sum(axis=0) / count).argmin()) - REACH_TICKS
    return out


def valid_windows(
    speech: NDArray[np.bool_], found: NDArray[np.bool_], window_ticks: int
) -> NDArray[np.bool_]:
    """``[windows]``: the face is seen throughout, and the middle is speech."""
    count = len(speech) - window_ticks + 1
    seen = np.convolve(found, np.ones(window_ticks), "valid") == window_ticks
    valid: NDArray[np.bool_] = seen & speech[window_ticks // 2 : window_ticks // 2 + count]
    return valid
