"""What the warp benchmark measures of a row of frames.

Landmarks are found anew in every frame shown, on a copy in which the face is 400 pixels wide:
dlib's points are whole pixels, and on a small face a pixel is as much as what is to be measured.
The box they are found in is that of the head's original frame, so equal heads get equal boxes.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import cv2
import dlib
import numpy as np
from numpy.typing import NDArray
from scipy.ndimage import gaussian_filter1d
from skimage.metrics import structural_similarity

from benchmarks.warp_case import Case, Shown
from syncfix.face.align import lower_half
from syncfix.face.landmarks import Box, LandmarkModel
from syncfix.warp import Composed, Skipped
from syncfix.warp.mask import outer_points
from syncfix.warp.place import STABLE_WEIGHTS, inter_ocular, place, weighted_similarity

_FACE_PX = 400
_MARGIN = 0.3
_MOUTH = slice(48, 68)
_SMOOTHING_TICKS = 1.5
# The mouth's region at one size and place: the eyes' centres are 64 pixels apart.
_EYES = np.array([(16.0, -42.0), (80.0, -42.0)])
_REGION_PX = (96, 80)
# A clip of six seconds has a slip each second or so: two of a hundred frames.
_JOLT_PERCENTILE = 98.0
_CELLS = (6, 5)
_SLOW_STEP = 10  # every tenth frame is enough for SSIM and PSNR
_IDENTITY_STEP = 40


@dataclass(frozen=True)
class Seen:
    """What is kept of a row of n frames.

    Attributes:
        landmarks: float64 ``[n, 68, 2]`` in pixels of the picture.
        mouths: the mouth's region, uint8 ``[n, 80, 96, 3]``, placed by the head's own landmarks.
        halves: aligned lower halves, as networks see them.
        identities: dlib's face embedding ``[m, 128]`` of every fortieth frame.
        values: means over frames that need no other row.
    """

    landmarks: NDArray[np.float64]
    mouths: NDArray[np.uint8]
    halves: list[NDArray[np.uint8]]
    identities: NDArray[np.float64]
    values: dict[str, float]


class Reader:
    """Looks at rows of one case.

    Args:
        case: the clip.
        model: landmark model.
        identity: path of dlib's face recognition network.
    """

    def __init__(self, case: Case, model: LandmarkModel, identity: Path) -> None:
        self._case, self._model = case, model
        self._identity = dlib.face_recognition_model_v1(str(identity))
        self._heads = [self.landmarks(p, b) for p, b in zip(case.pictures, case.boxes, strict=True)]

    def landmarks(self, bgr: NDArray[np.uint8], box: Box) -> NDArray[np.float64]:
        """``[68, 2]``, finer than whole pixels."""
        left, top, right, bottom = box
        margin = _MARGIN * (right - left)
        x, y = max(0, int(left - margin)), max(0, int(top - margin))
        cut = bgr[y : int(bottom + margin), x : int(right + margin)]
        scale = _FACE_PX / (right - left)
        gray = cv2.resize(cv2.cvtColor(cut, cv2.COLOR_BGR2GRAY), None, fx=scale, fy=scale).astype(
            np.uint8
        )
        inside = tuple(scale * v for v in (left - x, top - y, right - x, bottom - y))
        return self._model(gray, inside) / scale + (x, y)  # type: ignore[arg-type, no-any-return]

    def look(self, row: Iterator[Shown]) -> Seen:
        """Go through a row, frame by frame."""
        points, mouths, faces, identities = [], [], [], []
        sums = _Sums()
        for tick, shown in enumerate(row):
            face = self.landmarks(shown.bgr, self._case.boxes[shown.head])
            points.append(face)
            mouths.append(_region(shown.bgr, self._heads[shown.head], self._heads[tick]))
            faces.append(_face_of(shown.bgr, self._case.boxes[shown.head]))
            if tick % _IDENTITY_STEP == _IDENTITY_STEP // 2:
                identities.append(self._identified(shown.bgr, face, shown.head))
            shown_before = int(self._case.shown[tick])
            sums.add(tick, shown, self._case.pictures[shown_before], self._heads[shown_before])
        landmarks = np.stack(points)
        smooth = gaussian_filter1d(landmarks, _SMOOTHING_TICKS, axis=0, mode="nearest")
        halves = [
            lower_half(cut, each - corner)
            for (cut, corner), each in zip(faces, smooth, strict=True)
        ]
        return Seen(
            landmarks, np.stack(mouths), halves, np.reshape(identities, (-1, 128)), sums.values()
        )

    def _identified(
        self, bgr: NDArray[np.uint8], landmarks: NDArray[np.float64], head: int
    ) -> NDArray[np.float64]:
        points = dlib.points([dlib.point(round(x), round(y)) for x, y in landmarks])
        box = dlib.rectangle(*(round(v) for v in self._case.boxes[head]))
        rgb = np.ascontiguousarray(bgr[:, :, ::-1])
        found = dlib.full_object_detection(box, points)
        return np.array(self._identity.compute_face_descriptor(rgb, found))


def against_truth(row: Seen, truth: Seen, before: Seen) -> dict[str, float]:
    """Measures that need the original (`truth`) or the broken clip (`before`)."""
    mouth, opening = [], []
    for ours, theirs in zip(row.landmarks, truth.landmarks, strict=True):
        unit = inter_ocular(theirs)
        aligned = place(ours, theirs).apply(ours)
        mouth.append(np.hypot(*(aligned - theirs)[_MOUTH].T).mean() / unit)
        opening.append(abs(_opening(aligned) - _opening(theirs)) / unit)
    colour, true_colour = _colours(row), _colours(truth)
    error = row.mouths.astype(np.float64) - truth.mouths
    stutter = _stutter(row) / max(_stutter(before), 1e-9)
    jolt = _stutter(row, _JOLT_PERCENTILE) / max(_stutter(before, _JOLT_PERCENTILE), 1e-9)
    return {
        "lmd": float(np.mean(mouth)),
        "opening_error": float(np.mean(opening)),
        "mouth_psnr_to_truth_db": _psnr(float((error**2).mean())),
        "flicker": float(np.abs(np.diff(colour, 2, axis=0)).mean()),
        "flicker_to_truth": float(np.abs(np.diff(colour - true_colour, 2, axis=0)).mean()),
        "head_stutter": _stutter(row),
        "head_stutter_ratio": stutter,
        "head_jolt_ratio": jolt,
        "identity": float((_units(row.identities) * _units(before.identities)).sum(1).mean()),
        **row.values,
    }


def _units(vectors: NDArray[np.float64]) -> NDArray[np.float64]:
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)  # type: ignore[no-any-return]


def _opening(points: NDArray[np.float64]) -> float:
    upper, lower = points[[61, 62, 63]], points[[67, 66, 65]]
    return float(np.hypot(*(upper - lower).T).mean())


def _stutter(row: Seen, percentile: float | None = None) -> float:
    """Second difference of the points that speech does not move, in inter-ocular distances: its
    mean, most of which is what landmarks waver by, or a percentile, which tells of jolts."""
    stable = row.landmarks[:, STABLE_WEIGHTS >= 1]
    unit = np.median([inter_ocular(each) for each in row.landmarks])
    jerk = np.diff(stable.mean(axis=1), 2, axis=0)
    sizes = np.hypot(*jerk.T)
    size = sizes.mean() if percentile is None else np.percentile(sizes, percentile)
    return float(size / unit)


def _colours(row: Seen) -> NDArray[np.float64]:
    """Mean colours of cells of the mouth's region, ``[n, cells]`` in levels."""
    count, height, width, _ = row.mouths.shape
    across, down = _CELLS
    cells = row.mouths.reshape(count, down, height // down, across, width // across, 3)
    return cells.mean(axis=(2, 4)).reshape(count, -1)


def _region(
    bgr: NDArray[np.uint8], head: NDArray[np.float64], truth: NDArray[np.float64]
) -> NDArray[np.uint8]:
    """The mouth's region of a picture whose head has landmarks `head`, laid over the truth's."""
    eyes = np.stack([truth[36:42].mean(axis=0), truth[42:48].mean(axis=0)])
    square = np.vstack([place(head, truth).matrix, (0.0, 0.0, 1.0)])
    matrix = weighted_similarity(eyes, _EYES, np.ones(2)) @ square
    return cv2.warpAffine(bgr, matrix, _REGION_PX, flags=cv2.INTER_AREA)  # type: ignore[return-value]


def _face_of(bgr: NDArray[np.uint8], box: Box) -> tuple[NDArray[np.uint8], NDArray[np.float64]]:
    left, top, right, bottom = box
    margin = 0.5 * (right - left)
    x, y = max(0, int(left - margin)), max(0, int(top - margin))
    return bgr[y : int(bottom + margin), x : int(right + margin)].copy(), np.array([x, y])


def _psnr(mse: float) -> float:
    return float(10 * np.log10(255**2 / mse)) if mse > 0 else float("inf")


class _Sums:
    """What one frame after another adds up to."""

    def __init__(self) -> None:
        self._inside: list[float] = []
        self._outside: list[float] = []
        self._ssim_inside: list[float] = []
        self._ssim_outside: list[float] = []
        self._seams: list[float] = []
        self._milliseconds = 0.0
        self._composed = self._skipped = self._changed = 0

    def add(
        self,
        tick: int,
        shown: Shown,
        before: NDArray[np.uint8],
        landmarks: NDArray[np.float64],
    ) -> None:
        """A frame, and the picture of the broken clip in its place with its landmarks."""
        self._changed += shown.changed_outside
        self._milliseconds += 1000 * shown.seconds
        if isinstance(shown.result, Skipped):
            self._skipped += 1
        if isinstance(shown.result, Composed):
            self._composed += 1
            self._seams.append(_seam(shown.bgr, before, shown.result))
        if tick % _SLOW_STEP:
            return
        region = np.zeros(before.shape[:2], np.uint8)
        hull = cv2.convexHull(outer_points(landmarks).astype(np.float32))
        cv2.fillConvexPoly(region, np.round(hull).astype(np.int32), 1)
        inside = region > 0
        square = ((shown.bgr.astype(np.float32) - before) ** 2).mean(axis=2)
        self._inside.append(float(square[inside].mean()))
        self._outside.append(float(square[~inside].mean()))
        gray = [cv2.cvtColor(p, cv2.COLOR_BGR2GRAY) for p in (shown.bgr, before)]
        _, ssim = structural_similarity(*gray, full=True)
        self._ssim_inside.append(float(ssim[inside].mean()))
        self._ssim_outside.append(float(ssim[~inside].mean()))

    def values(self) -> dict[str, float]:
        def mean(values: list[float]) -> float:
            return float(np.mean(values)) if values else float("nan")

        return {
            "psnr_inside_db": _psnr(mean(self._inside)),
            "psnr_outside_db": _psnr(mean(self._outside)),
            "ssim_inside": mean(self._ssim_inside),
            "ssim_outside": mean(self._ssim_outside),
            "seam_gradient": mean(self._seams),
            "composed": float(self._composed),
            "skipped": float(self._skipped),
            "samples_changed_outside_mask": float(self._changed),
            "ms_a_frame": self._milliseconds / self._composed if self._composed else float("nan"),
        }


def _seam(after: NDArray[np.uint8], before: NDArray[np.uint8], result: Composed) -> float:
    """Gradient of what was added, on the mask's border, in levels a pixel."""
    added = after[result.box.slices].astype(np.float32) - before[result.box.slices]
    gradient = np.abs(cv2.Sobel(added, cv2.CV_32F, 1, 0, scale=1 / 8))
    gradient += np.abs(cv2.Sobel(added, cv2.CV_32F, 0, 1, scale=1 / 8))
    inside = (result.mask > 0).astype(np.uint8)
    kernel = np.ones((5, 5), np.uint8)
    border = cv2.dilate(inside, kernel) > cv2.erode(inside, kernel)
    return float(gradient.mean(axis=2)[border].mean()) if border.any() else 0.0
