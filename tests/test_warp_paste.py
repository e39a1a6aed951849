"""Pasting into the native frame: new samples under the mask, the decoder's own everywhere else."""

from __future__ import annotations

from pathlib import Path

import av
import numpy as np
import pytest
from media import Recipe, make_clip
from warp_faces import portrait

from syncfix.clip import Frame, read_frames
from syncfix.warp import Box, Composed
from syncfix.warp.paste import paste

FORMATS = ["yuv420p", "yuv422p", "yuv444p", "yuv420p10le", "yuv422p10le", "yuv444p10le"]


def samples(frame: av.VideoFrame) -> list[np.ndarray]:
    kind = "<u2" if "10le" in frame.format.name else np.uint8
    return [
        np.frombuffer(memoryview(p), np.uint8)
        .reshape(-1, p.line_size)[: p.height]
        .view(kind)[:, : p.width]
        for p in frame.planes
    ]


def frame_of(picture: np.ndarray, pixel_format: str, like: Frame) -> Frame:
    native = av.VideoFrame.from_ndarray(picture, format="bgr24").reformat(format=pixel_format)
    native.pts, native.time_base = 3, like.native.time_base
    return Frame(3, 3, 0.12, 1, native, like.video)


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> Frame:
    path = make_clip(tmp_path_factory.mktemp("paste"), "plain", Recipe(seconds=0.2))
    return next(read_frames(path))


def change(picture: np.ndarray, box: Box) -> Composed:
    """Its own inverse in an ellipse of the box."""
    ys, xs = np.mgrid[0 : box.height, 0 : box.width]
    far = ((xs - box.width / 2) / box.width) ** 2 + ((ys - box.height / 2) / box.height) ** 2
    mask = (far < 0.15).astype(np.float32)
    old = picture[box.slices]
    return Composed(box, np.where(mask[..., None] > 0, 255 - old, old).astype(np.uint8), mask)


@pytest.mark.parametrize("pixel_format", FORMATS)
@pytest.mark.parametrize("size", [(256, 256), (251, 253)])
def test_samples_outside_the_mask_are_the_decoders_own(
    plain: Frame, pixel_format: str, size: tuple[int, int]
):
    picture = np.ascontiguousarray(portrait()[0][: size[0], : size[1]])
    frame = frame_of(picture, pixel_format, plain)
    composed = change(frame.upright_bgr(), Box(81, 121, 87, 75))
    made = paste(frame, composed)
    mask = np.zeros(size, bool)
    mask[composed.box.slices] = composed.mask > 0
    for new, old in zip(samples(made), samples(frame.native), strict=True):
        down, across = -(-size[0] // new.shape[0]), -(-size[1] // new.shape[1])
        padded = np.pad(mask, ((0, -size[0] % down), (0, -size[1] % across)))
        shared = padded.reshape(new.shape[0], down, new.shape[1], across).any(axis=(1, 3))
        assert np.array_equal(new[~shared], old[~shared])
        assert (new[shared] != old[shared]).mean() > 0.9
    assert made.format.name == pixel_format
    assert (made.pts, made.time_base) == (3, frame.native.time_base)


@pytest.mark.parametrize("pixel_format", [*FORMATS, "nv12"])
def test_the_new_picture_is_what_was_composed(plain: Frame, pixel_format: str):
    frame = frame_of(portrait()[0], pixel_format, plain)
    composed = change(frame.upright_bgr(), Box(81, 121, 87, 75))
    shown = Frame(3, 3, 0.12, 1, paste(frame, composed), plain.video).upright_bgr()
    inner = np.s_[20:-20, 20:-20]
    off = np.abs(shown[composed.box.slices].astype(int) - composed.pixels)[inner]
    assert np.median(off) <= 2


def test_the_decoded_frame_is_not_written_to(plain: Frame):
    frame = frame_of(portrait()[0], "yuv420p", plain)
    before = [s.copy() for s in samples(frame.native)]
    paste(frame, change(frame.upright_bgr(), Box(81, 121, 87, 75)))
    for now, then in zip(samples(frame.native), before, strict=True):
        assert np.array_equal(now, then)


@pytest.mark.parametrize("rotation", [90, 180, 270])
@pytest.mark.parametrize("mirrored", [False, True])
def test_a_turned_clip_gets_its_pixels_in_the_right_place(
    tmp_path: Path, rotation: int, mirrored: bool
):
    recipe = Recipe(seconds=0.2, rotation=rotation, mirrored=mirrored)
    frame = next(read_frames(make_clip(tmp_path, "turned", recipe)))
    upright = frame.upright_bgr()
    composed = change(upright, Box(31, 21, 41, 37))
    made = paste(frame, composed)
    shown = Frame(0, 0, 0.0, 1, made, frame.video).upright_bgr()
    luma = frame.video.orientation.apply(samples(made)[0])
    own = frame.video.orientation.apply(samples(frame.native)[0])
    changed = np.zeros(luma.shape, bool)
    changed[composed.box.slices] = composed.mask > 0
    assert np.array_equal(luma[~changed], own[~changed])
    assert (luma[changed] != own[changed]).mean() > 0.8
    difference = shown[composed.box.slices].astype(int) - composed.pixels
    assert np.median(np.abs(difference)) <= 6
