"""The speaker's mouth at every tick of the sync clock."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from syncfix.clip import SyncClock, read_frames
from syncfix.face.align import lower_half
from syncfix.face.detect import FaceDetector
from syncfix.face.landmarks import LandmarkModel
from syncfix.face.track import Tracked, track_face
from syncfix.face.whole import whole_face

__all__ = ["TickMouth", "mouths_at_ticks", "tracked_frames"]


@dataclass(frozen=True)
class TickMouth:
    """What one tick shows.

    Attributes:
        tick: its number.
        half: the aligned lower half, RGB ``[128, 256, 3]``, or None where no face is seen.
        landmarks: ``[68, 2]`` (x, y in pixels of the upright picture), or None.
        begins_shot: whether a shot other than the first begins at this tick.
        face: the whole face, RGB ``[224, 224, 3]``, where it was asked for, or None.
    """

    tick: int
    half: NDArray[np.uint8] | None
    landmarks: NDArray[np.float32] | None
    begins_shot: bool = False
    face: NDArray[np.uint8] | None = None


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
    shown = set(range(clock.frame_count)) if every_frame else set(clock.tick_to_frame.tolist())
    frames = (
        (frame.index, frame.upright_bgr()) for frame in read_frames(path) if frame.index in shown
    )
    return track_face(frames, FaceDetector(), model)


def mouths_at_ticks(
    path: Path, clock: SyncClock, model: LandmarkModel, *, faces: bool = False
) -> Iterator[TickMouth]:
    """The mouth at each tick, in order; a frame that several ticks show is cut once.

    Args:
        path: the clip.
        clock: its sync clock.
        model: landmark model.
        faces: cut the whole face too.
    """
    ticks_of: dict[int, list[int]] = {}
    for tick, frame in enumerate(clock.tick_to_frame.tolist()):
        ticks_of.setdefault(frame, []).append(tick)
    for tracked in tracked_frames(path, clock, model):
        points = tracked.landmarks
        half = None if points is None else lower_half(tracked.bgr, points)
        face = whole_face(tracked.bgr, points) if faces and points is not None else None
        ticks = ticks_of[tracked.key]
        for tick in ticks:
            begins = tracked.begins_shot and tick == ticks[0]
            yield TickMouth(tick, half, points, begins, face)
