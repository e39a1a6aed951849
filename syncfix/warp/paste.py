"""Put new pixels into a decoded frame and leave every other sample of it alone.

A picture that goes to BGR and back loses chroma everywhere. Only the box goes there; its planes are
laid into a copy of the native frame, and of them only the samples under the mask.
"""

from __future__ import annotations

import av
import cv2
import numpy as np
from av.video.plane import VideoPlane
from numpy.typing import NDArray

from syncfix.clip import Frame
from syncfix.clip.pixels import frame_like
from syncfix.warp.result import Box, Composed

# Pixel format to bytes a sample; each component has a plane of its own.
_PLANAR = {
    f"{family}{layout}p{depth}": size
    for family, depth, size in (("yuv", "", 1), ("yuvj", "", 1), ("yuv", "10le", 2))
    for layout in ("420", "422", "444")
}


def paste(frame: Frame, composed: Composed) -> av.VideoFrame:
    """A new frame: `frame` with the composed box in it.

    Samples where the mask is 0 are bit-identical to the decoded frame's (a chroma sample where it
    is 0 at all the pixels that share it), in 8 and 10 bit planar YUV. Other formats are converted
    as a whole.
    """
    native = frame.native
    size = _PLANAR.get(native.format.name)
    if size is None:
        picture = frame.upright_bgr()
        picture[composed.box.slices] = composed.pixels
        made = frame.with_picture(picture)
        made.pts, made.time_base = native.pts, native.time_base
        return made
    return _pasted(frame, composed, size)


def _pasted(frame: Frame, composed: Composed, sample_bytes: int) -> av.VideoFrame:
    native, orientation = frame.native, frame.video.orientation
    upright_size = (native.width, native.height)
    if orientation.transpose:
        upright_size = upright_size[::-1]
    box = composed.box
    left = upright_size[0] - box.left - box.width if orientation.flip_x else box.left
    top = upright_size[1] - box.top - box.height if orientation.flip_y else box.top
    if orientation.transpose:
        left, top = top, left
    pixels = orientation.undo(composed.pixels)
    changed = orientation.undo((composed.mask > 0).astype(np.uint8))
    across = round(native.width / native.planes[1].width)
    down = round(native.height / native.planes[1].height)
    # Grown to whole chroma samples. The rim repeats the box's edge, where the mask is 0.
    rim = _rim(Box(left, top, pixels.shape[1], pixels.shape[0]), across, down)
    left, top = left - rim[2], top - rim[0]
    pixels = cv2.copyMakeBorder(pixels, *rim, cv2.BORDER_REPLICATE)
    changed = cv2.copyMakeBorder(changed, *rim, cv2.BORDER_CONSTANT, value=0)
    patch = frame_like(pixels, native)
    made = _copy(native)
    for number, (to, new) in enumerate(zip(made.planes, patch.planes, strict=True)):
        step_x, step_y = (across, down) if number in (1, 2) else (1, 1)
        new_samples = _samples(new, sample_bytes)
        blocks = (new_samples.shape[0], step_y, new_samples.shape[1], step_x)
        where = changed.reshape(blocks).max(axis=(1, 3)) > 0
        into = _samples(to, sample_bytes)[top // step_y :, left // step_x :]
        into = into[: where.shape[0], : where.shape[1]]
        rows, columns = into.shape  # a picture of odd size ends before the grown box does
        np.copyto(into, new_samples[:rows, :columns], where=where[:rows, :columns])
    return made


def _rim(box: Box, across: int, down: int) -> tuple[int, int, int, int]:
    """Top, bottom, left, right: how much a box lacks to begin and end on chroma samples."""
    return (
        box.top % down,
        -(box.top + box.height) % down,
        box.left % across,
        -(box.left + box.width) % across,
    )


def _rows(plane: VideoPlane) -> NDArray[np.uint8]:
    """A writable view ``[h, bytes]`` of a plane, padding and all."""
    flat = np.frombuffer(memoryview(plane), np.uint8)
    return flat.reshape(-1, plane.line_size)[: plane.height]


def _samples(plane: VideoPlane, sample_bytes: int) -> NDArray[np.generic]:
    """A writable view ``[h, w]`` of a plane."""
    rows = _rows(plane)
    return rows[:, : plane.width * sample_bytes].view(np.uint8 if sample_bytes == 1 else "<u2")


def _copy(native: av.VideoFrame) -> av.VideoFrame:
    """Written to instead of the decoded frame, which the decoder may still predict from."""
    made = av.VideoFrame(native.width, native.height, native.format.name)
    for to, old in zip(made.planes, native.planes, strict=True):
        # As bytes: the padding after a row differs between the two.
        from_rows, to_rows = _rows(old), _rows(to)
        width = min(old.line_size, to.line_size)
        to_rows[:, :width] = from_rows[:, :width]
    made.pts, made.time_base = native.pts, native.time_base
    made.color_primaries, made.color_trc = native.color_primaries, native.color_trc
    made.colorspace, made.color_range = native.colorspace, native.color_range
    return made
