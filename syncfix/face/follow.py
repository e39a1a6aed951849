"""Which of the faces in a picture are followed, from one searched frame to the next."""

from __future__ import annotations

import math
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from syncfix.face.detect import SAME_FACE_OVERLAP, overlap
from syncfix.face.landmarks import Box

__all__ = ["Follower", "Guided", "Largest", "Nearest", "Several"]

# A face that moved further than its own width within 0.2 s is another one.
_MOST_MOVED_WIDTHS = 1.0
# From the mean of its landmarks, a box's centre is a tenth of its width away.
_GUIDE_WIDTHS = 0.6


class Follower(Protocol):
    """Gives each face that is followed a place of its own.

    Attributes:
        places: how many faces are followed at most.
        every_size: whether small faces matter when a large one is found.
        last: where the only face that matters was last found; None if any face may matter.
    """

    places: int
    every_size: bool
    last: Box | None

    def restart(self) -> None:
        """A shot begins: forget what was followed."""

    def assign(self, boxes: list[Box], number: int) -> list[Box | None]:
        """The box of each place, of those found in frame ``number`` (counted from 0)."""


class Largest:
    """The largest face where a shot begins; where it is lost, the largest then."""

    places = 1
    every_size = False

    def __init__(self) -> None:
        self.last: Box | None = None

    def restart(self) -> None:
        self.last = None

    def assign(self, boxes: list[Box], number: int) -> list[Box | None]:
        if not boxes:
            return [None]
        last = self.last
        if last is not None:
            best = max(boxes, key=lambda box: overlap(box, last))
            # No face where the speaker was: a jump. Take the largest anew.
            self.last = best if overlap(best, last) >= SAME_FACE_OVERLAP else boxes[0]
        else:
            self.last = boxes[0]
        return [self.last]


class Nearest:
    """The face nearest to a point where a shot begins; where it is lost, none until it is back.

    Args:
        x_px, y_px: the point, in pixels of the upright picture.
    """

    places = 1
    every_size = True

    def __init__(self, x_px: float, y_px: float) -> None:
        self._point = (x_px, y_px)
        self.last: Box | None = None

    def restart(self) -> None:
        self.last = None

    def assign(self, boxes: list[Box], number: int) -> list[Box | None]:
        if not boxes:
            return [None]
        if self.last is None:
            self.last = min(boxes, key=lambda box: _apart(box, self._point))
            return [self.last]
        found = _again(self.last, boxes)
        self.last = found or self.last
        return [found]


class Guided:
    """The face at a place that is known for each frame, and none where none is known.

    Args:
        points: ``[frames, 2]`` (x, y in pixels), NaN where no face is followed.
    """

    places = 1
    every_size = True

    def __init__(self, points: NDArray[np.floating]) -> None:
        self._points = points
        # Never one: the path comes from boxes that were looked for everywhere, and those of a
        # part of the picture differ by a few pixels. Its face is to be seen exactly as before.
        self.last: Box | None = None

    def restart(self) -> None:
        pass

    def assign(self, boxes: list[Box], number: int) -> list[Box | None]:
        if not boxes or number >= len(self._points) or np.isnan(self._points[number]).any():
            return [None]
        point = (float(self._points[number][0]), float(self._points[number][1]))
        best = min(boxes, key=lambda box: _apart(box, point))
        near = _apart(best, point) <= _GUIDE_WIDTHS * (best[2] - best[0])
        return [best if near else None]


class Several:
    """All faces of a shot, the largest first, up to ``places`` of them.

    A face keeps its place for the whole shot. One that is found nowhere near a known one gets a
    place of its own, unless there is just one and it is lost: then it has moved or is back.
    """

    every_size = True

    def __init__(self, places: int) -> None:
        self.places = places
        self.last: Box | None = None
        self._last: list[Box] = []

    def restart(self) -> None:
        self._last = []

    def assign(self, boxes: list[Box], number: int) -> list[Box | None]:
        given: list[Box | None] = [None] * self.places
        left = list(boxes)
        for place, last in enumerate(self._last):
            given[place] = found = _again(last, left)
            if found is not None:
                self._last[place] = found
                left.remove(found)
        for box in left:
            if len(self._last) == 1 and given[0] is None:
                self._last[0] = given[0] = box
            elif len(self._last) < self.places:
                given[len(self._last)] = box
                self._last.append(box)
        return given


def _again(last: Box, boxes: list[Box]) -> Box | None:
    """The box of the same face, if it is among them."""
    if not boxes:
        return None
    best = max(boxes, key=lambda box: overlap(box, last))
    if overlap(best, last) >= SAME_FACE_OVERLAP:
        return best
    centre = ((last[0] + last[2]) / 2, (last[1] + last[3]) / 2)
    best = min(boxes, key=lambda box: _apart(box, centre))
    width, was = best[2] - best[0], last[2] - last[0]
    same_size = 0.6 < width / max(was, 1e-9) < 1.6
    return best if same_size and _apart(best, centre) <= _MOST_MOVED_WIDTHS * was else None


def _apart(box: Box, point: tuple[float, float]) -> float:
    x, y = (box[0] + box[2]) / 2, (box[1] + box[3]) / 2
    return math.hypot(x - point[0], y - point[1])
