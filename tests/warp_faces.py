"""A face for the warp's tests: the astronaut, with a jaw that opens and a head that moves."""

from __future__ import annotations

import functools
from fractions import Fraction
from pathlib import Path

import av
import cv2
import numpy as np
from skimage.data import astronaut

from syncfix.face.detect import FaceDetector
from syncfix.face.landmarks import LandmarkModel, landmark_model_path

SIZE_PX = 256


@functools.cache
def model() -> LandmarkModel:
    return LandmarkModel(landmark_model_path())


@functools.cache
def _portrait() -> tuple[np.ndarray, np.ndarray]:
    picture = np.ascontiguousarray(astronaut()[0:SIZE_PX, 96 : 96 + SIZE_PX, ::-1])
    gray = cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY)
    return picture, model()(gray, FaceDetector()(gray)[0])


def portrait() -> tuple[np.ndarray, np.ndarray]:
    """BGR [256, 256, 3] and landmarks [68, 2]."""
    picture, landmarks = _portrait()
    return picture.copy(), landmarks.copy()


def talking(opening_px: float, move_px: tuple[float, float] = (0.0, 0.0)):
    """The portrait with lower lip and chin moved down, then the whole picture moved.

    Returns:
        BGR [256, 256, 3] and its landmarks [68, 2], worked out, not found.
    """
    picture, landmarks = portrait()
    middle = landmarks[60:68].mean(axis=0)
    half_width = 0.8 * float(np.ptp(landmarks[48:60, 0]))
    chin = float(landmarks[8, 1])
    ys, xs = np.mgrid[0:SIZE_PX, 0:SIZE_PX].astype(np.float32)
    side = np.clip(1 - ((xs - middle[0]) / half_width) ** 2, 0, 1)
    below = np.clip((chin + 25 - ys) / 25, 0, 1) * (ys > middle[1])
    drop = (opening_px * side * below).astype(np.float32)
    opened = cv2.remap(picture, xs, ys - drop, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    hole = (ys > middle[1]) & (ys < middle[1] + drop) & (np.abs(xs - middle[0]) < half_width / 2)
    opened[hole] = (20, 15, 40)
    moved_points = landmarks.copy()
    for index in [*range(5, 12), *range(55, 60), *range(65, 68)]:
        across = np.clip(1 - ((landmarks[index, 0] - middle[0]) / half_width) ** 2, 0, 1)
        moved_points[index, 1] += opening_px * across
    matrix = np.array([[1, 0, move_px[0]], [0, 1, move_px[1]]], np.float64)
    moved = cv2.warpAffine(opened, matrix, (SIZE_PX, SIZE_PX), borderMode=cv2.BORDER_REPLICATE)
    return moved, (moved_points + np.array(move_px)).astype(np.float32)


def write_clip(path: Path, pictures: list[np.ndarray], fps: int | Fraction = 25) -> Path:
    """BGR pictures as a nearly lossless clip."""
    with av.open(str(path), "w") as container:
        stream = container.add_stream("libx264", rate=fps, options={"crf": "4", "preset": "fast"})
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuv420p"
        for picture in pictures:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="bgr24")))
        container.mux(stream.encode(None))
    return path
