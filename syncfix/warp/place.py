"""Where the source's mouth belongs on the target's head.

A transform fitted to the mouth itself would bend the source's lips into the target's shape and so
undo the transplant. It is fitted to points that speech does not move.
"""

from __future__ import annotations

import cmath
import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# Weights of the 68 landmarks: eye corners and nose are fast in the skull; lids blink, brows rise,
# the jaw line by the ears is fast too but found only roughly.
STABLE_WEIGHTS = np.zeros(68)
STABLE_WEIGHTS[[36, 39, 42, 45]] = 1.0
STABLE_WEIGHTS[27:36] = 1.0
STABLE_WEIGHTS[[37, 38, 40, 41, 43, 44, 46, 47]] = 0.3
STABLE_WEIGHTS[17:27] = 0.05
STABLE_WEIGHTS[[0, 1, 2, 14, 15, 16]] = 0.1

# One product in place of two means: it is asked for a dozen times a frame.
_BETWEEN_EYES = np.zeros(68)
_BETWEEN_EYES[36:42], _BETWEEN_EYES[42:48] = -1 / 6, 1 / 6

MAX_SCALE = 1.2
MAX_TURN_DEGREES = 15.0
# Heads that turn out of the plane fit badly. From the first of these on less of the source is
# shown, from the second on nothing.
_FULL_MISFIT, _MAX_MISFIT = 0.07, 0.11
_TOLERATED_MISFIT = 0.02  # of the inter-ocular distance; beyond, a point counts for less


@dataclass(frozen=True)
class Placement:
    """A similarity transform and how well it fits.

    Attributes:
        matrix: float64 ``[2, 3]``, source pixels to target pixels.
        scale: of the target's head to the source's.
        turn_degrees: of the head in the picture's plane.
        misfit: what is left between the stable points, RMS as a share of the target's
            inter-ocular distance; it grows when the head turns out of the plane.
    """

    matrix: NDArray[np.float64]
    scale: float
    turn_degrees: float
    misfit: float

    @property
    def plausible(self) -> bool:
        """Whether the two heads are alike enough for one's mouth to fit the other."""
        return (
            1 / MAX_SCALE <= self.scale <= MAX_SCALE
            and abs(self.turn_degrees) <= MAX_TURN_DEGREES
            and self.misfit < _MAX_MISFIT
        )

    @property
    def trust(self) -> float:
        """1 where the heads show the same side, falling to 0 where their poses differ too much."""
        return float(np.clip((_MAX_MISFIT - self.misfit) / (_MAX_MISFIT - _FULL_MISFIT), 0, 1))

    def apply(self, points: NDArray[np.floating]) -> NDArray[np.float64]:
        """Source points ``[n, 2]`` in target pixels."""
        return np.asarray(points, np.float64) @ self.matrix[:, :2].T + self.matrix[:, 2]


def inter_ocular(landmarks: NDArray[np.floating]) -> float:
    """Distance between the centres of the eyes, in pixels; the unit of all sizes here."""
    return max(float(np.hypot(*between_eyes(landmarks))), 1e-6)


def between_eyes(landmarks: NDArray[np.floating]) -> NDArray[np.floating]:
    """``[2]``, from the centre of one eye to the other's, left to right in the picture."""
    return _BETWEEN_EYES @ landmarks


def place(
    source: NDArray[np.floating],
    target: NDArray[np.floating],
    weights: NDArray[np.floating] = STABLE_WEIGHTS,
) -> Placement:
    """Least squares over the stable points, then once more with misplaced points held down.

    Args:
        source, target: landmarks ``[68, 2]``, in pixels.
        weights: ``[68]``.
    """
    unit = inter_ocular(target)
    z, w = as_complex(source), as_complex(target)
    turn, shift = complex_similarity(z, w, weights)
    for _ in range(2):
        off = np.abs(turn * z + shift - w) / unit
        robust = weights / np.maximum(1.0, off / _TOLERATED_MISFIT)
        turn, shift = complex_similarity(z, w, robust)
    off = np.abs(turn * z + shift - w) / unit
    matrix = np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])
    scale, degrees = abs(turn), math.degrees(cmath.phase(turn))
    misfit = math.sqrt(float(weights @ off**2) / float(weights.sum()))
    return Placement(matrix, scale, degrees, misfit)


def weighted_similarity(
    source: NDArray[np.floating], target: NDArray[np.floating], weights: NDArray[np.floating]
) -> NDArray[np.float64]:
    """The rotation, scale and shift ``[2, 3]`` with the least weighted square error.

    With points as complex numbers z → w it is w = a·z + b, and
    a = Σ ω·conj(z − z̄)·(w − w̄) / Σ ω·|z − z̄|².
    """
    turn, shift = complex_similarity(as_complex(source), as_complex(target), weights)
    return np.array([[turn.real, -turn.imag, shift.real], [turn.imag, turn.real, shift.imag]])


def complex_similarity(
    source: NDArray[np.complex128], target: NDArray[np.complex128], weights: NDArray[np.floating]
) -> tuple[complex, complex]:
    """The same of points x + iy: (a, b) of target = a · source + b."""
    total = float(weights.sum())
    source_mean = complex(weights @ source) / total
    target_mean = complex(weights @ target) / total
    z = source - source_mean
    weighted = weights * z
    # vdot conjugates its first; the weighted z add up to 0, so w̄ need not be subtracted.
    turn = complex(np.vdot(weighted, target)) / max(float(np.vdot(weighted, z).real), 1e-12)
    return turn, target_mean - turn * source_mean


def as_complex(points: NDArray[np.floating]) -> NDArray[np.complex128]:
    """``[n, 2]`` as x + iy ``[n]``."""
    return np.ascontiguousarray(points, np.float64).view(np.complex128)[:, 0]
