"""An output container that keeps what the input's container says about itself."""

from __future__ import annotations

import logging
import math
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import av
from av.container import InputContainer, OutputContainer
from av.stream import Stream

from syncfix.clip.info import ClipInfo, VideoInfo

_log = logging.getLogger(__name__)

_FAMILIES = {
    "mp4": "mov",
    "mov": "mov",
    "matroska": "matroska",
    "webm": "matroska",
    "avi": "avi",
    "mpegts": "mpegts",
    "mpeg": "mpeg",
    "flv": "flv",
}
# Muxers write these themselves, or they describe streams that have been replaced.
_STALE_TAGS = {"major_brand", "minor_version", "compatible_brands", "encoder", "duration"}
_STALE_PREFIXES = ("_statistics", "number_of_", "bps")
# What says how the picture lies, and what shape its pixels have. Matroska could say the shape too,
# but the library has no way to tell its muxer; most codecs say it themselves.
_SAY_HOW_IT_LIES = {"mp4", "mov", "matroska", "webm"}
_SAY_PIXEL_SHAPE = {"mp4", "mov"}
_SILENT_ON_PIXEL_SHAPE = {"vp8", "vp9", "av1", "prores", "ffv1"}
_MPEG2_DISPLAY_SHAPES = (4 / 3, 16 / 9, 2.21)
_FINE_TIMESCALE = 90_000
_MAX_TIMESCALE = 10_000_000


def same_family(info: ClipInfo, muxer: str) -> bool:
    """Whether the clip's container and `muxer` keep time and codec tags in the same way."""
    return _FAMILIES[muxer] in info.container.split(",")


def same_kind(info: ClipInfo, source: InputContainer, muxer: str) -> bool:
    """Whether `muxer` writes what the clip's container is, so that it holds what that one held."""
    if not same_family(info, muxer) or muxer == "webm":
        return False
    if _FAMILIES[muxer] != "mov":
        return True
    quicktime = source.metadata.get("major_brand", "qt").strip() == "qt"
    return quicktime == (muxer == "mov")


def rebase_seconds(info: ClipInfo, muxer: str) -> float:
    """What to subtract from all timestamps.

    Nothing, in the same kind of container. MPEG streams begin at any time and other containers at
    nought, where a late start would be shown as black.
    """
    return 0.0 if same_family(info, muxer) else info.start_seconds


@contextmanager
def new_container(
    part: Path, muxer: str, info: ClipInfo, source: InputContainer, new_times: bool = False
) -> Iterator[OutputContainer]:
    """Open `part` for writing with the input's metadata and chapters, and a clock fine enough.

    `new_times`: the pictures' times will not lie on the input's clock.
    """
    options = _options(muxer, info, new_times)
    output = av.open(f"file:{part.absolute()}", "w", format=muxer, container_options=options)
    with output:
        output.metadata.update(kept_tags(source.metadata))
        chapters = source.chapters()
        if chapters:
            output.set_chapters(chapters)
        yield output


def describe_like(target: Stream, source: Stream) -> None:
    """Copy a stream's tags (language, handler) and its disposition (default, forced)."""
    target.metadata.update(kept_tags(source.metadata))
    target.disposition = source.disposition


def warn_of_losses(info: ClipInfo, muxer: str, codec: str) -> None:
    """Say what neither the container nor the codec of the written pictures can say of them."""
    video = info.video
    if video.display_matrix is not None and muxer not in _SAY_HOW_IT_LIES:
        _log.warning(
            "%s: %s can't say that the picture is turned or mirrored (%d degrees); "
            "it will lie as stored; write .mp4, .mov or .mkv to keep it",
            info.path, muxer, video.rotation,
        )  # fmt: skip
    if not _says_pixel_shape(video, muxer, codec):
        _log.warning(
            "%s: %s in %s can't say that a pixel is %s times as wide as high; "
            "the picture will be squeezed; write .mp4 or .mov, or H.264, to keep its shape",
            info.path, codec, muxer, video.sample_aspect_ratio,
        )  # fmt: skip
    if codec == "ffv1" and muxer == "avi" and not _is_as_readers_guess(video):
        _log.warning(
            "%s: ffv1 in avi keeps the pixels, but can't say how they are to be read (range %d, "
            "matrix %d in ITU-T H.273); their colours will look wrong; write .mkv to keep them",
            info.path, video.colour.range, video.colour.matrix,
        )  # fmt: skip


def _is_as_readers_guess(video: VideoInfo) -> bool:
    """Whether who knows nothing of the colours takes them for what they are."""
    limited_bt601 = video.colour.range != 2 and video.colour.matrix in (0, 2, 5, 6)
    return limited_bt601 or not video.pixel_format.startswith("yuv")


def _says_pixel_shape(video: VideoInfo, muxer: str, codec: str) -> bool:
    ratio = video.sample_aspect_ratio
    if ratio in (None, 1) or muxer in _SAY_PIXEL_SHAPE:
        return True
    if codec == "mpeg2video":
        # It tells the shape of the whole picture, and has three of them.
        shape = float(ratio or 1) * video.width / video.height
        return any(abs(shape / known - 1) < 0.01 for known in _MPEG2_DISPLAY_SHAPES)
    return codec not in _SILENT_ON_PIXEL_SHAPE


def kept_tags(tags: dict[str, str]) -> dict[str, str]:
    """The tags that still hold in a file of one's own."""
    return {
        key: value
        for key, value in tags.items()
        if key.lower() not in _STALE_TAGS and not key.lower().startswith(_STALE_PREFIXES)
    }


def _options(muxer: str, info: ClipInfo, new_times: bool) -> dict[str, str]:
    if _FAMILIES[muxer] == "mov":
        options = {"movflags": "+faststart"}
        base = info.video.time_base
        if base.numerator == 1:
            finer = -(-_FINE_TIMESCALE // base.denominator) if new_times else 1
            options["video_track_timescale"] = str(base.denominator * finer)
            # The delay of a late stream is written in this unit; 1 ms, the default, is too coarse.
            fine = math.lcm(base.denominator, *(a.sample_rate_hz for a in info.audio))
            if fine <= _MAX_TIMESCALE:
                options["movie_timescale"] = str(fine)
        return options
    if muxer == "avi":
        # Priming samples lie before nought. AVI has no place there, and pictures must not move.
        return {"avoid_negative_ts": "disabled"}
    if muxer == "mpegts":
        return {"mpegts_copyts": "1"}
    return {}
