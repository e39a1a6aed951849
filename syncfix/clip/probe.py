"""Read what is in a clip: its streams, their clocks, and how the picture is to be shown."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import av.error
from av.container import InputContainer
from av.stream import Disposition, Stream
from av.video.stream import VideoStream

from syncfix.clip.display import unpack_matrix
from syncfix.clip.info import AudioInfo, ClipInfo, Colour, SoundInfo, VideoInfo
from syncfix.clip.limits import MAX_PIXELS, check_pixels, check_seconds
from syncfix.clip.opening import open_media
from syncfix.errors import InputError

_Head = av.VideoFrame | av.AudioFrame
_log = logging.getLogger(__name__)


def probe(path: Path | str) -> ClipInfo:
    """Read a clip's headers and decode the first frame of each stream.

    The first frames are decoded because only they say for certain where a stream starts (edit
    lists, priming samples), how it lies (display matrix) and what its pixels are.

    Raises:
        InputError: no such file, a folder, empty, not a media file, no video, cover art only.
    """
    path = Path(path)
    with open_media(path) as container:
        stream = _video_stream(path, container)
        heads = _first_frames(container, [stream, *container.streams.audio])
        audio = _audio_infos(container, heads)
        video = _video_info(path, container, stream, heads.get(stream.index))
        check_pixels(path, video.width, video.height)
        check_seconds(path, video.duration_seconds)
        start, duration = _span(container, [video, *audio])
        return ClipInfo(path, container.format.name, start, duration, video, audio)


def probe_sound(path: Path | str) -> SoundInfo:
    """As `probe`, for a file of which only the sound is wanted.

    Raises:
        InputError: as `probe`, and when there is no audio stream.
    """
    path = Path(path)
    with open_media(path) as container:
        streams = container.streams.audio
        if not streams:
            raise InputError(f"{path}: there is no sound in this file; give one that has speech")
        pictures = [s for s in container.streams.video if not _is_cover(s)][:1]
        heads = _first_frames(container, [*pictures, *streams])
        audio = _audio_infos(container, heads)
        starts = [info.start_seconds for info in audio]
        starts += [_start(s, heads.get(s.index)) for s in pictures]
        return SoundInfo(path, min(starts), audio)


def _is_cover(stream: Stream) -> bool:
    return bool(stream.disposition & (Disposition.attached_pic | Disposition.timed_thumbnails))


def _video_stream(path: Path, container: InputContainer) -> VideoStream:
    streams = container.streams.video
    if not streams:
        raise InputError(f"{path}: there is no video in this file; give a clip with a face")
    moving = [s for s in streams if not _is_cover(s)]
    if not moving:
        raise InputError(f"{path}: its only picture is cover art; give a clip with video")
    stream = max(moving, key=lambda s: bool(s.disposition & Disposition.default))
    context = stream.codec_context
    if context is None:
        raise InputError(f"{path}: its video codec is unknown; convert it to H.264 first")
    if not context.width or not context.height:
        # Some decoders (MJPEG, FFV1) refuse too large a picture before they tell its size.
        raise InputError(
            f"{path}: its video has no picture size, or one of more than {MAX_PIXELS} pixels; "
            "the file is damaged or cut short, or has to be scaled down"
        )
    check_pixels(path, context.width, context.height)
    return stream


def _first_frames(container: InputContainer, streams: Iterable[Stream]) -> dict[int, _Head]:
    """The first decodable frame of each stream, by stream index; one that has none is left out."""
    wanted = {stream.index: stream for stream in streams if stream.codec_context is not None}
    heads: dict[int, _Head] = {}
    if not wanted:
        return heads
    try:
        for packet in container.demux(list(wanted.values())):
            if packet.stream_index in heads:
                continue
            try:
                frames = packet.decode()
            except (av.error.FFmpegError, ValueError):
                continue
            if frames and isinstance(frames[0], (av.VideoFrame, av.AudioFrame)):
                heads[packet.stream_index] = frames[0]
                if len(heads) == len(wanted):
                    break
    except av.error.FFmpegError as error:
        _log.debug("reading stopped early: %s", error)
    return heads


def _start(stream: Stream, head: _Head | None) -> float:
    if head is not None and head.pts is not None and head.time_base is not None:
        return float(head.pts * head.time_base)
    if stream.start_time is not None and stream.time_base is not None:
        return float(stream.start_time * stream.time_base)
    return 0.0


def _duration(container: InputContainer, stream: Stream) -> float:
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    return container.duration / av.time_base if container.duration else 0.0


def _video_info(
    path: Path, container: InputContainer, stream: VideoStream, head: _Head | None
) -> VideoInfo:
    if not isinstance(head, av.VideoFrame):
        raise InputError(
            f"{path}: not one picture of its video ({stream.codec_context.name}) can be decoded; "
            "the file is damaged or cut short"
        )
    return VideoInfo(
        index=stream.index,
        codec=stream.codec_context.codec.canonical_name,
        width=head.width,
        height=head.height,
        pixel_format=head.format.name,
        time_base=stream.time_base or Fraction(1, 90000),
        average_fps=stream.average_rate or stream.guessed_rate or None,
        start_seconds=_start(stream, head),
        duration_seconds=_duration(container, stream),
        display_matrix=_display_matrix(head),
        colour=Colour(
            int(head.color_range),
            int(head.color_primaries),
            int(head.color_trc),
            int(head.colorspace),
        ),
        sample_aspect_ratio=stream.sample_aspect_ratio or None,
        bit_rate=stream.bit_rate,
    )


def _display_matrix(head: Any) -> tuple[int, ...] | None:
    for position in range(len(head.side_data)):
        data = head.side_data[position]
        if data.type.name == "DISPLAYMATRIX":
            return unpack_matrix(bytes(data))
    return None


def _audio_infos(container: InputContainer, heads: dict[int, _Head]) -> tuple[AudioInfo, ...]:
    return tuple(
        AudioInfo(
            index=stream.index,
            codec=stream.codec_context.codec.canonical_name,
            sample_rate_hz=stream.codec_context.sample_rate,
            channels=stream.codec_context.channels,
            start_seconds=_start(stream, heads.get(stream.index)),
            duration_seconds=_duration(container, stream),
        )
        for stream in container.streams.audio
        if stream.codec_context is not None
    )


def _span(
    container: InputContainer, streams: Iterable[VideoInfo | AudioInfo]
) -> tuple[float, float]:
    """Start and length of the whole clip, in seconds."""
    streams = list(streams)
    start = min(s.start_seconds for s in streams)
    end = max(s.start_seconds + s.duration_seconds for s in streams)
    if container.duration and not end > start:
        end = start + container.duration / av.time_base
    return start, max(0.0, end - start)
