"""All frames of a clip, in order, each with the mouth that the plan gives it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import av
import numpy as np
from numpy.typing import NDArray

from syncfix.clip import Frame, SyncClock, read_frames
from syncfix.face.detect import FaceDetector
from syncfix.face.follow import Follower
from syncfix.face.landmarks import LandmarkModel
from syncfix.face.track import Tracked, track_face
from syncfix.warp.paste import paste
from syncfix.warp.result import Composed, Recipe, Skipped
from syncfix.warp.strength import strengths
from syncfix.warp.tasks import tasks
from syncfix.warp.workflow import Result, compose_tasks

Status = Literal["kept", "composed", "skipped"]


@dataclass(frozen=True)
class WarpedFrame:
    """One frame of the output.

    Attributes:
        frame: the input frame in its place.
        picture: what to show; the input's own native frame unless something was composed.
        status: "kept" where the plan asks for nothing, "skipped" where it could not be done.
        reason: why it was skipped, else "".
        composed: the box that changed, if any.
    """

    frame: Frame
    picture: av.VideoFrame
    status: Status
    reason: str = ""
    composed: Composed | None = None

    @property
    def shown(self) -> tuple[av.VideoFrame, int]:
        """Picture and pts, as `syncfix.clip.rewrite` takes them."""
        return self.picture, self.frame.pts


def warp_frames(
    path: Path | str,
    clock: SyncClock,
    model: LandmarkModel,
    source_of: NDArray[np.integer],
    *,
    recipe: Recipe = "default",
    follower: Follower | None = None,
    workers: int | None = None,
) -> Iterator[WarpedFrame]:
    """Each frame k of a clip with the mouth of frame ``source_of[k]``.

    Every frame comes out once, in order, whatever faces are missing. Where ``source_of[k]`` is k
    the decoded frame passes untouched. Held at a time: the frames between k and its source, four
    for each worker, seven to make fits steady, and a patch of the face for each frame that is
    still to be a source, or lies between a frame and its source.

    Args:
        path: the clip.
        clock: its sync clock.
        model: landmark model.
        source_of: int ``[clock.frame_count]``, each in 0..n-1 (`SyncClock.source_frames`).
        recipe: how a mouth is put in.
        follower: whose mouth; the largest face's if not given.
        workers: threads that compose; the usable cores by default. The result is the same.

    Raises:
        ValueError: not one source a frame, or a source outside the clip.
    """
    sources = np.asarray(source_of).astype(np.int64)
    if sources.shape != (clock.frame_count,):
        raise ValueError(f"{sources.shape} sources for {clock.frame_count} frames")
    if sources.min() < 0 or sources.max() >= clock.frame_count:
        raise ValueError(f"sources must lie in 0..{clock.frame_count - 1}")
    return _warped(Path(path), clock, model, sources, recipe, follower, workers)


def _warped(
    path: Path,
    clock: SyncClock,
    model: LandmarkModel,
    source_of: NDArray[np.int64],
    recipe: Recipe,
    follower: Follower | None,
    workers: int | None,
) -> Iterator[WarpedFrame]:
    if np.array_equal(source_of, np.arange(len(source_of))):
        for frame in read_frames(path):
            yield WarpedFrame(frame, frame.native, "kept")
        return
    strength = strengths(source_of, clock.frame_count / clock.tick_count)
    tracked = _tracked(path, model, clock.frame_count, follower)
    found = tasks(tracked, source_of, strength)
    yield from compose_tasks(found, _finished, recipe=recipe, workers=workers)


def _tracked(
    path: Path, model: LandmarkModel, count: int, follower: Follower | None
) -> Iterator[Tracked[Frame]]:
    frames = ((f, f.upright_bgr()) for f in read_frames(path) if f.index < count)
    return track_face(frames, FaceDetector(), model, follower)


def _finished(frame: Frame, result: Result) -> WarpedFrame:
    if result is None:
        return WarpedFrame(frame, frame.native, "kept")
    if isinstance(result, Skipped):
        return WarpedFrame(frame, frame.native, "skipped", result.reason)
    return WarpedFrame(frame, paste(frame, result), "composed", "", result)
