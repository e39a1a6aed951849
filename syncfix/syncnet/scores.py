"""Distances between speech and mouth at every offset, and the scores made of them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.calibration import Calibration

__all__ = [
    "MIN_SPEECH_TICKS",
    "REACH_TICKS",
    "TICK_MS",
    "Scores",
    "mean_block_agreement",
    "mean_interval",
    "offset_distances",
    "score",
]

REACH_TICKS = 15
TICK_MS = 40.0
# Half a second of speech; less says nothing about a clip.
MIN_SPEECH_TICKS = 12
# Neighbouring windows share most of their frames: the bootstrap draws whole blocks.
BLOCK_TICKS = 16
_DRAWS = 400
_PIECE_WINDOWS = 1024
_SEED = 20_240


class Rows(Protocol):
    """Vectors ``[windows, dimension]``, in memory or on disk: they are read in pieces."""

    def __len__(self) -> int: ...

    def __getitem__(self, rows: slice, /) -> NDArray[np.float32]: ...


@dataclass(frozen=True)
class Scores:
    """How well mouth and speech match; None where it can't be told.

    Attributes:
        lse_d: mean distance at shift 0, in [0, 2] for unit vectors; otherwise in the network's
            own unit, as all distances are.
        lse_d_min: least of the curve.
        lse_c: median minus least of the curve.
        cosine: mean cosine at shift 0; None for a network without unit vectors.
        sync_acc: share of speech ticks nearer than the network's threshold; None likewise.
        offset_ticks: where the curve is least; positive: the audio leads.
        offset_ms: the same in milliseconds.
        confidence: probability that the offset is right within a tick.
        can_tell: whether the confidence is above the level stored with the network.
    """

    lse_d: float | None = None
    lse_d_min: float | None = None
    lse_c: float | None = None
    cosine: float | None = None
    sync_acc: float | None = None
    offset_ticks: int | None = None
    offset_ms: float | None = None
    confidence: float | None = None
    can_tell: bool = False


def offset_distances(
    audio: Rows,
    video: Rows,
    offsets_ticks: NDArray[np.intp],
    window_ticks: int,
) -> NDArray[np.float64]:
    """``u[i, d] = |A(s) - V(s + d)|`` with s the first tick of the window about tick i.

    Near the ends the pair is clamped, so that an offset stays the offset it is.

    Args:
        audio, video: vectors ``[windows, dimension]``, one for each first tick.
        offsets_ticks: ``[m]``.
        window_ticks: frames in a window.

    Returns:
        ``[ticks, m]`` with ticks = windows + window_ticks - 1, in [0, 2] for unit vectors;
        infinite where the clip is too short for the offset.
    """
    windows = len(audio)
    ticks = windows + window_ticks - 1
    out = np.full((ticks, len(offsets_ticks)), np.inf)
    middle = np.arange(ticks) - window_ticks // 2
    for column, offset in enumerate(offsets_ticks.tolist()):
        low, high = max(0, -offset), min(windows - 1, windows - 1 - offset)
        if high < low:
            continue
        # Each pair once, then spread to the ticks.
        distance = np.empty(high + 1 - low)
        for begin in range(low, high + 1, _PIECE_WINDOWS):  # memory must not grow with the clip
            end = min(begin + _PIECE_WINDOWS, high + 1)
            gap = audio[begin:end] - video[begin + offset : end + offset]
            distance[begin - low : end - low] = np.sqrt(
                np.einsum("nd,nd->n", gap, gap, dtype=np.float64)
            )
        out[:, column] = distance[np.clip(middle, low, high) - low]
    return out


def score(
    distances: NDArray[np.float64], speech: NDArray[np.bool_], calibration: Calibration
) -> tuple[Scores, NDArray[np.float64] | None]:
    """Scores of a clip and its curve.

    Args:
        distances: ``[ticks, 31]`` for offsets -15 to 15, see :func:`offset_distances`.
        speech: ``[ticks]``, the ticks that count: speech, and a face is seen.
        calibration: of the network.

    Returns:
        The scores, and the curve ``[31]`` of mean distances, or None with too little speech.
    """
    rows = distances[speech]
    if len(rows) < MIN_SPEECH_TICKS:
        return Scores(), None
    curve = rows.mean(axis=0)
    known = np.isfinite(curve)
    best = int(np.argmin(np.where(known, curve, np.inf)))
    zero = rows[:, REACH_TICKS]
    lse_c = float(np.median(curve[known]) - curve[best])
    cosines = 1.0 - zero**2 / 2.0 if calibration.unit_vectors else None
    agreement = mean_block_agreement(rows, best)
    confidence = calibration.confidence(agreement, lse_c, len(rows))
    return (
        Scores(
            lse_d=float(zero.mean()),
            lse_d_min=float(curve[best]),
            lse_c=lse_c,
            cosine=None if cosines is None else float(cosines.mean()),
            sync_acc=(
                None if cosines is None else float((cosines > calibration.sync_cosine).mean())
            ),
            offset_ticks=best - REACH_TICKS,
            offset_ms=(best - REACH_TICKS) * TICK_MS,
            confidence=confidence,
            can_tell=confidence >= calibration.can_tell,
        ),
        np.where(known, curve, np.nan),
    )


def _block_means(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    """Means of ``_DRAWS`` block bootstrap samples ``[draws, ...]`` of ``rows`` ``[n, ...]``."""
    count = len(rows)
    block = min(BLOCK_TICKS, max(1, count // 4))
    starts = np.random.default_rng(_SEED).integers(
        0, count - block + 1, size=(_DRAWS, -(-count // block))
    )
    total = np.concatenate([np.zeros((1, *rows.shape[1:])), np.cumsum(rows, axis=0)])
    # One draw at a time: memory must not grow with draws times length.
    sums = np.stack([(total[row + block] - total[row]).sum(axis=0) for row in starts])
    means: NDArray[np.float64] = sums / (starts.shape[1] * block)
    return means


def mean_block_agreement(rows: NDArray[np.float64], best: int) -> float:
    """Share of bootstrap curves whose least lies within a tick of ``best``."""
    finite = np.where(np.isfinite(rows), rows, 1e3)
    return float((np.abs(_block_means(finite).argmin(axis=1) - best) <= 1).mean())


def mean_interval(values: NDArray[np.float64]) -> tuple[float, float]:
    """95 % interval of the mean of a series in time, by a bootstrap over blocks of ticks.

    Args:
        values: ``[n]``, n of 1 or more, in order of time.
    """
    low, high = np.percentile(_block_means(values), [2.5, 97.5])
    return float(low), float(high)
