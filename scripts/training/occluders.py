"""Things that get between a camera and a mouth, laid over aligned lower halves.

None of them looks like a certain thing: what is to be learned is how a mouth looks, not a hand.
Half are in the colours of the face's own cheeks, or the network would learn that skin is a face.
"""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

from syncfix.face.align import half_matrix
from training.covered_shapes import shape_mask

HEIGHT_PX, WIDTH_PX = 64, 128
# Shares of the mouth from which on it counts as covered, and up to which it counts as seen.
COVERED_SHARE, SEEN_SHARE = 0.5, 0.12


def mouth_hull(landmarks: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The lips ``[64, 128]``, 1 inside, of landmarks ``[68, 2]`` in any unit and place."""
    points = landmarks.astype(np.float64)
    matrix = half_matrix(points, WIDTH_PX, HEIGHT_PX)
    lips = points[48:60] @ matrix[:, :2].T + matrix[:, 2]
    canvas = np.zeros((HEIGHT_PX, WIDTH_PX), np.uint8)
    cv2.fillConvexPoly(
        canvas, np.round(cv2.convexHull(lips.astype(np.float32))).astype(np.int32), 1
    )
    return canvas


def occluded(
    half: NDArray[np.uint8],
    mouth: NDArray[np.uint8],
    other: NDArray[np.uint8],
    rng: np.random.Generator,
) -> tuple[NDArray[np.uint8], float]:
    """A half with something laid over it, and the share of the mouth that it hides.

    Args:
        half: uint8 ``[64, 128, 3]``.
        mouth: ``[64, 128]``, 1 on the lips.
        other: a half of someone else, whose margins lend textures.
    """
    ys, xs = np.nonzero(mouth)
    middle = np.array([xs.mean(), ys.mean()]) if len(xs) else np.array([64.0, 30.0])
    mask, along = shape_mask(middle, (HEIGHT_PX, WIDTH_PX), rng)
    share = float((mask[mouth > 0] > 0.5).mean()) if len(xs) else 0.0
    texture = _texture(half, other, along, rng)
    soft = cv2.GaussianBlur(mask, (0, 0), rng.uniform(0.4, 2.0))
    below = half.astype(np.float32)
    if rng.random() < 0.4:  # the shadow that it throws
        shadow = cv2.GaussianBlur(
            cv2.warpAffine(
                soft,
                np.array([[1, 0, rng.uniform(-4, 4)], [0, 1, rng.uniform(0, 5)]]),
                (WIDTH_PX, HEIGHT_PX),
            ),
            (0, 0),
            3,
        )
        below *= 1 - rng.uniform(0.1, 0.5) * shadow[..., None]
    out = below * (1 - soft[..., None]) + texture * soft[..., None]
    return np.clip(out, 0, 255).astype(np.uint8), share


def _texture(
    half: NDArray[np.uint8],
    other: NDArray[np.uint8],
    along: NDArray[np.float32],
    rng: np.random.Generator,
) -> NDArray[np.float32]:
    """float32 ``[64, 128, 3]``; ``along`` is -1..1 across the shape, for its roundness."""
    kind = rng.random()
    if kind < 0.45:
        base = _flat(_skin(half, rng), rng)
    elif kind < 0.6:
        base = _flat(rng.uniform(0, 60, 3).astype(np.float32), rng)
    elif kind < 0.75:
        base = _flat(rng.uniform(0, 255, 3).astype(np.float32), rng)
    else:
        base = _cut(half if rng.random() < 0.4 else other, rng)
    if rng.random() < 0.25:
        _line(base, rng)
    round_ = 1 - rng.uniform(0, 0.55) * np.abs(along + rng.uniform(-0.4, 0.4)) ** rng.uniform(1, 3)
    noise = rng.normal(0, rng.uniform(0, 10), (HEIGHT_PX, WIDTH_PX, 1)).astype(np.float32)
    sigma = rng.uniform(0.3, 3)
    noise = cv2.GaussianBlur(noise, (0, 0), sigma)[..., None] * (1 + sigma)
    return base * np.clip(round_, 0.2, 1.2)[..., None] + noise


def _line(texture: NDArray[np.float32], rng: np.random.Generator) -> None:
    """Draw lines on it, as print, seams and folds are."""
    shade = rng.uniform(0.2, 1.7)
    across = rng.random() < 0.7
    step = int(rng.integers(4, 16))
    tilt = int(rng.integers(-8, 9))
    for place in range(int(rng.integers(0, step)), WIDTH_PX, step):
        if rng.random() < 0.2:
            continue
        start, end = np.sort(rng.integers(0, WIDTH_PX, 2)).tolist()
        ends = ((start, place), (end, place + tilt)) if across else ((place, start), (place, end))
        colour = (texture[place % HEIGHT_PX, WIDTH_PX // 2] * shade).tolist()
        cv2.line(texture, *ends, colour, int(rng.integers(1, 4)))


def _skin(half: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """The colour of a spot of nose or cheek, lighter or darker."""
    x, y = int(rng.integers(35, 90)), int(rng.integers(0, 12))
    spot = half[y : y + 5, x : x + 7].reshape(-1, 3).mean(axis=0)
    return (spot * rng.uniform(0.7, 1.3) + rng.normal(0, 6, 3)).astype(np.float32)


def _flat(colour: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    ys, xs = np.mgrid[-1 : 1 : HEIGHT_PX * 1j, -1 : 1 : WIDTH_PX * 1j]
    slope = 1 + rng.uniform(-0.3, 0.3) * xs + rng.uniform(-0.3, 0.3) * ys
    coarse = rng.normal(0, rng.uniform(0, 0.12), (4, 8)).astype(np.float32)
    slope = slope + cv2.resize(coarse, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC)
    return (colour * slope[..., None]).astype(np.float32)


def _cut(half: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.float32]:
    """A bit of the margins, where no mouth is, enlarged over the whole."""
    width, height = int(rng.integers(12, 34)), int(rng.integers(10, 34))
    x = int(rng.integers(0, 34 - width + 1))
    if rng.random() < 0.5:
        x = WIDTH_PX - width - x
    y = int(rng.integers(0, HEIGHT_PX - height))
    part = half[y : y + height, x : x + width]
    turned = np.rot90(part, int(rng.integers(4)))
    return cv2.resize(
        np.ascontiguousarray(turned), (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_CUBIC
    ).astype(np.float32)
