"""Outlines of things that may lie over a mouth: bars side by side, blobs, sheets, lines of text."""

from __future__ import annotations

import cv2
import numpy as np
from numpy.typing import NDArray

_LETTERS = list("ABCDEFGHKLMNOPRSTUVWXabdeghknopqrstu0123456789")


def shape_mask(
    middle: NDArray[np.floating], size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A mask ``[h, w]`` in 0..1 about a place near ``middle``, and -1..1 across the thing."""
    spread = 4.0 if rng.random() < 0.7 else 22.0  # some miss the mouth
    at = middle + rng.normal(0, (spread * 1.4, spread * 0.8))
    kind = rng.random()
    if kind < 0.4:
        return _bars(at, size, rng)
    if kind < 0.65:
        return _ellipse(at, size, rng)
    if kind < 0.8:
        return _polygon(at, size, rng)
    if kind < 0.92:
        return _sheet(at, size, rng)
    return _text(at, size, rng)


def _across(
    at: NDArray[np.floating], angle: float, half_width: float, size: tuple[int, int]
) -> NDArray[np.float32]:
    ys, xs = np.mgrid[0 : size[0], 0 : size[1]].astype(np.float32)
    off = -(xs - at[0]) * np.sin(angle) + (ys - at[1]) * np.cos(angle)
    return (off / half_width).astype(np.float32)


def _bars(
    at: NDArray[np.floating], size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """One to five thick strokes that end beyond the place, nearly parallel."""
    mask = np.zeros(size, np.uint8)
    shade = np.zeros(size, np.float32)
    count = int(rng.integers(1, 6))
    thick = rng.uniform(7, 30 if count < 3 else 14)
    angle = rng.uniform(0, 2 * np.pi)
    direction, side = (
        np.array([np.cos(angle), np.sin(angle)]),
        np.array([-np.sin(angle), np.cos(angle)]),
    )
    for number in range(count):
        place = at + side * (number - (count - 1) / 2) * thick * rng.uniform(0.85, 1.1)
        end = place + direction * rng.uniform(0, 25)
        start = place - direction * 150 + side * rng.normal(0, 10)
        stroke = np.zeros(size, np.uint8)
        points = np.round(np.array([start, end]) * 16).astype(int)
        cv2.line(
            stroke, points[0].tolist(), points[1].tolist(), 1, max(1, round(thick)), cv2.LINE_8, 4
        )
        own = _across(place, angle, thick / 2, size)
        shade = np.where(stroke > 0, np.clip(own, -1, 1), shade)
        mask |= stroke
    return mask.astype(np.float32), shade.astype(np.float32)


def _ellipse(
    at: NDArray[np.floating], size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mask = np.zeros(size, np.uint8)
    axes = rng.uniform(9, 36), rng.uniform(9, 30)
    angle = rng.uniform(0, 180)
    centre = tuple(np.round(at).astype(int).tolist())
    cv2.ellipse(mask, centre, tuple(round(a) for a in axes), angle, 0, 360, 1, -1)
    if rng.random() < 0.4:  # held by something
        end = at + rng.normal(0, 15, 2) + np.array([0, 90])
        cv2.line(
            mask, centre, tuple(np.round(end).astype(int).tolist()), 1, int(rng.integers(3, 24))
        )
    return mask.astype(np.float32), np.clip(
        _across(at, np.radians(angle), axes[1], size), -1, 1
    ).astype(np.float32)


def _polygon(
    at: NDArray[np.floating], size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    mask = np.zeros(size, np.uint8)
    points = at + rng.normal(
        0, (rng.uniform(14, 34), rng.uniform(10, 26)), (int(rng.integers(4, 9)), 2)
    )
    hull = cv2.convexHull(points.astype(np.float32))
    cv2.fillConvexPoly(mask, np.round(hull).astype(np.int32), 1)
    return mask.astype(np.float32), _across(at, rng.uniform(0, np.pi), 30, size)


def _sheet(
    at: NDArray[np.floating], size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """All on one side of a line, mostly the lower: a scarf, a mask, a sheet of paper."""
    angle = rng.normal(0, 0.4) if rng.random() < 0.8 else rng.uniform(0, 2 * np.pi)
    edge = at - np.array([-np.sin(angle), np.cos(angle)]) * rng.uniform(0, 14)
    across = _across(edge, angle, 40, size)
    return (across > 0).astype(np.float32), np.clip(across, -1, 1)


def _text(
    at: NDArray[np.floating], size: tuple[int, int], rng: np.random.Generator
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A box as wide as a line of text, with letters darker or lighter than it."""
    mask = np.zeros(size, np.float32)
    height = int(rng.integers(14, 34))
    top = int(at[1] - height / 2)
    mask[max(0, top) : max(0, top + height)] = 1
    letters = np.zeros(size, np.uint8)
    words = "".join(rng.choice(_LETTERS, 12))
    cv2.putText(
        letters,
        words,
        (int(rng.integers(-20, 10)), top + height - 4),
        int(rng.integers(0, 5)),
        height / 34,
        1,
        int(rng.integers(1, 4)),
    )
    sign = rng.choice([-1.0, 1.0])
    return mask, (letters * sign).astype(np.float32)
