"""How an encoder stores a clip's pixels: in which format, with which range and matrix."""

from __future__ import annotations

import logging
from dataclasses import replace

import av
from av.codec.codec import find_best_pix_fmt_of_list

from syncfix.clip.info import Colour, VideoInfo

_log = logging.getLogger(__name__)

# ITU-T H.273, as ffmpeg counts.
LIMITED_RANGE, FULL_RANGE = 1, 2
_RGB, _BT709, _UNSPECIFIED, _BT470BG, _SMPTE170M = 0, 1, 2, 5, 6
_BT601 = (_BT470BG, _SMPTE170M)  # two names of one matrix

_WITHOUT_RANGE = ("mpeg4", "mpeg2video", "prores_ks")
"""Encoders whose streams can't say that they have full range: readers take all as limited."""

_SAME_BITS = {"gbrp", "rgb24", "bgr24", "bgr0", "rgb0", "0rgb", "0bgr"}


def depth_bits(pixel_format: str) -> int:
    """Of the deepest component: 8, 10, 12 ..."""
    return max(component.bits for component in av.VideoFormat(pixel_format).components)


def has_420_chroma(pixel_format: str) -> bool:
    """Whether chroma has half the width and half the height: yuv420p, nv12, p010le ..."""
    chosen = av.VideoFormat(pixel_format)
    return (chosen.chroma_width(4), chosen.chroma_height(4)) == (2, 2)


def keeps_pixels(one: str, other: str) -> bool:
    """Whether pixels go from a format to another and back unchanged."""
    same = one.replace("yuvj", "yuv") == other.replace("yuvj", "yuv")
    return same or {one, other} <= _SAME_BITS


def stored_format(encoder: str, video: VideoInfo) -> str:
    """The encoder's pixel format that comes next to the clip's own; a loss is warned of."""
    wanted = video.pixel_format
    formats = [f.name for f in av.Codec(encoder, "w").video_formats or ()]
    # What they list and can't open: a usual build of libx265 has no alpha at all.
    listed_only = {"libx265": formats, "libvpx-vp9": ["gbrap"]}.get(encoder, [])
    formats = [name for name in formats if not (name in listed_only and _has_alpha(name))]
    odd = encoder in ("libx264", "libx265") and bool((video.width | video.height) & 1)
    if odd:
        # 4:2:0 has even sizes only here; full chroma keeps an odd one.
        formats = [name for name in formats if _has_full_chroma(name)]
    if encoder == "mjpeg":
        # Its pixels have full range by definition.
        formats = [name for name in formats if name.startswith("yuvj")]
    if wanted in formats:
        return wanted
    if _is_rgb(wanted) and encoder == "ffv1":
        return "bgra" if "a" in wanted else "bgr0"
    # RGB and grey become what every player shows.
    plain = "yuv420p" in formats and (_is_rgb(wanted) or _is_grey(wanted))
    best, _ = find_best_pix_fmt_of_list(formats, "yuv420p" if plain else wanted)
    found = best.name if best is not None else "yuv420p"
    if not keeps_pixels(wanted, found):
        size = " of odd size" if odd else ""
        _log.warning("%s can't store %s pixels%s; they become %s", encoder, wanted, size, found)
    return found


def stored_colour(encoder: str, pixel_format: str, video: VideoInfo) -> Colour:
    """How the stored pixels are to be read; where it differs from the clip's, they are converted.

    The picture looks as before. Only what the stream can't say of itself, so that a reader would
    show other colours, changes: the range of MPEG-2, MPEG-4 part 2 and ProRes, the matrix of
    MPEG-4 part 2 and of motion JPEG, and that of RGB which becomes YUV.
    """
    colour = video.colour
    if _is_rgb(pixel_format):
        return colour
    if _is_rgb(video.pixel_format):
        colour = replace(colour, range=LIMITED_RANGE, matrix=_BT709)
    else:
        if _is_full(video):
            colour = replace(colour, range=FULL_RANGE)
        if colour.matrix == _RGB:
            # A mistake of who wrote the clip, which readers overlook and encoders do not.
            colour = replace(colour, matrix=_UNSPECIFIED)
    if encoder == "mjpeg":
        return replace(colour, range=FULL_RANGE, matrix=_BT470BG)
    if pixel_format.startswith("yuvj"):
        return replace(colour, range=FULL_RANGE)
    if encoder in _WITHOUT_RANGE and colour.range == FULL_RANGE:
        colour = replace(colour, range=LIMITED_RANGE)
    if encoder == "mpeg4" and colour.matrix not in (_UNSPECIFIED, *_BT601):
        colour = replace(colour, matrix=_SMPTE170M)
    return colour


def _is_full(video: VideoInfo) -> bool:
    if video.pixel_format.startswith("yuvj") or video.colour.range == FULL_RANGE:
        return True
    return _is_grey(video.pixel_format) and video.colour.range != LIMITED_RANGE


def _is_rgb(pixel_format: str) -> bool:
    """Also of a palette, which has RGB colours, and of black and white."""
    chosen = av.VideoFormat(pixel_format)
    return chosen.is_rgb or chosen.has_palette or pixel_format.startswith("mono")


def _is_grey(pixel_format: str) -> bool:
    return pixel_format.startswith(("gray", "ya"))


def _has_alpha(pixel_format: str) -> bool:
    return any(component.is_alpha for component in av.VideoFormat(pixel_format).components)


def _has_full_chroma(pixel_format: str) -> bool:
    chosen = av.VideoFormat(pixel_format)
    return (chosen.chroma_width(4), chosen.chroma_height(4)) == (4, 4)
