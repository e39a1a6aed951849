"""The one encoding that a rewrite makes: which codec, at what quality, with what description."""

from __future__ import annotations

import logging
import os
from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fractions import Fraction
from typing import cast

import av
from av.container import OutputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from syncfix.clip.container import same_family, warn_of_losses
from syncfix.clip.info import ClipInfo, Colour, VideoInfo
from syncfix.clip.matrix import MatrixChange
from syncfix.clip.pixels import converted
from syncfix.clip.quality import CODECS, DEFAULT_CRF, WITHOUT_CRF, Quality
from syncfix.clip.stored import (
    depth_bits,
    has_420_chroma,
    keeps_pixels,
    stored_colour,
    stored_format,
)
from syncfix.errors import InputError

_log = logging.getLogger(__name__)


DEFAULT_QUALITY = Quality()
_ENCODERS = {
    "h264": "libx264",
    "hevc": "libx265",
    "vp9": "libvpx-vp9",
    "av1": "libsvtav1",
    "prores": "prores_ks",
    "mjpeg": "mjpeg",
    "mpeg4": "mpeg4",
    "mpeg2": "mpeg2video",
    "ffv1": "ffv1",
}


@dataclass(frozen=True)
class Encoding:
    """An encoder's name, how it stores the pixels, and its options."""

    codec: str
    pixel_format: str
    colour: Colour
    options: dict[str, str]


def choose_encoding(video: VideoInfo, muxer: str, quality: Quality = DEFAULT_QUALITY) -> Encoding:
    """The codec that was asked for, or the one that suits clip and container.

    H.264 wherever the container takes it; VP9 in WebM, MPEG-2 in .mpg, MPEG-4 part 2 in AVI.
    HEVC at 8 bits becomes H.264, because libx265 takes 2 to 3 times as long for the same picture;
    at 10 bits it stays HEVC, since few devices play 10-bit H.264. ProRes stays what editors want.

    No encoder makes B-frames: each frame is stored in the order it is shown, so that timestamps
    need no edit list, which some players ignore (and then sound and picture are apart).
    """
    codec = quality.codec or _suitable(video, muxer, quality.lossless)
    if quality.crf is not None and codec in WITHOUT_CRF:
        # The clip's own codec, when the clip is known; one that was asked for has been refused.
        _log.warning(
            "--crf %d does not count: %s, as in the clip, has one quality only; "
            "--codec h264 or hevc takes it", quality.crf, codec,
        )  # fmt: skip
    name = _ENCODERS[codec]
    pixel_format = stored_format(name, video)
    if quality.lossless and not keeps_pixels(video.pixel_format, pixel_format):
        raise InputError(
            f"--lossless: {codec} in {muxer} can't store {video.width}x{video.height} "
            f"{video.pixel_format} pixels as they are; write .mkv with --codec ffv1"
        )
    colour = stored_colour(name, pixel_format, video)
    return Encoding(name, pixel_format, colour, _options(codec, quality, pixel_format))


def _suitable(video: VideoInfo, muxer: str, lossless: bool) -> str:
    deep = depth_bits(video.pixel_format) > 8
    halved = has_420_chroma(video.pixel_format)
    if muxer == "webm":
        # PyAV's libvpx has 8 bits only.
        return "av1" if deep and not lossless else "vp9"
    if muxer == "mpeg":
        return "mpeg2"
    if muxer == "avi":
        # AVI has no timestamps, and readers guess H.264's as if it had B-frames: a frame late.
        if lossless:
            return "ffv1"
        return "mjpeg" if video.codec == "mjpeg" else "mpeg4"
    if video.codec == "prores" and muxer == "mov" and not lossless:
        return "prores"
    if lossless and muxer == "matroska" and not _plain(video):
        return "ffv1"
    if deep and video.codec == "hevc" and muxer in CODECS["hevc"]:
        return "hevc"
    if deep and video.codec in ("vp9", "av1") and halved and not lossless:
        return "av1" if muxer in CODECS["av1"] else "hevc"
    odd = (video.width | video.height) & 1
    if odd and halved and not deep and muxer in CODECS["vp9"]:
        # 4:2:0 H.264 has even sizes only, and hardly a player shows it at 4:4:4.
        return "vp9"
    return "h264"


def _plain(video: VideoInfo) -> bool:
    """Whether H.264 stores the clip's own pixels."""
    formats = [f.name for f in av.Codec("libx264", "w").video_formats or ()]
    odd = (video.width | video.height) & 1
    return video.pixel_format in formats and not (odd and "444" not in video.pixel_format)


def _options(codec: str, quality: Quality, pixel_format: str) -> dict[str, str]:
    crf = str(DEFAULT_CRF if quality.crf is None else quality.crf)
    if codec == "h264":
        # Not crf 0, which above 8 bits is not lossless.
        rate = {"qp": "0"} if quality.lossless else {"crf": crf}
        # Less of veryfast's search: a quarter less time for 0.1 dB, at the same size.
        search = {"motion-est": "dia", "partitions": "i4x4,i8x8"}
        return {**rate, "preset": "veryfast", "bf": "0", **search}
    if codec == "hevc":
        told = "bframes=0:log-level=error:open-gop=0" + ":lossless=1" * quality.lossless
        rate = {} if quality.lossless else {"crf": crf}
        return {**rate, "preset": "ultrafast", "x265-params": told}
    if codec == "vp9":
        rate = {"lossless": "1"} if quality.lossless else {"crf": crf}
        speed = {"deadline": "good", "cpu-used": "5", "row-mt": "1"}
        return {**rate, **speed, "lag-in-frames": "0", "auto-alt-ref": "0"}
    if codec == "av1":
        os.environ.setdefault("SVT_LOG", "1")  # errors alone; it writes to stderr by itself
        # Low delay: every frame is shown in the order it is stored.
        return {"crf": crf, "preset": "9", "svtav1-params": "pred-struct=1:lookahead=0"}
    if codec == "prores":
        return {"profile": "4444" if "444" in pixel_format else "hq", "vendor": "apl0"}
    if codec == "ffv1":
        return {"level": "3", "slicecrc": "1"}
    # A quantiser doubles with six steps of crf, as H.264's does; ffmpeg counts in 118ths.
    steps = min(31.0, max(2.0, 2.0 * 2.0 ** ((int(crf) - DEFAULT_CRF) / 6)))
    finest = {"flags": "+qscale", "global_quality": str(round(118 * steps))}
    return finest | {"mjpeg": {}, "mpeg4": {"bf": "0", "mbd": "rd"}, "mpeg2": {"bf": "0"}}[codec]


def add_video(output: OutputContainer, info: ClipInfo, muxer: str, quality: Quality) -> VideoStream:
    """Add the video stream that `encode` fills, described as the clip's own where it can be."""
    video = info.video
    encoding = choose_encoding(video, muxer, quality)
    warn_of_losses(info, muxer, av.Codec(encoding.codec, "w").canonical_name)
    rate = _rate(video, encoding.codec)
    stream = cast(
        VideoStream, output.add_stream(encoding.codec, rate=rate, options=encoding.options)
    )
    stream.width, stream.height = video.width, video.height
    stream.pix_fmt = encoding.pixel_format
    context = stream.codec_context
    # AVI counts frames, and so do the MPEG encoders; all others keep the clip's own clock.
    counted = muxer in ("avi", "mpeg")
    stream.time_base = 1 / rate if counted else video.time_base
    context.time_base = 1 / rate if counted or _counts(encoding.codec, muxer) else video.time_base
    if video.sample_aspect_ratio is not None:
        context.sample_aspect_ratio = video.sample_aspect_ratio
    colour = encoding.colour
    context.color_range, context.colorspace = colour.range, colour.matrix
    context.color_primaries, context.color_trc = colour.primaries, colour.transfer
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
    context = stream.codec_context
    counted = _counts(context.codec.name, stream.container.format.name)
    shape = stream.pix_fmt or "yuv420p", stream.width, stream.height
    colour = int(context.color_range), int(context.colorspace)  # before the encoder looks at them
    change = MatrixChange(matrix=colour[1], colour_range=colour[0])
    times: deque[int] = deque()
    last: int | None = None
    for count, (picture, pts) in enumerate(pictures):
        if last is not None and pts <= last:
            raise ValueError(f"timestamps must increase: {pts} after {last}")
        last = pts
        if change.suits(picture, shape[0]):
            picture = change.apply(converted(picture, *shape))
        frame = converted(picture, *shape, *colour)
        frame.pts, frame.time_base = pts, time_base
        # A decoded frame remembers its type, and the encoder would obey: all would be as before.
        frame.pict_type = 0
        if counted:
            frame.pts, frame.time_base = count, context.time_base
            times.append(pts)
        yield from (_at(times, packet, time_base) for packet in stream.encode(frame))
    yield from (_at(times, packet, time_base) for packet in stream.encode(None))


def _at(times: deque[int], packet: Packet, time_base: Fraction) -> Packet:
    """Give a counted packet its true time: without B-frames they come out in order."""
    if times:
        packet.pts = packet.dts = times.popleft()
        packet.time_base = time_base
    return packet


def _counts(encoder: str, muxer: str) -> bool:
    """Whether the encoder is given numbers of frames, not times, and packets get theirs after."""
    return encoder == "mpeg2video" or (encoder == "mpeg4" and muxer != "avi")


def _rate(video: VideoInfo, encoder: str) -> Fraction:
    rate = video.average_fps or Fraction(25)
    if encoder == "mpeg2video":
        legal = [Fraction(n * 1000, 1001) for n in (24, 30, 60)]
        legal += [Fraction(n) for n in (24, 25, 30, 50, 60)]
        return min(legal, key=lambda r: abs(r - rate))
    return rate.limit_denominator(100_000)
