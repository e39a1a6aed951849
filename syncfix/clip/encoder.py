"""The one encoding that a rewrite makes: which codec, at what quality, with what description."""

from __future__ import annotations

import logging
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
from av.codec.codec import find_best_pix_fmt_of_list
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from syncfix.clip.container import same_family
from syncfix.clip.info import ClipInfo, VideoInfo
from syncfix.clip.pixels import converted

_log = logging.getLogger(__name__)

DEFAULT_CRF = 17
"""Visually lossless for H.264; other codecs use the value that looks the same."""

# The finest quantiser that ffmpeg's own MPEG encoders offer at a constant quality (2 × 118).
_FINEST = {"flags": "+qscale", "global_quality": "236"}


@dataclass(frozen=True)
class Encoding:
    """An encoder's name, its pixel format and its options."""

    codec: str
    pixel_format: str
    options: dict[str, str]


def choose_encoding(video: VideoInfo, muxer: str, crf: int | None = None) -> Encoding:
    """H.264 wherever the container takes it; VP9 in WebM, MPEG-2 in .mpg, MPEG-4 part 2 in AVI.

    HEVC at 8 bits becomes H.264, because libx265 takes 2 to 3 times as long for the same picture;
    at 10 bits it stays HEVC, since few devices play 10-bit H.264.

    No encoder makes B-frames: each frame is stored in the order it is shown, so that timestamps
    need no edit list, which some players ignore (and then sound and picture are apart).
    """
    crf = DEFAULT_CRF if crf is None else crf
    deep = "10" in video.pixel_format or "12" in video.pixel_format
    if muxer == "webm":
        codec = "libvpx-vp9"
        options = {
            "crf": str(crf),
            "deadline": "good",
            "cpu-used": "5",
            "row-mt": "1",
            "lag-in-frames": "0",
            "auto-alt-ref": "0",
        }
    elif muxer == "mpeg":
        codec = "mpeg2video"
        options = _FINEST | {"bf": "0"}
    elif muxer == "avi":
        # AVI has no timestamps, and readers guess H.264's as if it had B-frames: a frame late.
        codec = "mjpeg" if video.codec == "mjpeg" else "mpeg4"
        options = _FINEST | ({} if codec == "mjpeg" else {"bf": "0", "mbd": "rd"})
    elif video.codec == "hevc" and deep and muxer != "flv":
        codec = "libx265"
        options = {"crf": str(crf), "preset": "ultrafast"}
        options["x265-params"] = "bframes=0:log-level=error:open-gop=0"
    else:
        codec = "libx264"
        options = {"crf": str(crf), "preset": "veryfast", "bf": "0"}
    return Encoding(codec, _pixel_format(codec, video), options)


def add_video(output: OutputContainer, info: ClipInfo, muxer: str, crf: int | None) -> VideoStream:
    """Add the video stream that `encode` fills, described as the clip's own."""
    video = info.video
    encoding = choose_encoding(video, muxer, crf)
    rate = _rate(video, muxer)
    stream = cast(
        VideoStream, output.add_stream(encoding.codec, rate=rate, options=encoding.options)
    )
    stream.width, stream.height = video.width, video.height
    stream.pix_fmt = encoding.pixel_format
    context = stream.codec_context
    # AVI counts frames, and so does the MPEG-2 encoder; all others keep the clip's own clock.
    context.time_base = 1 / rate if muxer in ("avi", "mpeg") else video.time_base
    stream.time_base = context.time_base
    if video.sample_aspect_ratio is not None:
        context.sample_aspect_ratio = video.sample_aspect_ratio
    context.color_range = video.colour.range
    context.color_primaries = video.colour.primaries
    context.color_trc = video.colour.transfer
    context.colorspace = video.colour.matrix
    if encoding.codec == "libx265" and same_family(info, "mp4") and muxer in ("mp4", "mov"):
        context.codec_tag = "hvc1"  # QuickTime plays no other
    if video.display_matrix is not None:
        stream.set_display_matrix(video.display_matrix)
    return stream


def encode(
    stream: VideoStream,
    pictures: Iterable[tuple[av.VideoFrame, int]],
    time_base: Fraction,
    last_duration: int,
) -> Iterator[Packet]:
    """Packets of (picture, pts in `time_base`) pairs, each with the time until the next one."""
    held: Packet | None = None
    for packet in _packets(stream, pictures, time_base):
        if held is not None:
            held.duration = (packet.pts or 0) - (held.pts or 0)
            yield held
        held = packet
    if held is not None:
        held.duration = max(1, round(last_duration * time_base / held.time_base))
        yield held


def _packets(
    stream: VideoStream, pictures: Iterable[tuple[av.VideoFrame, int]], time_base: Fraction
) -> Iterator[Packet]:
    counted = stream.codec_context.codec.name == "mpeg2video"
    times: deque[int] = deque()
    last: int | None = None
    for count, (picture, pts) in enumerate(pictures):
        if last is not None and pts <= last:
            raise ValueError(f"timestamps must increase: {pts} after {last}")
        last = pts
        frame = converted(picture, stream.pix_fmt or "yuv420p", stream.width, stream.height)
        frame.pts, frame.time_base = pts, time_base
        # A decoded frame remembers its type, and the encoder would obey: all would be as before.
        frame.pict_type = 0
        if counted:
            frame.pts, frame.time_base = count, stream.codec_context.time_base
            times.append(pts)
        yield from (_at(times, packet, time_base) for packet in stream.encode(frame))
    yield from (_at(times, packet, time_base) for packet in stream.encode(None))


def _at(times: deque[int], packet: Packet, time_base: Fraction) -> Packet:
    """Give a counted packet its true time: without B-frames they come out in order."""
    if times:
        packet.pts = packet.dts = times.popleft()
        packet.time_base = time_base
    return packet


def _pixel_format(codec: str, video: VideoInfo) -> str:
    formats = [f.name for f in av.Codec(codec, "w").video_formats or ()]
    wanted = video.pixel_format
    if codec == "libx264" and wanted.startswith("yuv") and (video.width | video.height) & 1:
        # 4:2:0 H.264 has even sizes only; full chroma keeps an odd one.
        return "yuv444p10le" if "10" in wanted else "yuv444p"
    if wanted in formats:
        return wanted
    if not wanted.startswith(("yuv", "nv", "p0", "gray")) and "yuv420p" in formats:
        wanted = "yuv420p"  # from RGB or a palette: what every player shows
    best, _ = find_best_pix_fmt_of_list(formats, wanted)
    found = best.name if best is not None else "yuv420p"
    _log.warning("%s can't store %s pixels; they become %s", codec, wanted, found)
    return found


def _rate(video: VideoInfo, muxer: str) -> Fraction:
    rate = video.average_fps or Fraction(25)
    if muxer == "mpeg":
        legal = [Fraction(n * 1000, 1001) for n in (24, 30, 60)]
        legal += [Fraction(n) for n in (24, 25, 30, 50, 60)]
        return min(legal, key=lambda r: abs(r - rate))
    return rate.limit_denominator(100_000)
