"""The rendered talker: a face that a detector finds, lips that do what the track says."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

pytest.importorskip("skimage", reason="the portrait comes with scikit-image")

from syncfix.demo import Phoneme, mouth_track, render_frames
from syncfix.demo.portrait import layers
from syncfix.demo.talker import draw_face
from syncfix.face.detect import FaceDetector
from syncfix.face.landmarks import LandmarkModel, landmark_model_path

SYMBOLS = ["_", "m", "A:", "m", "i:", "b", "O:", "w", "a", "p", "E", "v", "A:"]
SYMBOLS += ["m", "u:", "p", "A:", "_"]
EDGES = 0.14 * np.arange(len(SYMBOLS) + 1)
PHONEMES = tuple(
    Phoneme(s, float(a), float(b)) for s, a, b in zip(SYMBOLS, EDGES[:-1], EDGES[1:], strict=True)
)
TIMES = np.arange(0, 2.4, 0.04)


@pytest.fixture(scope="module")
def inner_lips() -> NDArray[np.float64]:
    """Landmarks of the inner lips ``[n, 8, 2]``, in units of the distance between the eyes."""
    detector, model = FaceDetector(), LandmarkModel(landmark_model_path())
    out, box = [], None
    for picture in render_frames(PHONEMES, TIMES):
        gray = np.asarray(cv2.cvtColor(picture, cv2.COLOR_BGR2GRAY), np.uint8)
        if box is None:
            boxes = detector(gray)
            assert len(boxes) == 1
            box = boxes[0]
        points = model(gray, box)
        eyes = np.linalg.norm(points[36:42].mean(axis=0) - points[42:48].mean(axis=0))
        out.append(points[60:68] / eyes)
    return np.array(out, np.float64)


def test_lips_open_as_the_track_says(inner_lips: NDArray[np.float64]) -> None:
    opening = (inner_lips[:, 5:8, 1] - inner_lips[:, [3, 2, 1], 1]).mean(axis=1)
    driven = mouth_track(PHONEMES, TIMES)[:, 0]
    by_lag = {
        lag: np.corrcoef(opening[4 + lag : len(opening) - 4 + lag], driven[4:-4])[0, 1]
        for lag in range(-4, 5)
    }
    assert by_lag[0] > 0.85
    assert max(by_lag, key=by_lag.__getitem__) == 0


def test_mouth_is_narrower_when_round(inner_lips: NDArray[np.float64]) -> None:
    width = inner_lips[:, 4, 0] - inner_lips[:, 0, 0]
    rounding = mouth_track(PHONEMES, TIMES)[:, 2]
    assert width[rounding > 0.6].mean() < 0.95 * width[rounding < 0.1].mean()


def test_shut_lips_hide_the_teeth_and_open_ones_show_the_dark() -> None:
    y, x = np.mgrid[380:410, 270:290]  # about the middle of the lips, on the canvas
    shut, opened = draw_face(0.0, 0.0, -0.9), draw_face(0.95, 0.0, 0.0)
    # Teeth are white: their blue is near their red. Skin and lips are far redder.
    assert np.quantile(shut[y, x, 0] / shut[y, x, 2], 0.95) < 0.85
    assert opened[400:425, 275:285].mean(axis=2).min() < 45


def test_chin_falls_with_the_jaw_and_the_eyes_stay() -> None:
    shut, opened = draw_face(0.0, 0.0, 0.0), draw_face(1.0, 0.0, 0.0)
    moved = np.abs(opened - shut).mean(axis=2)
    assert moved[:280].max() == 0  # eyes, on the canvas
    assert moved[465:500, 240:310].max() > 20  # edge of the chin


def test_a_frame_depends_on_its_time_only() -> None:
    alone = next(iter(render_frames(PHONEMES, TIMES[30:31])))
    among = list(render_frames(PHONEMES, TIMES[28:32]))[2]
    np.testing.assert_array_equal(alone, among)


def test_the_head_moves_a_little_from_frame_to_frame() -> None:
    first, second = render_frames(PHONEMES, np.array([0.0, 0.04]))
    forehead = (slice(100, 200), slice(150, 350))
    change = np.abs(first[forehead].astype(int) - second[forehead]).mean()
    assert 0 < change < 6


def test_size_is_what_was_asked_for() -> None:
    picture = next(iter(render_frames(PHONEMES, np.zeros(1), size_px=128)))
    assert picture.shape == (128, 128, 3) and picture.dtype == np.uint8


def test_layers_cover_all_but_the_teeth() -> None:
    face = layers()
    bare = 1 - np.maximum(face.upper, face.lower)
    y, x = np.nonzero(bare > 0.9)
    assert 215 < x.min() < x.max() < 345 and 370 < y.min() < y.max() < 410
