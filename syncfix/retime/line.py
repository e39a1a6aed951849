"""The global alignment: one offset for the whole clip, or one that drifts at a constant rate.

A drift is what a wrong frame rate leaves: 25 frames a second played at 29.97, or 29.97 rounded to
30. The offset then grows by the same part of a tick with every tick.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.gain import gain_of
from syncfix.syncnet.scores import REACH_TICKS
from syncfix.syncnet.vectors import Vectors

__all__ = ["Line", "distances_about", "find_line"]

# Frame rates that get mistaken for each other, as real / assumed. Rates that lie nearer to each
# other, as 29.97 and 29 do, are found where any small drift is.
_RATES = (23.976, 24.0, 25.0, 29.97, 30.0)
_FINE_SLOPE = 0.05
# A rate that people really mistake for another is likelier than one that nobody uses: another
# slope has to be better than it by more than this.
_PREFERENCE = 0.015
# A drift is looked for in the first half minute and then followed, twice as far each time.
_FIRST_TICKS = 750
# Ticks whose vectors are in memory together.
_PIECE_TICKS = 1024
# A drift that moves less than this from begin to end is an offset.
MIN_DRIFT_TICKS = 1.5


@dataclass(frozen=True)
class Line:
    """Offsets on a straight line: ``start_ticks + slope * i`` at tick i.

    Attributes:
        start_ticks: the offset at the first tick; positive: the audio leads.
        slope: ticks of offset a tick; 0 for a constant.
    """

    start_ticks: float = 0.0
    slope: float = 0.0

    def offsets_ticks(self, ticks: int) -> NDArray[np.intp]:
        """``[ticks]``, whole."""
        exact = self.start_ticks + self.slope * np.arange(ticks)
        # Halves always the same way, so that a line has no double step.
        rounded: NDArray[np.intp] = np.floor(exact + 0.5).astype(np.intp)
        return rounded

    def at(self, tick: int) -> float:
        """The offset at a tick, in ticks, not rounded."""
        return self.start_ticks + self.slope * tick

    @property
    def is_constant(self) -> bool:
        return self.slope == 0.0


def distances_about(
    audio: Vectors,
    video: Vectors,
    centre_ticks: NDArray[np.intp],
    reach_ticks: int,
    window_ticks: int,
) -> NDArray[np.float64]:
    """``u[i, k] = |A(s) - V(s + centre[i] + k)|`` for k from -reach to reach.

    Args:
        audio, video: unit vectors ``[windows, dimension]``, one for each first tick, or more of
            them than belong to the ticks.
        centre_ticks: ``[ticks]``, ticks = windows + window_ticks - 1.
        reach_ticks: how far about the centre.
        window_ticks: frames in a window.

    Returns:
        ``[ticks, 2 * reach + 1]``, in [0, 2]; NaN where the clip has no such window.
    """
    ticks = len(centre_ticks)
    windows = ticks - window_ticks + 1
    heard = np.clip(np.arange(ticks) - window_ticks // 2, 0, windows - 1)
    middle = heard + centre_ticks
    out = np.full((ticks, 2 * reach_ticks + 1), np.nan)
    for begin in range(0, ticks, _PIECE_TICKS):  # memory must not grow with the clip
        part = slice(begin, begin + _PIECE_TICKS)
        said = audio[heard[part]]
        low = max(0, int(middle[part].min()) - reach_ticks)
        near = video[low : min(windows, int(middle[part].max()) + reach_ticks + 1)]
        for column in range(out.shape[1]):
            seen = middle[part] + (column - reach_ticks)
            inside = (seen >= 0) & (seen < windows)
            shown = near[seen[inside] - low]
            cosine = np.einsum("nd,nd->n", said[inside], shown, dtype=np.float64)
            out[part, column][inside] = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosine))
    return out


def find_line(
    audio: Vectors,
    video: Vectors,
    counts: NDArray[np.bool_],
    window_ticks: int,
    constant_ticks: int,
) -> Line | None:
    """The drift that fits best, if it fits better than a constant.

    A slope of a few percent has to fit better by more than the clip's noise (a 95 % interval), as
    local errors look like a small drift. One of a known pair of frame rates has to by more than
    a standard error: of 46 clips without an error none fits any of them as well as a constant
    (at best worse by 0.04), and of 25 frames a second at 29.97 all but a few fit better by 0.07.

    Args:
        audio, video: unit vectors ``[windows, dimension]``.
        counts: ``[ticks]``, the ticks that count.
        window_ticks: frames in a window.
        constant_ticks: the constant to beat.

    Returns:
        The line, or None.
    """
    ticks = len(counts)
    length = min(ticks, _FIRST_TICKS)
    slopes = _slopes(length)
    while True:
        best = _best_line(audio, video, counts, window_ticks, slopes, length)
        if length == ticks:
            break
        step = 1.0 / length
        length = min(ticks, 2 * length)
        near = np.arange(-4, 5) * (1.0 / length)
        slopes = best.slope + near[np.abs(near) <= 1.5 * step]
    if abs(best.slope) * ticks < MIN_DRIFT_TICKS:
        return None
    old = _filled(audio, video, Line(float(constant_ticks)), window_ticks, ticks)
    new = _filled(audio, video, best, window_ticks, ticks)
    gain = gain_of(old, new, counts)
    likely = gain.mean is not None and gain.mean + gain.low > 0  # low: about two errors below
    return best if gain.proven or (likely and abs(best.slope) > _FINE_SLOPE) else None


def _slopes(ticks: int) -> NDArray[np.float64]:
    fine = np.arange(-int(_FINE_SLOPE * ticks), int(_FINE_SLOPE * ticks) + 1) / ticks
    known = [real / assumed - 1.0 for real in _RATES for assumed in _RATES if real != assumed]
    far = [slope for slope in known if abs(slope) > _FINE_SLOPE]
    return np.unique(np.concatenate([fine, far]))


def _best_line(
    audio: Vectors,
    video: Vectors,
    counts: NDArray[np.bool_],
    window_ticks: int,
    slopes: NDArray[np.float64],
    ticks: int,
) -> Line:
    best, least = Line(), np.inf
    for slope in slopes.tolist():
        centre = Line(0.0, slope).offsets_ticks(ticks)
        rows = distances_about(audio, video, centre, REACH_TICKS, window_ticks)[counts[:ticks]]
        # Where the clip has no such window, nothing speaks for or against the line.
        rows = np.where(np.isfinite(rows), rows, _row_means(rows))
        curve = rows.mean(axis=0)
        cost = float(curve.min()) - (_PREFERENCE if abs(slope) > _FINE_SLOPE else 0.0)
        if cost < least:
            least = cost
            best = Line(float(curve.argmin() - REACH_TICKS), slope)
    return best


def _filled(
    audio: Vectors,
    video: Vectors,
    line: Line,
    window_ticks: int,
    ticks: int,
) -> NDArray[np.float64]:
    """``[ticks]`` distances on a line; the row's mean where the clip has no such window."""
    rows = distances_about(audio, video, line.offsets_ticks(ticks), REACH_TICKS, window_ticks)
    middle = rows[:, REACH_TICKS]
    filled: NDArray[np.float64] = np.where(np.isfinite(middle), middle, _row_means(rows)[:, 0])
    return filled


def _row_means(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    known = np.isfinite(rows)
    total = np.where(known, rows, 0.0).sum(axis=1, keepdims=True)
    # Unrelated unit vectors are the square root of 2 apart.
    means: NDArray[np.float64] = np.where(
        known.any(axis=1, keepdims=True),
        total / np.maximum(1, known.sum(axis=1, keepdims=True)),
        np.sqrt(2.0),
    )
    return means
