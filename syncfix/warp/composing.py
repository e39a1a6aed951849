"""One frame with another frame's mouth."""

from __future__ import annotations

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.warp.blend import blend, colour_difference, shrunk
from syncfix.warp.mask import FADE, core_points, face_points, outer_points, soft_mask
from syncfix.warp.place import Placement, inter_ocular, place
from syncfix.warp.refine import refine
from syncfix.warp.result import (
    HEADS_DIFFER,
    NO_FACE_IN_SOURCE,
    NO_FACE_IN_TARGET,
    OUTSIDE,
    SEAM,
    Box,
    Composed,
    Recipe,
    Skipped,
)
from syncfix.warp.seed import compose_seed

_RIM_PX = 8  # of the box beyond the mask
_LEAST_BLUR_PX = 0.4
_COLOUR_SIDE = 32  # of a fit's colour field
_COLOUR_SIDE_PX = 48
# Natural clips give 1 to 8 levels three frames apart and 15 in the fastest turn of a head; two
# clips of different people give 17 and more in 54 of 56 trials.
_MAX_SEAM_LEVELS = 17.0


@dataclass(frozen=True)
class Fit:
    """How one frame's mouth goes onto another's head, before any pixel of the target changes.

    Attributes:
        placement: source pixels to target pixels.
        colour: float32 ``[32, 32, 3]``, how many levels the target is brighter, over the mask's
            box.
        trust: 0..1, how much of the source may be shown.
        blur: width of the Gaussian that the sharper source lacks, in inter-ocular distances.
        gain: how many times as much the mouths differ as their surroundings do.
    """

    placement: Placement
    colour: NDArray[np.float32]
    trust: float = 1.0
    blur: float = 0.0
    gain: float = np.inf


@dataclass(frozen=True)
class _Outline:
    """What of the target may change: hulls of point sets ``[n, 2]``, and the box around.

    Attributes:
        faces: the target's and the source's; nothing leaves the hull of either, or background
            would come along.
        unit_px: the target's inter-ocular distance.
    """

    box: Box
    core: NDArray[np.float64]
    outer: NDArray[np.float64]
    faces: tuple[NDArray[np.float64], NDArray[np.float64]]
    unit_px: float

    @classmethod
    def of(
        cls,
        target_bgr: NDArray[np.uint8],
        target_landmarks: NDArray[np.floating],
        source_landmarks: NDArray[np.floating],
        placement: Placement,
    ) -> _Outline | None:
        """Both mouths and both chins are in it, or the target's would look out beside it."""
        placed = placement.apply(source_landmarks)
        core = np.vstack([core_points(target_landmarks), core_points(placed)])
        outer = np.vstack([outer_points(target_landmarks), outer_points(placed)])
        box = Box.around(outer, _RIM_PX, target_bgr.shape)
        if box is None:
            return None
        faces = face_points(target_landmarks), face_points(placed)
        return cls(box, core, outer, faces, inter_ocular(target_landmarks))

    def seen_by(self, placement: Placement, margin: float, shape: tuple[int, ...]) -> Box | None:
        """The part of a source of ``shape`` that comes to lie in the box, and a margin."""
        left, top = self.box.left, self.box.top
        right, bottom = left + self.box.width, top + self.box.height
        corners = np.array([(left, top), (right, top), (left, bottom), (right, bottom)], np.float64)
        back = cv2.invertAffineTransform(placement.matrix)
        return Box.around(corners @ back[:, :2].T + back[:, 2], margin, shape)

    def lay(
        self,
        source_bgr: NDArray[np.uint8],
        source_to_target: NDArray[np.float64],
        factor: int,
        shape: tuple[int, ...],
    ) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
        """The source as it lies in the box, and the mask, in pictures shrunk by a factor.

        Args:
            source_bgr: shrunk already.
            source_to_target: ``[2, 3]`` in pixels before shrinking.
            shape: (h, w, ...) of the shrunk box.
        """
        # Pixel centres: x + ½ = factor · (x' + ½).
        half = (factor - 1) / 2
        origin = np.array([self.box.left, self.box.top]) + half
        matrix = source_to_target.copy()
        matrix[:, 2] += matrix[:, :2] @ (half, half) - origin
        matrix[:, 2] /= factor
        size = (shape[1], shape[0])
        placed = cv2.warpAffine(
            source_bgr, matrix, size, flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE
        )
        valid = _valid(matrix, size, source_bgr.shape)
        core, outer, *faces = (
            (points - origin) / factor for points in (self.core, self.outer, *self.faces)
        )
        fade_px = FADE * self.unit_px / factor
        mask = soft_mask(core, outer, size[::-1], valid, within=faces, fade_px=fade_px)
        return placed, mask  # type: ignore[return-value]


def compose(
    target_bgr: NDArray[np.uint8],
    target_landmarks: NDArray[np.floating] | None,
    source_bgr: NDArray[np.uint8],
    source_landmarks: NDArray[np.floating] | None,
    *,
    recipe: Recipe = "default",
    strength: float = 1.0,
) -> Composed | Skipped:
    """The target's picture with the source's mouth.

    Args:
        target_bgr, source_bgr: upright pictures, uint8 ``[h, w, 3]``, not necessarily of one size.
        target_landmarks, source_landmarks: ``[68, 2]`` (x, y in pixels), or None for no face.
        recipe: "default", or "seed" for the proof of concept's.
        strength: 0..1, how much of the source is shown.

    Returns:
        The box that changes, or why nothing does.
    """
    if target_landmarks is None:
        return Skipped(NO_FACE_IN_TARGET)
    if source_landmarks is None:
        return Skipped(NO_FACE_IN_SOURCE)
    if recipe == "seed":
        placement = _placement(target_bgr, target_landmarks, source_bgr, source_landmarks)
        if isinstance(placement, Skipped):
            return placement
        return compose_seed(target_bgr, target_landmarks, source_bgr, source_landmarks, strength)
    faces = target_bgr, target_landmarks, source_bgr, source_landmarks
    fit = fit_mouth(*faces)
    return fit if isinstance(fit, Skipped) else render(*faces, fit, strength)


def fit_mouth(
    target_bgr: NDArray[np.uint8],
    target_landmarks: NDArray[np.floating],
    source_bgr: NDArray[np.uint8],
    source_landmarks: NDArray[np.floating],
) -> Fit | Skipped:
    """Where the source's mouth goes and in what light, or why it can't."""
    placement = _placement(target_bgr, target_landmarks, source_bgr, source_landmarks)
    if isinstance(placement, Skipped):
        return placement
    placement, blur = refine(placement, source_bgr, target_bgr, target_landmarks)
    outline = _Outline.of(target_bgr, target_landmarks, source_landmarks, placement)
    if outline is None:
        return Skipped(OUTSIDE)
    # Light is smooth, so it is compared on small pictures.
    factor = max(1, round(max(outline.box.width, outline.box.height) / _COLOUR_SIDE_PX))
    target = shrunk(target_bgr[outline.box.slices], factor)
    near = outline.seen_by(placement, 2 * factor, source_bgr.shape)
    if near is None:
        return Skipped(OUTSIDE)
    source = shrunk(source_bgr[near.slices], factor)
    matrix = placement.matrix.copy()
    matrix[:, 2] += matrix[:, :2] @ (near.left, near.top)
    placed, mask = outline.lay(source, matrix, factor, target.shape)
    difference = colour_difference(target, placed, mask)
    if difference.seam_levels > _MAX_SEAM_LEVELS:
        return Skipped(SEAM)
    resized = cv2.resize(
        difference.light, (_COLOUR_SIDE, _COLOUR_SIDE), interpolation=cv2.INTER_LINEAR
    )
    return Fit(placement, resized, placement.trust, blur, difference.gain)  # type: ignore[arg-type]


def render(
    target_bgr: NDArray[np.uint8],
    target_landmarks: NDArray[np.floating],
    source_bgr: NDArray[np.uint8],
    source_landmarks: NDArray[np.floating],
    fit: Fit,
    strength: float,
) -> Composed | Skipped:
    """The target's picture with the source's mouth, placed and lit as the fit says."""
    outline = _Outline.of(target_bgr, target_landmarks, source_landmarks, fit.placement)
    if outline is None:
        return Skipped(OUTSIDE)
    target = target_bgr[outline.box.slices]
    placed, mask = outline.lay(source_bgr, fit.placement.matrix, 1, target.shape)
    sigma_px = fit.blur * outline.unit_px
    if sigma_px > _LEAST_BLUR_PX:
        placed = cv2.GaussianBlur(placed, (0, 0), sigma_px).astype(np.uint8, copy=False)
    strength *= fit.trust
    pixels = blend(target, placed, mask, fit.colour, strength)
    return Composed(outline.box, pixels, mask * np.float32(strength))


def _placement(
    target_bgr: NDArray[np.uint8],
    target_landmarks: NDArray[np.floating],
    source_bgr: NDArray[np.uint8],
    source_landmarks: NDArray[np.floating],
) -> Placement | Skipped:
    inside = all(
        _mouth_inside(points, picture.shape)
        for points, picture in ((target_landmarks, target_bgr), (source_landmarks, source_bgr))
    )
    if not inside:
        return Skipped(OUTSIDE)
    placement = place(source_landmarks, target_landmarks)
    return placement if placement.plausible else Skipped(HEADS_DIFFER)


def _mouth_inside(landmarks: NDArray[np.floating], shape: tuple[int, ...]) -> bool:
    mouth = landmarks[48:68]
    return bool((mouth >= 0).all() and (mouth <= (shape[1] - 1, shape[0] - 1)).all())


def _valid(
    matrix: NDArray[np.float64], size: tuple[int, int], source_shape: tuple[int, ...]
) -> NDArray[np.uint8] | None:
    """uint8 [h, w], 0 where the source has no pixels; None where it has all."""
    height, width = source_shape[:2]
    back = cv2.invertAffineTransform(matrix)
    corners = np.array([(0, 0), (size[0], 0), (0, size[1]), size], np.float64)
    corners = corners @ back[:, :2].T + back[:, 2]
    if (corners >= 1).all() and (corners <= (width - 2, height - 2)).all():
        return None
    full = np.full((height, width), 255, np.uint8)
    return cv2.warpAffine(full, matrix, size, flags=cv2.INTER_NEAREST)  # type: ignore[return-value]
