"""A clip with a known local error put in: what was, what is shown, and what a warp makes of it."""

from __future__ import annotations

import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from benchmarks.injections import local_error, playable
from syncfix.clip import Frame, read_frames
from syncfix.face.detect import FaceDetector
from syncfix.face.landmarks import Box, LandmarkModel
from syncfix.face.motion import face_motion
from syncfix.face.track import Tracked, track_face
from syncfix.observe import open_clip
from syncfix.warp import Composed, Recipe, Skipped
from syncfix.warp.paste import paste
from syncfix.warp.strength import strengths
from syncfix.warp.tasks import tasks
from syncfix.warp.workflow import compose_tasks

TICKS_A_SECOND = 25
_DETECTION_STEP = 5


@dataclass(frozen=True)
class Case:
    """A clip of n ticks, held in memory: `--seconds` bounds it.

    Attributes:
        frames: the native frame that each tick shows, as decoded.
        pictures: the same upright, BGR ``[h, w, 3]``.
        boxes: where the face is at each tick, in pixels.
        samples: speech, 16 kHz mono ``[640 * n]``.
        injected: ``[n]``; the broken clip shows at tick i the picture of tick i + injected[i].
        tracked: the broken clip's face as the package tracks it.
    """

    name: str
    source: str
    frames: list[Frame]
    pictures: list[NDArray[np.uint8]]
    boxes: list[Box]
    samples: NDArray[np.float32]
    injected: NDArray[np.intp]
    tracked: list[Tracked[int]]

    @property
    def ticks(self) -> int:
        return len(self.pictures)

    @property
    def shown(self) -> NDArray[np.intp]:
        """``[n]``, which original picture the broken clip shows at each tick."""
        return np.arange(self.ticks) + self.injected

    @property
    def motion(self) -> NDArray[np.float64]:
        """``[n]``, how much the broken clip's face moves from tick to tick, in gray levels."""
        out = np.full(self.ticks, np.nan)
        for tick, (before, now) in enumerate(pairwise(self.tracked), 1):
            if now.landmarks is not None:
                out[tick] = face_motion(before.bgr, now.bgr, now.landmarks)
        return out


@dataclass(frozen=True)
class Shown:
    """One frame of a row of the table.

    Attributes:
        bgr: the picture.
        head: index of the original frame whose head it shows.
        result: what the warp did; None where it was asked for nothing.
        seconds: how long composing took.
        changed_outside: samples of the native frame that changed where the mask is 0.
    """

    bgr: NDArray[np.uint8]
    head: int
    result: Composed | Skipped | None = None
    seconds: float = 0.0
    changed_outside: int = 0


def load_case(path: Path, source: str, seconds: float, seed: int, model: LandmarkModel) -> Case:
    """Read the first `seconds` of a clip and break their timing.

    Raises:
        InputError: the clip can't be used.
        ValueError: no face in it.
    """
    clip = open_clip(path)
    count = min(clip.clock.tick_count, round(seconds * TICKS_A_SECOND))
    wanted = clip.clock.tick_to_frame[:count]
    native: dict[int, Frame] = {}
    for frame in read_frames(path):
        if frame.index > wanted[-1]:
            break
        if frame.index in wanted:
            native[frame.index] = frame
    frames = [native[int(k)] for k in wanted]
    pictures = [frame.upright_bgr() for frame in frames]
    rng = np.random.default_rng([seed, zlib.crc32(path.stem.encode())])
    injected = playable(local_error(count, rng))
    shown = np.arange(count) + injected
    order = ((tick, pictures[k]) for tick, k in enumerate(shown.tolist()))
    tracked = list(track_face(order, FaceDetector(), model))
    return Case(
        path.stem,
        source,
        frames,
        pictures,
        _boxes(pictures),
        clip.samples[: 640 * count],
        injected,
        tracked,
    )


def original(case: Case, model: LandmarkModel) -> Case:
    """The same clip without the error."""
    tracked = list(track_face(enumerate(case.pictures), FaceDetector(), model))
    return replace(case, injected=np.zeros_like(case.injected), tracked=tracked)


def _boxes(pictures: list[NDArray[np.uint8]]) -> list[Box]:
    """Faces found in every fifth picture, and lines between them."""
    detector = FaceDetector()
    places, found = [], []
    for place in range(0, len(pictures), _DETECTION_STEP):
        if boxes := detector(pictures[place].mean(axis=2).astype(np.uint8)):
            places.append(place)
            found.append(boxes[0])
    if not found:
        raise ValueError("no face")
    edges = np.array(found).T
    every = [np.interp(np.arange(len(pictures)), places, edge) for edge in edges]
    return [(float(a), float(b), float(c), float(d)) for a, b, c, d in zip(*every, strict=True)]


Row = Callable[[], Iterator[Shown]]


def reordered(case: Case, order: NDArray[np.intp]) -> Row:
    """The original pictures in some order."""

    def shown() -> Iterator[Shown]:
        for k in order.tolist():
            yield Shown(case.pictures[k], k)

    return shown


def warped(case: Case, plan: NDArray[np.intp], recipe: Recipe) -> Row:
    """The broken clip, each frame with the mouth that the plan names; before any encoding."""

    def shown() -> Iterator[Shown]:
        source_of = np.arange(case.ticks) + plan
        found = tasks(case.tracked, source_of, strengths(source_of, 1.0))
        results = compose_tasks(
            found, lambda tick, result: (tick, result), recipe=recipe, workers=1
        )
        start = time.thread_time()
        for tick, result in results:
            seconds = time.thread_time() - start
            head = int(case.shown[tick])
            bgr, changed = case.pictures[head], 0
            if isinstance(result, Composed):
                bgr = bgr.copy()
                bgr[result.box.slices] = result.pixels
                changed = _changed_outside(case.frames[head], result)
            yield Shown(bgr, head, result, seconds, changed)
            start = time.thread_time()

    return shown


def _changed_outside(frame: Frame, result: Composed) -> int:
    """Samples that differ from the decoded frame's though the mask is 0 there."""
    video = frame.video
    turned = (
        (video.width, video.height) if video.orientation.transpose else (video.height, video.width)
    )
    mask = np.zeros(turned, np.uint8)
    mask[result.box.slices] = result.mask > 0
    mask = np.ascontiguousarray(video.orientation.undo(mask))
    made, changed = paste(frame, result), 0
    sample_bytes = 2 if "10" in frame.native.format.name else 1
    for old, new in zip(frame.native.planes, made.planes, strict=True):
        allowed = mask
        if (old.height, old.width) != mask.shape:
            # A chroma sample may change where any pixel that shares it is under the mask.
            down, across = (
                round(m / n) for m, n in zip(mask.shape, (old.height, old.width), strict=True)
            )
            rest = (-mask.shape[0] % down, -mask.shape[1] % across)
            padded = np.pad(mask, ((0, rest[0]), (0, rest[1])))
            allowed = np.zeros((old.height, old.width), np.uint8)
            for y in range(down):
                for x in range(across):
                    allowed |= padded[y::down, x::across]
        a, b = (
            np.frombuffer(memoryview(p), np.uint8).reshape(-1, p.line_size)[
                : p.height, : p.width * sample_bytes
            ]
            for p in (old, new)
        )
        inside = np.repeat(allowed, sample_bytes, axis=1) > 0
        changed += int(((a != b) & ~inside).sum())
    return changed
