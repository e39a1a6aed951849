"""All frames of a clip, in order, each with the mouth that the plan gives it."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
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
from syncfix.warp.composing import compose
from syncfix.warp.paste import paste
from syncfix.warp.result import (
    NO_FACE_IN_SOURCE,
    NO_FACE_IN_TARGET,
    Composed,
    Recipe,
    Skipped,
)
from syncfix.warp.strength import strengths
from syncfix.warp.window import Patch, Sources

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
) -> Iterator[WarpedFrame]:
    """Each frame k of a clip with the mouth of frame ``source_of[k]``.

    Every frame comes out once, in order, whatever faces are missing. Where ``source_of[k]`` is k
    the decoded frame passes untouched. Held at a time: the frames between k and its source, and a
    patch of the face for each frame that is still to be a source.

    Args:
        path: the clip.
        clock: its sync clock.
        model: landmark model.
        source_of: int ``[clock.frame_count]``, each in 0..n-1 (`SyncClock.source_frames`).
        recipe: how the mouth is put in.
        follower: whose mouth; the largest face's if not given.

    Raises:
        ValueError: not one source a frame, or a source outside the clip.
    """
    sources = np.asarray(source_of).astype(np.int64)
    if sources.shape != (clock.frame_count,):
        raise ValueError(f"{sources.shape} sources for {clock.frame_count} frames")
    if sources.min() < 0 or sources.max() >= clock.frame_count:
        raise ValueError(f"sources must lie in 0..{clock.frame_count - 1}")
    return _warped(Path(path), clock, model, sources, recipe, follower)


def _warped(
    path: Path,
    clock: SyncClock,
    model: LandmarkModel,
    source_of: NDArray[np.int64],
    recipe: Recipe,
    follower: Follower | None,
) -> Iterator[WarpedFrame]:
    if np.array_equal(source_of, np.arange(len(source_of))):
        for frame in read_frames(path):
            yield WarpedFrame(frame, frame.native, "kept")
        return
    strength = strengths(source_of, clock.frame_count / clock.tick_count)
    sources = Sources(source_of)
    waiting: deque[tuple[Frame, Patch | None]] = deque()

    def ready(seen: int) -> bool:
        return bool(waiting) and max(waiting[0][0].index, source_of[waiting[0][0].index]) <= seen

    for tracked in _tracked(path, model, clock.frame_count, follower):
        index = tracked.key.index
        changes = source_of[index] != index
        patch = None
        if changes or sources.wants(index):
            patch = Patch.cut(tracked.bgr, _landmarks(tracked))
        if sources.wants(index):
            sources.hold(index, patch)
        waiting.append((tracked.key, patch if changes else None))
        while ready(index):
            frame, target = waiting.popleft()
            source = int(source_of[frame.index])
            if source == frame.index:
                yield WarpedFrame(frame, frame.native, "kept")
            else:
                amount = float(strength[frame.index])
                yield _one(frame, target, sources[source], amount, recipe)
            sources.done(frame.index)
    for frame, _ in waiting:  # the file broke off earlier than when its clock was read
        yield WarpedFrame(frame, frame.native, "skipped", NO_FACE_IN_SOURCE)


def _tracked(
    path: Path, model: LandmarkModel, count: int, follower: Follower | None
) -> Iterator[Tracked[Frame]]:
    frames = ((f, f.upright_bgr()) for f in read_frames(path) if f.index < count)
    return track_face(frames, FaceDetector(), model, follower)


def _landmarks(tracked: Tracked[Frame]) -> NDArray[np.float32] | None:
    """Half smoothed: found ones jump by a pixel, smoothed ones lag behind fast lips and heads."""
    if tracked.landmarks is None or tracked.raw_landmarks is None:
        return None
    return ((tracked.landmarks + tracked.raw_landmarks) / 2).astype(np.float32)


def _one(
    frame: Frame, target: Patch | None, source: Patch | None, strength: float, recipe: Recipe
) -> WarpedFrame:
    if target is None or source is None:
        reason = NO_FACE_IN_TARGET if target is None else NO_FACE_IN_SOURCE
        return WarpedFrame(frame, frame.native, "skipped", reason)
    result = compose(
        target.bgr, target.landmarks, source.bgr, source.landmarks, recipe=recipe, strength=strength
    )
    if isinstance(result, Skipped):
        return WarpedFrame(frame, frame.native, "skipped", result.reason)
    composed = replace(result, box=result.box.moved(target.left, target.top))
    return WarpedFrame(frame, paste(frame, composed), "composed", "", composed)
