"""The speaker's mouth at every tick of the sync clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from syncfix.clip import SyncClock, read_frames
from syncfix.clip.ahead import ahead
from syncfix.face.align import lower_half
from syncfix.face.detect import FaceDetector
from syncfix.face.follow import Follower, Largest
from syncfix.face.landmarks import LandmarkModel
from syncfix.face.motion import face_motion
from syncfix.face.track import Sighting, Tracked, track_face, track_faces
from syncfix.face.whole import whole_face

__all__ = ["TickFaces", "TickMouth", "faces_at_ticks", "mouths_at_ticks", "tracked_frames"]


@dataclass(frozen=True)
class TickMouth:
    """What one tick shows.

    Attributes:
        tick: its number.
        half: the aligned lower half, RGB ``[128, 256, 3]``, or None where no face is seen, or
            no mouth, because something covers it.
        landmarks: ``[68, 2]`` (x, y in pixels of the upright picture), or None.
        begins_shot: whether a shot other than the first begins at this tick.
        face: the whole face, if it was asked for, RGB ``[224, 224, 3]``.
    """

    tick: int
    half: NDArray[np.uint8] | None
    landmarks: NDArray[np.float32] | None
    begins_shot: bool = False
    face: NDArray[np.uint8] | None = None


@dataclass(frozen=True)
class TickFaces:
    """The faces that one tick shows.

    Attributes:
        tick: its number.
        halves: for each place of the follower the aligned lower half, RGB ``[128, 256, 3]``, or
            None where its face is not seen, or its mouth is covered.
        landmarks: the same of ``[68, 2]`` (x, y in pixels of the upright picture).
        begins_shot: whether a shot other than the first begins at this tick.
        wholes: for each place the whole face, RGB ``[224, 224, 3]``, None where it is not seen or
            was not asked for.
        motions: for each place how much the picture changed there since the tick before, in gray
            levels a tick; NaN where it is not seen, at the first tick of a shot, and where the
            tick before shows the same frame, and where its mouth is covered.
        covered: for each place whether something is in front of the mouth.
    """

    tick: int
    halves: tuple[NDArray[np.uint8] | None, ...]
    landmarks: tuple[NDArray[np.float32] | None, ...]
    begins_shot: bool
    wholes: tuple[NDArray[np.uint8] | None, ...]
    motions: tuple[float, ...]
    covered: tuple[bool, ...]


def tracked_frames(
    path: Path, clock: SyncClock, model: LandmarkModel, *, every_frame: bool = False
) -> Iterator[Tracked[int]]:
    """The speaker's face in the frames of a clip; the key is the native frame's index.

    Args:
        path: the clip.
        clock: its sync clock.
        model: landmark model.
        every_frame: all native frames, or only those that a tick shows.
    """
    shown = np.arange(clock.frame_count) if every_frame else np.unique(clock.tick_to_frame)
    return track_face(_frames(path, shown), FaceDetector(), model)


def mouths_at_ticks(
    path: Path, clock: SyncClock, model: LandmarkModel, *, faces: bool = False
) -> Iterator[TickMouth]:
    """The mouth of the largest face at each tick, in order; with ``faces`` the whole face too."""
    for seen in faces_at_ticks(path, clock, model, Largest(), whole=faces):
        yield TickMouth(
            seen.tick, seen.halves[0], seen.landmarks[0], seen.begins_shot, seen.wholes[0]
        )


def faces_at_ticks(
    path: Path,
    clock: SyncClock,
    model: LandmarkModel,
    follower: Follower,
    *,
    whole: bool = False,
) -> Iterator[TickFaces]:
    """The faces at each tick, in order; a frame that several ticks show is cut once.

    Args:
        path: the clip.
        clock: its sync clock.
        model: landmark model.
        follower: which faces; it counts the frames that a tick shows,
            ``numpy.unique(clock.tick_to_frame)``.
        whole: cut the whole faces too.
    """
    shown, first_ticks, counts = np.unique(
        clock.tick_to_frame, return_index=True, return_counts=True
    )
    sightings: Iterator[Sighting[int]] = track_faces(
        _frames(path, shown), FaceDetector(), model, follower
    )
    elapsed_ticks = np.diff(clock.frame_seconds[shown], prepend=np.nan) / clock.tick_seconds
    before: NDArray[np.uint8] | None = None
    for place, seen in enumerate(sightings):
        points = tuple(None if face is None else face.landmarks for face in seen.faces)
        covered = tuple(face is not None and face.covered for face in seen.faces)
        shown_mouths = tuple(
            None if hidden else each for each, hidden in zip(points, covered, strict=True)
        )
        halves = tuple(
            None if each is None else lower_half(seen.bgr, each) for each in shown_mouths
        )
        wholes = tuple(
            whole_face(seen.bgr, each) if whole and each is not None else None
            for each in shown_mouths
        )
        motions = tuple(
            float("nan")
            if each is None or before is None or seen.begins_shot
            else face_motion(before, seen.bgr, each) / float(elapsed_ticks[place])
            for each in shown_mouths
        )
        before = seen.bgr
        first = int(first_ticks[place])
        for tick in range(first, first + int(counts[place])):
            begins = seen.begins_shot and tick == first
            yield TickFaces(tick, halves, points, begins, wholes, motions, covered)
            motions = (float("nan"),) * len(points)  # the same frame again, by the clock alone


def _frames(path: Path, shown: NDArray[np.integer]) -> Iterator[tuple[int, NDArray[np.uint8]]]:
    """The frames of these numbers, which increase, decoded ahead."""

    def drawn() -> Iterator[tuple[int, NDArray[np.uint8]]]:
        place = 0
        for frame in read_frames(path):
            if place < len(shown) and frame.index == shown[place]:
                place += 1
                yield frame.index, frame.upright_bgr(exact=False)

    return ahead(drawn())
