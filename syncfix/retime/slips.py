"""Where a clip looks as if its timing had slipped: pictures that stand still, and jumps.

A slip leaves a trace in the pictures. Where frames were repeated the face stands still for a
tick in the middle of movement; where frames are missing it jumps. The sound decides what the
offset is on both sides, but that it changes is more likely there than elsewhere, and mending it
there is seen less: to skip a picture that stands still takes nothing away, and to show one
longer before a jump hides the jump. So changes of offset cost less at a trace. A trace alone
moves nothing: it only lowers the price of what the distances ask for.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

__all__ = ["Slips", "find_slips"]

# How much of the price of a change of offset is left at a sure trace.
_LEAST_PRICE = 0.03
# Against the median of the movements around it, a picture that moved less than the first share
# stands still, and one that moved more than the second does not. In clips of 12 sources with
# known repeats, encoded by x264 at crf 18, 99 of 100 repeats lie below 0.20 and 1 of 100 of all
# other frames below 0.26; at crf 30 three quarters of the repeats lie below 0.13.
_STILL_SHARES = (0.1, 0.25)
# Against the larger of the movements just before and after it. Of frames with nothing missing
# 5 in 100 lie above 1.5, of those after three or more missing ones 3 in 4 do.
_JUMP_TIMES = (1.1, 2.0)
# Movements of this many ticks around say what is usual, and neighbours are looked for so far.
_AROUND_TICKS = 12
_NEIGHBOUR_TICKS = 7
# Where less than this moves, in gray levels, a face that rests can't be told from a repeat.
_LEAST_LEVELS = 0.2


@dataclass(frozen=True)
class Slips:
    """What is left of the price of changing the offset, for each tick of the clip as it is.

    Attributes:
        skipping: ``[ticks]`` in (0, 1], of leaving this tick's picture out: small where it is the
            one before it again.
        holding: ``[ticks + 1]`` in (0, 1], of showing a picture again just before or just after
            the border between tick i - 1 and tick i: small where the face jumps there.
    """

    skipping: NDArray[np.float64]
    holding: NDArray[np.float64]


def find_slips(motion: NDArray[np.float64]) -> Slips:
    """The traces of slips in how a face moves.

    Args:
        motion: ``[ticks]``, how much the face moved since the tick before, in gray levels a tick
            (see :func:`syncfix.face.motion.face_motion`); NaN where it can't be told.
    """
    ticks = len(motion)
    usual = _usual(motion)
    with np.errstate(invalid="ignore"):
        share = motion / usual
        moves = motion >= _STILL_SHARES[1] * usual
        still = np.interp(-share, [-_STILL_SHARES[1], -_STILL_SHARES[0]], [0.0, 1.0])
    neighbours = np.fmax(_nearest(motion, moves, -1), _nearest(motion, moves, 1))
    with np.errstate(invalid="ignore"):
        jump = np.interp(motion / neighbours, _JUMP_TIMES, [0.0, 1.0])
    known = np.isfinite(usual)
    still = np.where(known & np.isfinite(still), still, 0.0)
    jump = np.where(known & np.isfinite(jump), jump, 0.0)
    holding = np.ones(ticks + 1)
    holding[:-1] = 1.0 - (1.0 - _LEAST_PRICE) * jump
    return Slips(skipping=1.0 - (1.0 - _LEAST_PRICE) * still, holding=holding)


def _usual(motion: NDArray[np.float64]) -> NDArray[np.float64]:
    """``[ticks]``, the median of the movements around each tick; NaN where nearly nothing moves."""
    padded = np.pad(motion, _AROUND_TICKS, constant_values=np.nan)
    around = np.lib.stride_tricks.sliding_window_view(padded, 2 * _AROUND_TICKS + 1)
    out = np.full(len(motion), np.nan)
    some = np.isfinite(around).any(axis=1)
    middle = np.nanmedian(around[some], axis=1)
    # Many repeats pull the median down: what is usual is told by what moves at all.
    moving = np.where(around[some] > _STILL_SHARES[1] * middle[:, None], around[some], np.nan)
    told = np.isfinite(moving).any(axis=1)
    usual = np.full(len(middle), np.nan)
    usual[told] = np.nanmedian(moving[told], axis=1)
    out[some] = np.where(usual >= _LEAST_LEVELS, usual, np.nan)
    return out


def _nearest(
    motion: NDArray[np.float64], moves: NDArray[np.bool_], way: int
) -> NDArray[np.float64]:
    """``[ticks]``, the nearest movement on one side that is one; NaN if there is none nearby."""
    out = np.full(len(motion), np.nan)
    for far in range(_NEIGHBOUR_TICKS, 0, -1):  # the nearest last, so that it stays
        there = np.arange(len(motion)) + way * far
        inside = (there >= 0) & (there < len(motion))
        there = np.where(inside, there, 0)
        good = inside & moves[there]
        out[good] = motion[there[good]]
    return out
