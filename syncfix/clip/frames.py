"""Frames of a clip, one after another in the order they are shown, with their timestamps."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import cast

import av
import av.error
import numpy as np
from av.video.stream import VideoStream

from syncfix.clip.info import VideoInfo
from syncfix.clip.limits import check_seconds
from syncfix.clip.opening import open_media
from syncfix.clip.pixels import bgr_of, converted, frame_like
from syncfix.clip.probe import probe
from syncfix.clip.told import warn_once
from syncfix.errors import InputError

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Frame:
    """One shown frame. `pts` and `duration` count in the stream's time base; duration may be 0."""

    index: int
    pts: int
    pts_seconds: float
    duration: int
    native: av.VideoFrame
    video: VideoInfo

    def upright_bgr(self, exact: bool = True) -> np.ndarray:
        """The picture as a viewer sees it, uint8 [h, w, 3] in BGR, contiguous.

        `exact`: to the level; a picture that is only looked at is about a level darker.
        """
        return to_upright(bgr_of(self.native, exact), self.video)

    def with_picture(self, upright_bgr: np.ndarray) -> av.VideoFrame:
        """This frame with another picture (uint8 [h, w, 3], upright), in its own format."""
        return frame_like(from_upright(upright_bgr, self.video), self.native)


@dataclass(frozen=True)
class Timeline:
    """When each frame is shown: `pts` int64 [n] and `end_pts` count in `time_base` seconds."""

    pts: np.ndarray
    end_pts: int
    time_base: Fraction

    @property
    def pts_seconds(self) -> np.ndarray:
        """float64 [n], strictly increasing."""
        return self.pts * self.time_base.numerator / self.time_base.denominator

    @property
    def end_seconds(self) -> float:
        """When the last frame leaves the screen."""
        return float(self.end_pts * self.time_base)


def to_upright(bgr: np.ndarray, video: VideoInfo) -> np.ndarray:
    """Turn and mirror a stored picture [h, w, ...] as the viewer sees it."""
    return video.orientation.apply(bgr)


def from_upright(bgr: np.ndarray, video: VideoInfo) -> np.ndarray:
    """The inverse of `to_upright`."""
    return video.orientation.undo(bgr)


def read_frames(path: Path | str) -> Iterator[Frame]:
    """Decode the clip's video, frame by frame; memory does not grow with its length.

    The file is probed when this is called; frames are decoded as they are taken.

    Frames that an edit list hides are left out, as a player does. A broken frame is skipped with
    a warning. Timestamps increase strictly: one that does not is moved one unit after the last.

    Raises:
        InputError: the file can't be read, or not one frame can be decoded.
    """
    info = probe(path)
    return _decode(info.path, info.video)


def read_timeline(path: Path | str) -> Timeline:
    """The timestamps of exactly the frames that `read_frames` yields (a decoding pass).

    Raises:
        InputError: as `read_frames`; also if the clip is too long, its last frame included.
    """
    info = probe(path)
    pts: list[int] = []
    last_duration = 0
    for frame in _decode(info.path, info.video, timestamps_only=True):
        pts.append(frame.pts)
        check_seconds(info.path, float((frame.pts - pts[0]) * info.video.time_base))
        last_duration = frame.duration
    end_pts = pts[-1] + (last_duration or _usual_step(pts, info.video))
    # The last frame may claim to be shown for years.
    check_seconds(info.path, float((end_pts - pts[0]) * info.video.time_base))
    return Timeline(np.array(pts, dtype=np.int64), end_pts, info.video.time_base)


def read_timestamps(path: Path | str) -> np.ndarray:
    """Presentation times in seconds of the frames that `read_frames` yields, float64 [n]."""
    return read_timeline(path).pts_seconds


def _usual_step(pts: list[int], video: VideoInfo) -> int:
    """How long a frame is shown, in time base units, where the file does not say."""
    if len(pts) > 1:
        return max(1, int(np.median(np.diff(pts))))
    return max(1, round(1 / (float(video.average_fps or 25) * float(video.time_base))))


def _decode(path: Path, video: VideoInfo, timestamps_only: bool = False) -> Iterator[Frame]:
    index, moved = 0, 0
    last: int | None = None
    for native in _native_frames(path, video.index, timestamps_only):
        pts = native.pts if native.pts is not None else native.dts
        if pts is None:
            pts = 0 if last is None else last + max(1, native.duration or 0)
        if last is not None and pts <= last:
            pts, moved = last + 1, moved + 1
        # If the size changes in the middle, the first frame's holds for the whole clip.
        native = converted(native, native.format.name, video.width, video.height)
        yield Frame(index, pts, float(pts * video.time_base), native.duration or 0, native, video)
        index, last = index + 1, pts
    if moved:
        warn_once(_log, path, f"{moved} frame(s) whose time stood still or ran backwards")
    if index == 0:
        raise InputError(f"{path}: not one picture can be decoded; the file is damaged")


def _native_frames(path: Path, stream_index: int, timestamps_only: bool) -> Iterator[av.VideoFrame]:
    with open_media(path) as container:
        stream = cast(VideoStream, container.streams[stream_index])
        stream.thread_type = "AUTO"
        if timestamps_only:
            # A fifth of the work of H.264 and HEVC, which changes no timestamp.
            stream.codec_context.options |= {"skip_loop_filter": "all"}
        packets = container.demux(stream)
        broken = 0
        while True:
            try:
                packet = next(packets, None)
            except av.error.FFmpegError as error:
                warn_once(_log, path, f"the file breaks off ({error.strerror}); read up to there")
                packet = None
            if packet is None:
                break
            try:
                yield from packet.decode()
            except av.error.FFmpegError as error:
                broken += 1
                _log.info("%s: a broken frame is skipped (%s)", path, error)
        with suppress(av.error.FFmpegError, EOFError):
            yield from stream.decode(None)  # where the file broke off before the last, empty packet
        if broken:
            warn_once(_log, path, f"{broken} broken frame(s) are skipped")
