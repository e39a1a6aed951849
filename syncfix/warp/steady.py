"""Fits made steady over time: a mouth that is placed and lit anew in every frame flickers.

While the plan keeps its offset, source and target move alike, so the placement of one on the other
and the difference of their light change slowly. What changes fast is error: half a pixel of
optical flow, a mask that covers another bit of collar. Where the placement truly jumps (a skipped
frame in the clip, a fast turn) neighbours count for little.

Nor may a mouth be switched on and off: around a frame that can't be done the others fade.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from syncfix.warp.composing import Fit

T = TypeVar("T")

REACH_FRAMES = 3
_PLACEMENT_FRAMES = 1.0  # widths of Gaussians over time
_COLOUR_FRAMES = 1.5
_JUMP = 0.03  # of the inter-ocular distance; the width of what counts as noise
_FADE_FRAMES = 3  # from a frame that shows nothing of its source to one that shows all


@dataclass(frozen=True)
class Fitted(Generic[T]):
    """A frame with its fit, in coordinates that its neighbours share.

    Attributes:
        item: the frame, whatever it is.
        offset: how many frames ahead its source lies; only equal ones are averaged.
        fit: placement in pixels of whole pictures, or None where nothing is put in.
        mouth: ``[2]``, middle of the source's mouth in pixels of its whole picture.
        unit_px: the target's inter-ocular distance.
    """

    item: T
    offset: int
    fit: Fit | None
    mouth: NDArray[np.float64]
    unit_px: float


def steadied(frames: Iterable[Fitted[T]]) -> Iterator[tuple[T, Fit | None]]:
    """Each frame, in order, with its fit averaged over its neighbours in the same run.

    A run ends where the offset changes and where a frame has no fit. Held: seven frames.
    """
    window: deque[Fitted[T] | None] = deque(
        [None] * (2 * REACH_FRAMES + 1), maxlen=2 * REACH_FRAMES + 1
    )

    def middle() -> Iterator[tuple[T, Fit | None]]:
        here = window[REACH_FRAMES]
        if here is not None:
            yield here.item, _averaged(list(window))

    for each in frames:
        window.append(each)
        yield from middle()
    for _ in range(REACH_FRAMES):
        window.append(None)
        yield from middle()


def _averaged(window: list[Fitted[T] | None]) -> Fit | None:
    here = window[REACH_FRAMES]
    assert here is not None
    if here.fit is None:
        return None
    point = np.append(here.mouth, 1.0)
    at = here.fit.placement.matrix @ point
    matrix, matrix_weight = np.zeros((2, 3)), 0.0
    colour, colour_weight = np.zeros_like(here.fit.colour), 0.0
    blur = 0.0
    for step in (1, -1):
        for away in range(REACH_FRAMES + 1):
            each = window[REACH_FRAMES + step * away]
            if each is None or each.fit is None or each.offset != here.offset:
                break
            if away == 0 and step < 0:
                continue  # counted on the way forward
            jump = np.hypot(*(each.fit.placement.matrix @ point - at)) / here.unit_px
            share = float(np.exp(-0.5 * ((away / _PLACEMENT_FRAMES) ** 2 + (jump / _JUMP) ** 2)))
            matrix += share * each.fit.placement.matrix
            matrix_weight += share
            blur += share * each.fit.blur
            share = float(np.exp(-0.5 * (away / _COLOUR_FRAMES) ** 2))
            colour += np.float32(share) * each.fit.colour
            colour_weight += share
    placement = replace(here.fit.placement, matrix=matrix / matrix_weight)
    light = colour / np.float32(colour_weight)
    return Fit(placement, light, _faded(window), blur / matrix_weight)


def _faded(window: list[Fitted[T] | None]) -> float:
    """The middle frame's trust, no more than a step above its neighbours', whatever their offset.

    Frames that keep their own mouth don't count: where the plan begins and ends it is for
    `syncfix.warp.strength` to say.
    """
    trust = 1.0
    for place, each in enumerate(window):
        if each is not None and each.offset != 0:
            here = 0.0 if each.fit is None else each.fit.trust
            trust = min(trust, here + abs(place - REACH_FRAMES) / _FADE_FRAMES)
    return trust
