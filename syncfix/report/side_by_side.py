"""Before | after in one video, with the two sync curves under them and the sound of the result."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import av
import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.clip import ClipInfo, Frame, check_output, probe, read_frames, rewrite
from syncfix.clip.output import is_same_file
from syncfix.clip.pixels import frame_like
from syncfix.errors import InputError
from syncfix.report.curves import CurveStrip
from syncfix.results import Rewrite

__all__ = ["check_side_by_side", "write_side_by_side"]

_PANEL_HEIGHT_PX = 480
_STRIP_HEIGHT_PX = 176
_SHAPES = (0.25, 4.0)  # a panel's width to its height, whatever the clip says of its pixels


# The output has the clip's frames at times of its own, under the same sound.
_BY_TIMESTAMPS = ("shifted", "stretched")


def check_side_by_side(
    path: Path, clip: Path, output: Path, overwrite: bool, audio: Path | None = None
) -> None:
    """Refuse a path before any work is done.

    Raises:
        InputError: as `check_output`; also when it is the output's own path.
    """
    check_output(clip, path, overwrite, audio)
    if is_same_file(path, output):
        raise InputError(f"{path}: --side-by-side and --output name the same file; choose another")


def write_side_by_side(result: Rewrite, path: Path, *, overwrite: bool = False) -> Path:
    """Show the clip and what became of it side by side.

    Frames come and go one by one. There is a frame for each of the output's, at its time; beside
    it stands what the clip shows under the same sound. All other tracks are the output's.

    Args:
        result: of `syncfix.retime` or `syncfix.warp`; both of its files are read.
        path: the video to write; it appears when it is complete, or not at all.
        overwrite: replace a file that exists.

    Raises:
        InputError: as `syncfix.clip.rewrite`.
    """
    check_side_by_side(path, result.clip, result.output, overwrite)
    before, after = probe(result.clip), probe(result.output)
    panel = _panel_size(after)
    size = (2 * panel[0], panel[1] + _STRIP_HEIGHT_PX)
    video = replace(
        after.video,
        codec="h264",
        width=size[0],
        height=size[1],
        pixel_format="yuv420p",
        display_matrix=None,
        sample_aspect_ratio=None,
    )
    frames = _frames(result, _lag_seconds(result, before, after), panel)
    return rewrite(replace(after, video=video), path, frames, overwrite=overwrite)


def _frames(result: Rewrite, lag_seconds: float, panel: tuple[int, int]) -> Iterator[av.VideoFrame]:
    strip = CurveStrip(result.before, result.after, (2 * panel[0], _STRIP_HEIGHT_PX))
    # Sound is what both have in common; but a rewrite has the clip's own times to the frame, which
    # another container may count from elsewhere.
    others = _Following(result.clip, result.decision in _BY_TIMESTAMPS)
    first: float | None = None
    for frame in read_frames(result.output):
        first = frame.pts_seconds if first is None else first
        since = frame.pts_seconds - first
        other = others.at(frame.pts_seconds - lag_seconds if others.absolute else since)
        row = np.hstack(
            [_panel(other, "before", panel), _panel(frame, f"after: {result.decision}", panel)]
        )
        made = frame_like(np.vstack([row, strip.at(since)]), frame.native)
        made.pts, made.time_base = frame.pts, frame.native.time_base
        yield made


class _Following:
    """The frame that a clip shows at times that only grow."""

    def __init__(self, path: Path, absolute: bool) -> None:
        self.absolute = absolute
        self._frames = read_frames(path)
        self._shown = next(self._frames)
        self._start = 0.0 if absolute else self._shown.pts_seconds
        self._next = next(self._frames, None)

    def at(self, seconds: float) -> Frame:
        # Half a millisecond: containers round.
        while self._next is not None and self._next.pts_seconds - self._start <= seconds + 5e-4:
            self._shown, self._next = self._next, next(self._frames, None)
        return self._shown


def _lag_seconds(result: Rewrite, before: ClipInfo, after: ClipInfo) -> float:
    """How much later the sound begins in the output; known where a stream was delayed."""
    if result.decision not in _BY_TIMESTAMPS or not before.audio or not after.audio:
        return 0.0
    return after.audio[0].start_seconds - before.audio[0].start_seconds


def _panel_size(info: ClipInfo) -> tuple[int, int]:
    """(width, height), even, in the shape in which the clip is shown."""
    width, height = info.video.upright_size
    shape = width / height
    if info.video.sample_aspect_ratio:
        aspect = float(info.video.sample_aspect_ratio)
        shape *= 1 / aspect if info.video.orientation.transpose else aspect
    shape = min(max(shape, _SHAPES[0]), _SHAPES[1])
    return 2 * round(_PANEL_HEIGHT_PX * shape / 2), _PANEL_HEIGHT_PX


def _panel(frame: Frame, name: str, size: tuple[int, int]) -> NDArray[np.uint8]:
    picture = frame.upright_bgr()
    shrinks = picture.shape[0] > size[1]
    method = cv2.INTER_AREA if shrinks else cv2.INTER_CUBIC
    panel = cv2.resize(picture, size, interpolation=method)
    # A shadow of the same strokes; thicker ones would be wider and stand beside the letters.
    for colour, at in (((0, 0, 0), (11, 25)), ((255, 255, 255), (10, 24))):
        cv2.putText(panel, name, at, cv2.FONT_HERSHEY_SIMPLEX, 0.6, colour, 1, cv2.LINE_AA)
    return panel  # type: ignore[return-value]
