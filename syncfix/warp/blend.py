"""Lay the placed source over the target so that no edge shows."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TypeVar, cast

import cv2
import numpy as np
from numpy.typing import NDArray

Array = TypeVar("Array", bound=NDArray)

_SMALL_SIDE_PX = 48  # the colour difference is smooth, so it is found on a picture of this size
_REACH = 0.18  # Gaussian's width as a share of that side
_LIKELY_LEVELS = 20.0  # a larger difference is another thing (collar, neck), not another light
_MAX_LEVELS = 25.0
_INSIDE = 0.95  # of the mask: here the source alone is seen


def shrunk(picture: Array, factor: int) -> Array:
    """Means over squares of `factor` pixels; a rest at the right and bottom is left out.

    OpenCV does this many times faster for whole factors than for others.
    """
    height, width = picture.shape[0] // factor, picture.shape[1] // factor
    if factor == 1 or height == 0 or width == 0:
        return picture
    whole = picture[: height * factor, : width * factor]
    return cast(Array, cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA))


@dataclass(frozen=True)
class Difference:
    """How two pictures differ in a box.

    Attributes:
        light: float32 ``[h', w', 3]``, how many levels the first is brighter, smooth, at a reduced
            size.
        seam_levels: the median difference that the light leaves where the mask fades: the seam
            that a viewer might see. (The median, since a chin that drops before a collar differs
            much and rightly so.)
        gain: how many times as much the light leaves inside the mask as where it fades, on
            average: what there is to win against what it costs. Infinite where it costs nothing.
    """

    light: NDArray[np.float32]
    seam_levels: float
    gain: float


def colour_difference(
    target: NDArray[np.uint8], placed: NDArray[np.uint8], mask: NDArray[np.float32]
) -> Difference:
    """How much brighter the target is, per channel, smooth over the box; and what that leaves.

    It is measured where the mask fades, on skin that both show, and carried inwards by normalised
    convolution: Poisson cloning's low frequencies, without its sensitivity to the single pixels
    of the border that makes it flicker.

    Args:
        target, placed: uint8 ``[h, w, 3]``.
        mask: float32 ``[h, w]`` in 0..1.

    """
    factor = max(1, round(max(mask.shape) / _SMALL_SIDE_PX))
    difference = cv2.subtract(shrunk(target, factor), shrunk(placed, factor), dtype=cv2.CV_32F)
    inside = shrunk(mask, factor)
    fade = 4 * inside * (1 - inside)
    likely = np.exp(-((difference / _LIKELY_LEVELS) ** 2).mean(axis=2))
    weight = fade * likely
    sigma = _REACH * max(fade.shape)
    top = cv2.GaussianBlur(difference * weight[..., None], (0, 0), sigma)
    bottom = cv2.GaussianBlur(weight, (0, 0), sigma)
    smooth = top / (bottom + 1e-4)[..., None]
    smooth = np.clip(smooth, -_MAX_LEVELS, _MAX_LEVELS).astype(np.float32)
    left = np.abs(difference - smooth).mean(axis=2)
    around, within = left[fade > 0.3], left[inside > _INSIDE]
    cost = float((left * fade).sum() / max(float(fade.sum()), 1e-6))
    won = float(within.mean()) if within.size else 0.0
    return Difference(
        light=smooth,
        seam_levels=float(np.median(around)) if around.size else 0.0,
        gain=won / cost if cost > 0 else np.inf,
    )


def blend(
    target: NDArray[np.uint8],
    placed: NDArray[np.uint8],
    mask: NDArray[np.float32],
    colour: NDArray[np.float32],
    strength: float = 1.0,
) -> NDArray[np.uint8]:
    """target + strength · mask · (placed + colour difference − target).

    Args:
        target, placed: uint8 ``[h, w, 3]``.
        mask: float32 ``[h, w]`` in 0..1.
        colour: float32 ``[h', w', 3]`` in levels, stretched over the box.
        strength: 0..1.

    Returns:
        uint8 ``[h, w, 3]``, equal to the target where the mask is 0.
    """
    height, width = mask.shape
    light = cv2.resize(colour, (width, height), interpolation=cv2.INTER_LINEAR)
    lit = cv2.add(placed, light, dtype=cv2.CV_8U)
    share = mask if strength == 1 else mask * np.float32(strength)
    # One pass, rounded to nearest; where the mask is 0 the target comes through exactly.
    return cv2.blendLinear(lit, target, share, 1 - share)  # type: ignore[return-value]
