"""Pixel conversion that comes back to where it started.

swscale's default (fast bilinear chroma, truncating arithmetic) darkens a picture by 1.5 levels on
the way to BGR and back. With accurate rounding and full chroma an 8-bit picture's luma comes back
exactly and its chroma within a level; at 10 bits, of which BGR has 8, both within 4 of 1023.
"""

from __future__ import annotations

import av
import numpy as np
from av.video.reformatter import Interpolation

_SWS_ACCURATE_RND, _SWS_FULL_CHR_H_INT = 0x40000, 0x2000
_QUALITY = int(Interpolation.BILINEAR) | _SWS_ACCURATE_RND | _SWS_FULL_CHR_H_INT


def bgr_of(frame: av.VideoFrame, exact: bool = True) -> np.ndarray:
    """uint8 [h, w, 3] in BGR, as stored (not turned upright).

    `exact`: comes back to where it started. A picture that is only looked at does not need it: it
    is 1.2 levels darker on average then, at some pixels 5, and takes a quarter of the time.
    """
    quality = _QUALITY if exact else int(Interpolation.BILINEAR)
    return frame.to_ndarray(format="bgr24", interpolation=quality)


def frame_like(bgr: np.ndarray, model: av.VideoFrame) -> av.VideoFrame:
    """A frame of uint8 BGR [h, w, 3] in `model`'s pixel format, colour matrix and range."""
    frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(bgr), format="bgr24")
    made = frame.reformat(
        format=model.format.name,
        dst_colorspace=model.colorspace,
        dst_color_range=model.color_range,
        interpolation=_QUALITY,
    )
    made.color_primaries, made.color_trc = model.color_primaries, model.color_trc
    made.colorspace, made.color_range = model.colorspace, model.color_range
    return made


def converted(
    frame: av.VideoFrame,
    pixel_format: str,
    width: int,
    height: int,
    colour_range: int = 0,
    matrix: int = 2,
) -> av.VideoFrame:
    """The same picture in another format, size, range or matrix; the frame itself if none changes.

    Args:
        colour_range, matrix: as ffmpeg counts (ITU-T H.273); 0 and 2, unspecified, keep the
            frame's own.
    """
    same = (frame.format.name, frame.width, frame.height) == (pixel_format, width, height)
    if same and colour_range in (0, frame.color_range) and matrix in (2, frame.colorspace):
        return frame
    return frame.reformat(
        width=width,
        height=height,
        format=pixel_format,
        # swscale has one number, 5, for the two names of BT.601.
        dst_colorspace={2: None, 6: 5}.get(matrix, matrix),
        dst_color_range=colour_range or None,
        interpolation=_QUALITY,
    )
