"""Where a face is in every frame: searched for in some, interpolated in between."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.clip.cuts import ShotFrame
from syncfix.face.detect import SAME_FACE_OVERLAP, FaceDetector, overlap
from syncfix.face.follow import Follower
from syncfix.face.landmarks import Box

__all__ = ["Boxed", "Seen", "boxes_of"]

T = TypeVar("T")

# Faces are searched for in every fifth frame (0.2 s at 25 fps); between two finds of the same
# face the box is interpolated, which is steadier than boxes found one by one.
DETECTION_STEP = 5


@dataclass(frozen=True)
class Seen(Generic[T]):
    """A frame that faces are looked for in.

    Attributes:
        number: counted from 0.
        frame: the frame.
        gray: its picture ``[h, w]``.
    """

    number: int
    frame: ShotFrame[T]
    gray: NDArray[np.uint8]


Boxed = tuple[Seen[T], list[Box | None]]


def boxes_of(
    frames: Iterable[ShotFrame[T]], detector: FaceDetector, follower: Follower
) -> Iterator[list[Boxed[T]]]:
    """The frames with the box of each place of the follower, None where its face is not seen.

    Yields:
        All frames in their order, some at a time: those up to a searched one.
    """
    waiting: list[Seen[T]] = []
    nothing: list[Box | None] = [None] * follower.places
    found_before = nothing  # what the last searched frame showed

    def find(seen: Seen[T]) -> list[Box | None]:
        if follower.last is not None and (boxes := detector.again(seen.gray, follower.last)):
            assigned = follower.assign(boxes, seen.number)
            if assigned[0] is not None:
                return assigned
        boxes = detector(seen.gray, every_size=follower.every_size)
        return follower.assign(boxes, seen.number)

    def settle(searched: Seen[T]) -> list[Boxed[T]]:
        nonlocal found_before
        found = find(searched)
        settled = []
        for index, seen in enumerate(waiting):
            share = (index + 1) / (len(waiting) + 1)
            boxes = [_between(a, b, share) for a, b in zip(found_before, found, strict=True)]
            known = all(
                box is not None or (a is None and b is None)
                for box, a, b in zip(boxes, found_before, found, strict=True)
            )
            if not known:
                again = find(seen)
                boxes = [box or other for box, other in zip(boxes, again, strict=True)]
            settled.append((seen, boxes))
        waiting.clear()
        found_before = found
        return [*settled, (searched, found)]

    count = 0
    for number, frame in enumerate(frames):
        seen = Seen(number, frame, cv2.cvtColor(frame.bgr, cv2.COLOR_BGR2GRAY))  # type: ignore[arg-type]
        if frame.begins:
            if waiting:
                yield settle(waiting.pop())
            follower.restart()
            found_before = nothing
            count = 0
        if count % DETECTION_STEP:
            waiting.append(seen)
        else:
            yield settle(seen)
        count += 1
    if waiting:
        yield settle(waiting.pop())


def _between(a: Box | None, b: Box | None, share: float) -> Box | None:
    """Where the face was between two finds, or None if they don't show it nearby."""
    if a is None or b is None or overlap(a, b) < SAME_FACE_OVERLAP:
        return None
    left, top, right, bottom = ((1 - share) * p + share * q for p, q in zip(a, b, strict=True))
    return left, top, right, bottom
