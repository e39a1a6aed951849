"""Faces through a clip: their landmarks in every frame, streamed with the frames."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from syncfix.clip.cuts import mark_cuts
from syncfix.face.boxes import Boxed, Seen, boxes_of
from syncfix.face.covered import COVERED_REACH, CoverJudge, cover_evidence, view_of
from syncfix.face.detect import FaceDetector
from syncfix.face.follow import Follower, Largest
from syncfix.face.landmarks import LandmarkModel
from syncfix.face.smooth import SMOOTHING_RADIUS, same_shot, smoothed

__all__ = ["Face", "Sighting", "Tracked", "track_face", "track_faces"]

T = TypeVar("T")


@dataclass(frozen=True)
class Face:
    """One face in one frame.

    Attributes:
        landmarks: ``[68, 2]`` (x, y in pixels of the upright picture), smoothed over time.
        raw_landmarks: the same, as found in this frame alone.
        covered: whether something is in front of the mouth; its landmarks are made up then.
    """

    landmarks: NDArray[np.float32]
    raw_landmarks: NDArray[np.float32]
    covered: bool = False


@dataclass(frozen=True)
class Sighting(Generic[T]):
    """A frame with the faces found in it.

    Attributes:
        key: what the caller gave with the picture.
        bgr: the upright picture ``[h, w, 3]``.
        faces: one for each place of the follower, None where it is not seen. A place stays with
            one face through a shot.
        begins_shot: whether a shot other than the first begins with this frame.
    """

    key: T
    bgr: NDArray[np.uint8]
    faces: tuple[Face | None, ...]
    begins_shot: bool


@dataclass(frozen=True)
class Tracked(Generic[T]):
    """A frame with the face found in it.

    Attributes:
        key: what the caller gave with the picture.
        bgr: the upright picture ``[h, w, 3]``.
        landmarks: ``[68, 2]`` smoothed over time, or None where no face is seen.
        raw_landmarks: the same, as found in this frame alone.
        begins_shot: whether a shot other than the first begins with this frame.
        covered: whether something is in front of the mouth.
    """

    key: T
    bgr: NDArray[np.uint8]
    landmarks: NDArray[np.float32] | None
    raw_landmarks: NDArray[np.float32] | None
    begins_shot: bool = False
    covered: bool = False


def track_face(
    frames: Iterable[tuple[T, NDArray[np.uint8]]],
    detector: FaceDetector,
    model: LandmarkModel,
    follower: Follower | None = None,
) -> Iterator[Tracked[T]]:
    """Follow one face; unless a follower is given, the largest one where each shot begins.

    Args:
        frames: pairs of a key and an upright picture, in order of time.
        detector, model: to find faces and their landmarks with.
        follower: which face; the first place of it.

    Yields:
        One ``Tracked`` for each frame, in the same order.
    """
    for seen in track_faces(frames, detector, model, follower or Largest()):
        face = seen.faces[0]
        if face is None:
            yield Tracked(seen.key, seen.bgr, None, None, seen.begins_shot)
        else:
            points = face.landmarks, face.raw_landmarks
            yield Tracked(seen.key, seen.bgr, *points, seen.begins_shot, face.covered)


def track_faces(
    frames: Iterable[tuple[T, NDArray[np.uint8]]],
    detector: FaceDetector,
    model: LandmarkModel,
    follower: Follower,
) -> Iterator[Sighting[T]]:
    """Follow faces through the shots of a clip.

    At a cut everything starts afresh: nothing is interpolated or smoothed across it. Holds a
    dozen frames at a time, so memory does not grow with the clip.

    Args:
        frames: pairs of a key and an upright picture, in order of time.
        detector, model: to find faces and their landmarks with.
        follower: which faces.

    Yields:
        One ``Sighting`` for each frame, in the same order.
    """
    boxed = boxes_of(mark_cuts(frames), detector, follower)
    found = _landmarks(boxed, model)
    return _smoothed(found, CoverJudge(follower.places))


@dataclass(frozen=True)
class _Points:
    landmarks: NDArray[np.float32]
    cover_evidence: float


_Found = tuple[Seen[T], list[_Points | None]]


def _landmarks(groups: Iterable[list[Boxed[T]]], model: LandmarkModel) -> Iterator[_Found[T]]:
    for group in groups:
        points = [
            [None if box is None else model(seen.gray, box) for box in boxes]
            for seen, boxes in group
        ]
        evidence = iter(
            cover_evidence(
                [
                    view_of(seen.frame.bgr, each)
                    for (seen, _), faces in zip(group, points, strict=True)
                    for each in faces
                    if each is not None
                ]
            )
        )
        for (seen, _), faces in zip(group, points, strict=True):
            yield seen, [None if each is None else _Points(each, next(evidence)) for each in faces]


def _smoothed(found: Iterable[_Found[T]], judge: CoverJudge) -> Iterator[Sighting[T]]:
    size = 2 * SMOOTHING_RADIUS + 1
    window: deque[_Found[T] | None] = deque([None] * size, maxlen=size)

    def middle() -> Sighting[T] | None:
        here = window[SMOOTHING_RADIUS]
        if here is None:
            return None
        seen, faces = here
        if seen.frame.begins:
            judge.restart()
        kept = same_shot([each is not None and each[0].frame.begins for each in window])
        around = [
            each if kept.start <= place < kept.stop else None for place, each in enumerate(window)
        ]
        smooth = tuple(
            None
            if points is None
            else _face([each and each[1][place] for each in around], place, judge)
            for place, points in enumerate(faces)
        )
        return Sighting(seen.frame.key, seen.frame.bgr, smooth, seen.frame.begins)

    for each in found:
        window.append(each)
        if (sighting := middle()) is not None:
            yield sighting
    for _ in range(SMOOTHING_RADIUS):
        window.append(None)
        if (sighting := middle()) is not None:
            yield sighting


def _face(neighbours: list[_Points | None], place: int, judge: CoverJudge) -> Face:
    """The face in the middle of ``2 * SMOOTHING_RADIUS + 1`` frames of its shot."""
    here = neighbours[SMOOTHING_RADIUS]
    assert here is not None
    near = neighbours[SMOOTHING_RADIUS - COVERED_REACH : SMOOTHING_RADIUS + COVERED_REACH + 1]
    return Face(
        smoothed([None if each is None else each.landmarks for each in neighbours]),
        here.landmarks,
        judge(place, [None if each is None else each.cover_evidence for each in near]),
    )
