"""Write a clip again: with new pictures, or with one stream delayed, or as it is."""

from __future__ import annotations

import logging
import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from pathlib import Path
from typing import cast

import av
import av.error
from av.codec.context import CodecContext
from av.container import OutputContainer
from av.stream import Stream
from av.video.stream import VideoStream

from syncfix.clip.container import (
    describe_like,
    new_container,
    rebase_seconds,
    warn_of_losses,
)
from syncfix.clip.encoder import DEFAULT_QUALITY, add_video, encode
from syncfix.clip.frames import Frame
from syncfix.clip.info import ClipInfo
from syncfix.clip.opening import open_media
from syncfix.clip.output import copy_bytes, muxer_of, published
from syncfix.clip.quality import Quality
from syncfix.clip.sound import EncodedSound
from syncfix.clip.streams import copied_stream, is_wanted, other_sound, own_sound
from syncfix.clip.tracks import CopiedTracks
from syncfix.errors import InputError

_log = logging.getLogger(__name__)

Picture = Frame | av.VideoFrame | tuple[av.VideoFrame, int]
"""What to show: a frame at its own time, or any frame at a given pts of the clip's time base."""


def rewrite(
    info: ClipInfo,
    output: Path | str,
    frames: Iterable[Picture],
    *,
    audio: Path | str | None = None,
    track: int = 0,
    overwrite: bool = False,
    quality: Quality = DEFAULT_QUALITY,
    examine: Callable[[Path], None] | None = None,
) -> Path:
    """Encode the video once, from `frames`, and copy everything else.

    Kept exactly: each timestamp that the frames bring and the last frame's duration; audio and
    subtitles packet by packet at their own times. Kept where container and codec have a word for
    it: rotation and mirror (.mp4, .mov, .mkv, .webm), pixel shape (.mp4, .mov, and most codecs in
    others), both with a warning where not; the colour description, or pixels converted so that
    they look the same; chapters; tags, of which .mp4 and .mov take those that they know, and no
    tracks' titles. With `audio`, that file's track takes the place of the clip's sound
    and begins where the clip begins to be shown; nothing of it is cut.

    Args:
        frames: in the order they are shown, with strictly increasing times.
        quality: of the encoding; by default visually lossless.
        examine: called with the complete file before it is moved into place; if it raises, there
            is no output.

    Raises:
        InputError: as `check_output`; the audio file can't be used; the disk is full.
    """
    output = Path(output)
    quality.check(muxer_of(output))
    with published(info.path, output, overwrite, audio) as part:
        _write(info, part, muxer_of(output), audio, track, frames=frames, quality=quality)
        if examine is not None:
            examine(part)
    return output


def shift(
    info: ClipInfo,
    output: Path | str,
    offset_ms: float,
    *,
    stretch: float = 1.0,
    audio: Path | str | None = None,
    track: int = 0,
    overwrite: bool = False,
    examine: Callable[[Path], None] | None = None,
) -> Path:
    """Mend a constant offset or a drift without encoding, by timestamps alone.

    Args:
        offset_ms: positive when the audio leads the video (the sound is delayed), negative when
            the video leads (the pictures are delayed). Packets stay as they are; none is cut.
        stretch: how many times as long the pictures last: 29.97 / 25 for a video of 25 frames a
            second that was written as one of 29.97.
        examine: as for `rewrite`.

    Raises:
        InputError: as `rewrite`; also for AVI and MPEG program streams, which can't say that a
            stream begins late.
    """
    output = Path(output)
    if not can_shift(output):
        raise InputError(f"{output}: this container can't delay a stream; write .mp4 or .mkv")
    delays = {kind: max(0.0, offset_ms) / 1000 for kind in ("audio", "subtitle")}
    delays["video"] = max(0.0, -offset_ms) / 1000
    with published(info.path, output, overwrite, audio) as part:
        _write(info, part, muxer_of(output), audio, track, delays=delays, stretch=stretch)
        if examine is not None:
            examine(part)
    return output


def can_shift(output: Path | str) -> bool:
    """Whether the container that an output path stands for can say that a stream begins late."""
    return muxer_of(Path(output)) not in ("avi", "mpeg", "flv")


def copy_through(
    info: ClipInfo,
    output: Path | str,
    *,
    audio: Path | str | None = None,
    track: int = 0,
    overwrite: bool = False,
) -> Path:
    """The clip unchanged: the same bytes, or the same packets where container or sound differ."""
    output = Path(output)
    if audio is None and output.suffix.lower() == info.path.suffix.lower():
        copy_bytes(info.path, output, overwrite)
        return output
    with published(info.path, output, overwrite, audio) as part:
        _write(info, part, muxer_of(output), audio, track)
    return output


def _write(
    info: ClipInfo,
    part: Path,
    muxer: str,
    audio: Path | str | None,
    track: int,
    *,
    frames: Iterable[Picture] | None = None,
    quality: Quality = DEFAULT_QUALITY,
    delays: Mapping[str, float] | None = None,
    stretch: float = 1.0,
) -> None:
    """Write the clip to `part`: its video copied, or encoded from `frames` if given.

    `delays` are seconds by kind of stream ("video", "audio", "subtitle"); `stretch` is what the
    times of copied pictures are multiplied by.
    """
    delays = delays or {}
    base = rebase_seconds(info, muxer)
    with ExitStack() as stack:
        source = stack.enter_context(open_media(info.path))
        target = stack.enter_context(new_container(part, muxer, info, source, stretch != 1.0))
        video: VideoStream | None = None
        copies: dict[Stream, Stream] = {}
        foreign: list[Stream] = []
        for stream in source.streams:
            if stream.index == info.video.index and frames is not None:
                video = _encoded_video(target, info, muxer, quality, stream)
            elif is_wanted(stream, info, muxer, replace_audio=audio is not None):
                copy = copied_stream(target, info, muxer, source, stream)
                if copy is not None:
                    copies[stream] = copy
                    if stream.index == info.video.index:
                        _describe_copy(copy, info, muxer)
                elif stream.type == "audio":
                    foreign.append(stream)
                elif stream.index == info.video.index:
                    raise InputError(
                        f"{info.path}: {muxer} can't hold its {stream.type} "
                        f"({stream.codec_context.name}); write .mkv"
                    )
        shifts = {s.index: delays.get(s.type, 0.0) - base for s in copies}
        stretches = {info.video.index: (stretch, info.start_seconds)} if stretch != 1.0 else {}
        copied = CopiedTracks(source, target, copies, shifts, stretches)
        tracks: list[CopiedTracks | EncodedSound] = [copied]
        for stream in foreign:
            codec: CodecContext | None = stream.codec_context
            if codec is None:
                _log.warning(
                    "%s: its sound in stream %d is of an unknown kind and is left out",
                    info.path, stream.index,
                )  # fmt: skip
                continue
            tracks.append(own_sound(stack, target, muxer, info, stream, delays, base))
        if audio is not None:
            late = info.start_seconds - base + delays.get("audio", 0.0)
            tracks.append(other_sound(stack, target, muxer, Path(audio), track, late))
        target.start_encoding()
        if frames is not None and video is not None:
            last = _last_duration(info)
            shown = _pictures(frames, round(base / info.video.time_base))
            for count, packet in enumerate(encode(video, shown, info.video.time_base, last)):
                if muxer == "avi" and count == 0:
                    _begin_late(target, video, packet)
                for each in tracks:
                    each.write_until(float((packet.pts or 0) * packet.time_base))
                target.mux_one(packet)
        for each in tracks:
            each.write_until(math.inf)


def _begin_late(target: OutputContainer, video: VideoStream, first: av.Packet) -> None:
    """AVI counts frames: one that is dropped at the start lets the first one come later."""
    if (
        first.pts is not None
        and float(first.pts * first.time_base * (video.average_rate or 25)) >= 1
    ):
        dropped = av.Packet(0)
        dropped.stream, dropped.pts, dropped.dts = video, 0, 0
        dropped.time_base = first.time_base
        target.mux_one(dropped)


def _describe_copy(copy: Stream, info: ClipInfo, muxer: str) -> None:
    warn_of_losses(info, muxer, info.video.codec)
    if info.video.sample_aspect_ratio not in (None, 1):
        # Known to the container alone, with VP9 and others; a copy takes over what the codec says.
        cast(VideoStream, copy).codec_context.sample_aspect_ratio = info.video.sample_aspect_ratio


def _encoded_video(
    target: OutputContainer, info: ClipInfo, muxer: str, quality: Quality, source: Stream
) -> VideoStream:
    asked = f" as {quality.codec}" if quality.codec else ""
    advice = "leave out --codec" if quality.codec else "write .mkv with --codec ffv1"
    try:
        video = add_video(target, info, muxer, quality)
        describe_like(video, source)
        video.codec_context.open()
    except (av.error.FFmpegError, ValueError) as error:
        raise InputError(
            f"{info.path}: its video of {info.video.width}x{info.video.height} "
            f"{info.video.pixel_format} can't be encoded{asked} for {muxer}; {advice}"
        ) from error
    return video


def _pictures(frames: Iterable[Picture], base_pts: int) -> Iterator[tuple[av.VideoFrame, int]]:
    count = 0
    for count, picture in enumerate(frames, 1):
        if isinstance(picture, Frame):
            yield picture.native, picture.pts - base_pts
        elif isinstance(picture, tuple):
            yield picture[0], picture[1] - base_pts
        elif picture.pts is None:
            raise ValueError(f"frame {count - 1} has no pts")
        else:
            yield picture, picture.pts - base_pts
    if count == 0:
        raise ValueError("there are no frames to write")


def _last_duration(info: ClipInfo) -> int:
    """How long the clip's last frame is shown, in its time base (packets only; nothing decoded)."""
    times: list[int] = []
    last, duration = -math.inf, 0
    with open_media(info.path) as container:
        try:
            for packet in container.demux(container.streams[info.video.index]):
                if packet.pts is None or packet.is_discard:
                    continue
                times.append(packet.pts)
                if packet.pts > last:
                    last, duration = packet.pts, packet.duration or 0
        except av.error.FFmpegError:
            pass  # cut short: what could be read decides
    if duration:
        return duration
    steps = sorted(b - a for a, b in zip(sorted(times), sorted(times)[1:], strict=False) if b > a)
    rate = float(info.video.average_fps or 25)
    return steps[len(steps) // 2] if steps else max(1, round(1 / rate / info.video.time_base))
