"""One face through a clip: its landmarks in every frame, streamed with the frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.clip.cuts import ShotFrame, mark_cuts
from syncfix.face.detect import FaceDetector, overlap
from syncfix.face.landmarks import LANDMARK_COUNT, Box, LandmarkModel

__all__ = ["Tracked", "track_face"]

T = TypeVar("T")

# Faces are searched for in every fifth frame (0.2 s at 25 fps); between two finds of the same
# face the box is interpolated, which is steadier than boxes found one by one.
DETECTION_STEP = 5
_SAME_FACE_OVERLAP = 0.3
# Gaussian over time, in frames; wide enough to take out the pixel that dlib's whole-numbered
# points jump by, narrow enough to follow a head.
_SMOOTHING_FRAMES = 1.5
_SMOOTHING_RADIUS = 4


@dataclass(frozen=True)
class Tracked(Generic[T]):
    """A frame with the face found in it.

    Attributes:
        key: what the caller gave with the picture.
        bgr: the upright picture ``[h, w, 3]``.
        landmarks: ``[68, 2]`` smoothed over time, or None where no face is seen.
        raw_landmarks: the same, as found in this frame alone.
        begins_shot: whether a shot other than the first begins with this frame.
    """

    key: T
    bgr: NDArray[np.uint8]
    landmarks: NDArray[np.float32] | None
    raw_landmarks: NDArray[np.float32] | None
    begins_shot: bool = False


def track_face(
    frames: Iterable[tuple[T, NDArray[np.uint8]]],
    detector: FaceDetector,
    model: LandmarkModel,
) -> Iterator[Tracked[T]]:
    """Follow the dominant face of each shot, the largest one where it is first seen.

    At a cut everything starts afresh: nothing is interpolated or smoothed across it. Holds a
    dozen frames at a time, so memory does not grow with the clip.

    Args:
        frames: pairs of a key and an upright picture, in order of time.

    Yields:
        One ``Tracked`` for each frame, in the same order.
    """
    return _smoothed(_landmarks(_boxes(mark_cuts(frames), detector), model))


def _gray(bgr: NDArray[np.uint8]) -> NDArray[np.uint8]:
    return cv2.cvtColor(bgr, cv2.COLOR_BGR2GRAY)  # type: ignore[return-value]


@dataclass(frozen=True)
class _Seen(Generic[T]):
    key: T
    bgr: NDArray[np.uint8]
    gray: NDArray[np.uint8]
    begins_shot: bool


_Found = tuple[_Seen[T], NDArray[np.float32] | None]


def _boxes(
    frames: Iterable[ShotFrame[T]], detector: FaceDetector
) -> Iterator[tuple[_Seen[T], Box | None]]:
    waiting: list[_Seen[T]] = []
    last: Box | None = None  # where the speaker was seen last
    found_before: Box | None = None  # what the last searched frame showed

    def find(gray: NDArray[np.uint8]) -> Box | None:
        nonlocal last
        boxes = detector(gray)
        if not boxes:
            return None
        reference = last
        if reference is not None:
            best = max(boxes, key=lambda box: overlap(box, reference))
            # No face where the speaker was: a cut, or a jump. Take the largest anew.
            last = best if overlap(best, reference) >= _SAME_FACE_OVERLAP else boxes[0]
        else:
            last = boxes[0]
        return last

    def settle(found: Box | None, searched: _Seen[T]) -> Iterator[tuple[_Seen[T], Box | None]]:
        between = len(waiting)
        steady = (
            found_before is not None
            and found is not None
            and overlap(found_before, found) >= _SAME_FACE_OVERLAP
        )
        for index, seen in enumerate(waiting):
            if steady and found_before is not None and found is not None:
                share = (index + 1) / (between + 1)
                yield seen, _mix(found_before, found, share)
            elif found_before is None and found is None:
                yield seen, None
            else:
                yield seen, find(seen.gray)
        yield searched, found

    def finish() -> Iterator[tuple[_Seen[T], Box | None]]:
        if waiting:
            final = waiting.pop()
            yield from settle(find(final.gray), final)
            waiting.clear()

    count = 0
    for frame in frames:
        seen = _Seen(frame.key, frame.bgr, _gray(frame.bgr), frame.begins)
        if frame.begins:
            yield from finish()
            last = found_before = None
            count = 0
        if count % DETECTION_STEP:
            waiting.append(seen)
        else:
            found = find(seen.gray)
            yield from settle(found, seen)
            waiting.clear()
            found_before = found
        count += 1
    yield from finish()


def _mix(a: Box, b: Box, share: float) -> Box:
    left, top, right, bottom = ((1 - share) * p + share * q for p, q in zip(a, b, strict=True))
    return left, top, right, bottom


def _landmarks(
    boxed: Iterable[tuple[_Seen[T], Box | None]], model: LandmarkModel
) -> Iterator[_Found[T]]:
    for seen, box in boxed:
        yield seen, None if box is None else model(seen.gray, box)


def _smoothed(
    found: Iterable[_Found[T]],
) -> Iterator[Tracked[T]]:
    """Weighted mean over the neighbours in time that show the same face nearby."""
    weights = np.exp(
        -0.5 * (np.arange(-_SMOOTHING_RADIUS, _SMOOTHING_RADIUS + 1) / _SMOOTHING_FRAMES) ** 2
    )
    size = 2 * _SMOOTHING_RADIUS + 1
    window: deque[_Found[T] | None] = deque([None] * size, maxlen=size)

    def middle() -> Tracked[T] | None:
        here = window[_SMOOTHING_RADIUS]
        if here is None:
            return None
        seen, points = here
        if points is None:
            return Tracked(seen.key, seen.bgr, None, None, seen.begins_shot)
        reach = 0.25 * float(np.ptp(points[:, 0]))
        total = np.zeros((LANDMARK_COUNT, 2))
        weight = 0.0
        for each, w in zip(_same_shot(list(window)), weights, strict=True):
            if each is None or each[1] is None:
                continue
            # After a jump the neighbour is another face, or the same one elsewhere.
            if np.abs(each[1].mean(axis=0) - points.mean(axis=0)).max() > reach:
                continue
            total += w * each[1]
            weight += w
        smooth = (total / weight).astype(np.float32)
        return Tracked(seen.key, seen.bgr, smooth, points, seen.begins_shot)

    for each in found:
        window.append(each)
        if (tracked := middle()) is not None:
            yield tracked
    for _ in range(_SMOOTHING_RADIUS):
        window.append(None)
        if (tracked := middle()) is not None:
            yield tracked


def _same_shot(window: list[_Found[T] | None]) -> list[_Found[T] | None]:
    """The window with None for all that a cut parts from its middle."""
    kept = list(window)
    for place in range(_SMOOTHING_RADIUS, 0, -1):
        here = window[place]
        if here is not None and here[0].begins_shot:
            kept[:place] = [None] * place
            break
    for place in range(_SMOOTHING_RADIUS + 1, len(window)):
        here = window[place]
        if here is not None and here[0].begins_shot:
            kept[place:] = [None] * (len(window) - place)
            break
    return kept
