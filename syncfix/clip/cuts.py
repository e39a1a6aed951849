"""Shot cuts, found in frames as they stream by."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

__all__ = ["ShotFrame", "mark_cuts"]

T = TypeVar("T")

_SIDE_PX = 32
_LEVELS = 8  # of each colour in the histogram
# Frames on either side that a jump is compared with, and in which a flash has to be over.
_REACH = 5
_LEAST_JUMP = 0.3
_TIMES_NEIGHBOURS = 2.5
# A picture that comes back within the reach, this much nearer than the jump, was never left.
_RETURN_SHARE = 0.5
_COLOUR_WEIGHT = 0.5
# A flat picture (black, white) has no pattern to compare: this many grey levels count as noise.
_NOISE_LEVELS = 6.0


@dataclass(frozen=True)
class ShotFrame(Generic[T]):
    """A frame, and whether a shot begins with it."""

    key: T
    bgr: NDArray[np.uint8]
    begins: bool


@dataclass(frozen=True)
class _Look:
    """What is compared of a picture: its pattern, free of brightness and contrast, its colours."""

    pattern: NDArray[np.float32]
    power: float
    colours: NDArray[np.float32]

    @classmethod
    def of(cls, bgr: NDArray[np.uint8]) -> _Look:
        # Every n-th pixel of a large picture will do: the mean of hundreds is as good.
        skip = max(1, min(bgr.shape[:2]) // (4 * _SIDE_PX))
        sparse = np.ascontiguousarray(bgr[::skip, ::skip])
        small = cv2.resize(sparse, (_SIDE_PX, _SIDE_PX), interpolation=cv2.INTER_AREA)
        pattern = small.astype(np.float32).reshape(-1, 3)
        pattern = pattern - pattern.mean(axis=0)
        power = float(np.square(pattern).mean())
        levels = (small.reshape(-1, 3) // (256 // _LEVELS)).astype(np.intp)
        bins = (levels[:, 0] * _LEVELS + levels[:, 1]) * _LEVELS + levels[:, 2]
        colours = np.bincount(bins, minlength=_LEVELS**3) / len(bins)
        return cls(pattern, power, colours.astype(np.float32))


def mark_cuts(frames: Iterable[tuple[T, NDArray[np.uint8]]]) -> Iterator[ShotFrame[T]]:
    """Tell with which frames a shot begins.

    A cut is a jump between two pictures that is large, larger than nearly all other jumps around
    it (or a fast head, a pan or a fade would count), and after which the picture before it does
    not come back at once (or a flash would). Dissolves and fades don't count: they have no frame
    at which a shot begins. Shots of fewer than six frames may count as flashes.

    Holds a dozen small copies and six frames, so memory does not grow with the clip.

    Args:
        frames: pairs of a key and a picture ``[h, w, 3]``, in order of time.

    Yields:
        One ``ShotFrame`` for each, in the same order. The first one does not begin a shot.
    """
    looks: deque[_Look] = deque(maxlen=2 * _REACH + 2)  # the last _REACH + 1 are of `waiting`
    waiting: deque[tuple[T, NDArray[np.uint8]]] = deque()

    def settle() -> ShotFrame[T]:
        place = len(looks) - len(waiting)
        key, bgr = waiting.popleft()
        return ShotFrame(key, bgr, _begins(list(looks), place))

    for key, bgr in frames:
        looks.append(_Look.of(bgr))
        waiting.append((key, bgr))
        if len(waiting) > _REACH:
            yield settle()
    while waiting:
        yield settle()


def _begins(looks: list[_Look], place: int) -> bool:
    """Whether a shot begins with the look at ``place``, given those around it."""
    if place == 0:
        return False
    jump = _jump(looks[place - 1], looks[place])
    if jump < _LEAST_JUMP:
        return False
    low, high = max(0, place - _REACH), min(len(looks) - 1, place + _REACH)
    others = [_jump(looks[k - 1], looks[k]) for k in range(low + 1, high + 1) if k != place]
    # The second largest, so that two cuts near each other don't hide one another.
    if len(others) > 1 and jump < _TIMES_NEIGHBOURS * sorted(others)[-2]:
        return False
    far = _RETURN_SHARE * jump
    comes_back = any(_jump(looks[place - 1], looks[k]) < far for k in range(place + 1, high + 1))
    was_there = any(_jump(looks[place], looks[k]) < far for k in range(low, place - 1))
    return not (comes_back or was_there)


def _jump(a: _Look, b: _Look) -> float:
    """How different two pictures are, 0 to 1.5 for most."""
    common = float((a.pattern * b.pattern).mean())
    scale = float(np.sqrt(a.power * b.power))
    noise = _NOISE_LEVELS**2
    pattern = 1.0 - (common + noise) / (scale + noise)
    colour = 1.0 - float(np.minimum(a.colours, b.colours).sum())
    return pattern + _COLOUR_WEIGHT * colour
