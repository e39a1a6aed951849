"""Things drawn before a mouth: hands, microphones, cups, paper, a mask, lines of text.

Drawn by another hand than what `train_covered.py` lays over faces: what is measured with them has
not been learned. A sprite is BGRA ``[480, 480, 4]``, 100 pixels to the distance between the eyes,
with the place that comes to lie on the mouth in its middle.
"""

from __future__ import annotations

from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

SIDE_PX = 480
UNIT_PX = 100
_C = SIDE_PX // 2

Sprite = NDArray[np.uint8]
Painter = Callable[[NDArray[np.floating], np.random.Generator], Sprite]


def _sheet(colour: NDArray[np.floating], alpha: NDArray[np.floating]) -> Sprite:
    out = np.empty((SIDE_PX, SIDE_PX, 4), np.float32)
    out[..., :3] = colour
    out[..., 3] = 255 * alpha
    return np.clip(out, 0, 255).astype(np.uint8)


def _blank() -> NDArray[np.uint8]:
    return np.zeros((SIDE_PX, SIDE_PX), np.uint8)


def _rounded(mask: NDArray[np.uint8], least: float, power: float = 0.5) -> NDArray[np.float32]:
    """Light on a round thing: 1 in the middle of the mask, ``least`` at its edge."""
    deep = cv2.distanceTransform(mask, cv2.DIST_L2, 5)
    share = np.clip(deep / max(float(deep.max()), 1), 0, 1) ** power
    return (least + (1 - least) * share).astype(np.float32)


def hand(skin: NDArray[np.floating], rng: np.random.Generator) -> Sprite:
    """A palm from below and four fingers across, in the colour of the face."""
    alpha, light = _blank(), np.ones((SIDE_PX, SIDE_PX), np.float32)
    tilt = np.radians(rng.uniform(-35, 35))
    up = np.array([np.sin(tilt), -np.cos(tilt)])
    side = np.array([np.cos(tilt), np.sin(tilt)])
    palm = _blank()
    middle = np.array([_C, _C]) - up * 70
    cv2.ellipse(
        palm, np.round(middle).astype(int).tolist(), (72, 78), np.degrees(tilt), 0, 360, 1, -1
    )
    cv2.line(
        palm,
        np.round(middle).astype(int).tolist(),
        np.round(middle - up * 300).astype(int).tolist(),
        1,
        90,
    )
    light = np.where(palm > 0, _rounded(palm, 0.7), light)
    alpha |= palm
    for number, length in enumerate((95, 118, 110, 80)):
        base = middle + side * (number - 1.5) * 34 + up * 40
        tip = base + up * length + side * rng.normal(0, 8)
        finger = _blank()
        cv2.line(
            finger, np.round(base).astype(int).tolist(), np.round(tip).astype(int).tolist(), 1, 31
        )
        light = np.where(finger > 0, _rounded(finger, 0.45), light)
        for share in (0.35, 0.7):  # creases
            place = base + (tip - base) * share
            cv2.line(light, np.round(place - side * 9).astype(int).tolist(),
                     np.round(place + side * 9).astype(int).tolist(), 0.75, 2)  # fmt: skip
        alpha |= finger
        nail = np.round(tip + up * 3).astype(int).tolist()
        if rng.random() < 0.7:
            cv2.ellipse(light, nail, (8, 11), np.degrees(tilt), 0, 360, 1.12, -1)
    noise = (
        cv2.GaussianBlur(rng.normal(0, 1, (SIDE_PX, SIDE_PX)).astype(np.float32), (0, 0), 6) * 0.25
    )
    colour = skin * rng.uniform(0.85, 1.1) * (light + noise)[..., None]
    return _sheet(colour, alpha)


def fist(skin: NDArray[np.floating], rng: np.random.Generator) -> Sprite:
    """Knuckles before the lips, as of someone who coughs or thinks."""
    alpha, light = _blank(), np.ones((SIDE_PX, SIDE_PX), np.float32)
    arm = _blank()
    cv2.line(arm, (_C, _C + 40), (_C + int(rng.uniform(-80, 80)), SIDE_PX), 1, 100)
    light = np.where(arm > 0, _rounded(arm, 0.6), light)
    alpha |= arm
    for number in range(4):
        knuckle = _blank()
        x = _C + round((number - 1.5) * 33)
        cv2.ellipse(
            knuckle, (x, _C + 5 + 4 * abs(number - 1)), (20, 52), rng.uniform(-8, 8), 0, 360, 1, -1
        )
        light = np.where(knuckle > 0, _rounded(knuckle, 0.5), light)
        alpha |= knuckle
    thumb = _blank()
    cv2.line(thumb, (_C - 65, _C + 50), (_C + 30, _C + 40), 1, 34)
    light = np.where(thumb > 0, _rounded(thumb, 0.5), light)
    alpha |= thumb
    return _sheet(skin * rng.uniform(0.85, 1.1) * light[..., None], alpha)


def microphone(skin: NDArray[np.floating], rng: np.random.Generator) -> Sprite:
    """A dark ball of foam or wire on a stick."""
    alpha, ball = _blank(), _blank()
    cv2.line(alpha, (_C, _C), (_C + int(rng.uniform(-60, 60)), SIDE_PX), 1, 44)
    cv2.ellipse(ball, (_C, _C), (62, int(rng.uniform(58, 75))), 0, 0, 360, 1, -1)
    light = np.where(ball > 0, _rounded(ball, 0.5), 0.6).astype(np.float32)
    ys, xs = np.mgrid[0:SIDE_PX, 0:SIDE_PX]
    wire = 0.8 + 0.4 * (((xs + ys) // 6 + (xs - ys) // 6) % 2)
    shine = np.exp(-((xs - _C + 20) ** 2 + (ys - _C + 25) ** 2) / 800.0)
    base = np.full(3, rng.uniform(15, 70))
    colour = base * (light * np.where(ball > 0, wire, 1))[..., None] + 90 * shine[..., None]
    return _sheet(colour, alpha | ball)


def cup(skin: NDArray[np.floating], rng: np.random.Generator) -> Sprite:
    """A cup that somebody drinks from."""
    body = _blank()
    points = np.array([(-70, -28), (70, -28), (52, 130), (-52, 130)]) + _C
    cv2.fillConvexPoly(body, points.astype(np.int32), 1)
    cv2.ellipse(body, (_C, _C - 28), (70, 20), 0, 0, 360, 1, -1)
    xs = np.linspace(-1, 1, SIDE_PX) * SIDE_PX / 140
    light = np.clip(1 - 0.35 * (xs + 0.3) ** 2, 0.35, 1)[None, :, None]
    colour = rng.uniform(60, 245, 3) * light * np.ones((SIDE_PX, 1, 1))
    cv2.ellipse(colour, (_C, _C - 28), (70, 20), 0, 0, 360, (colour[_C, _C] * 0.8).tolist(), 3)
    return _sheet(colour, body)


def paper(skin: NDArray[np.floating], rng: np.random.Generator) -> Sprite:
    """A sheet with lines on it."""
    body = _blank()
    points = np.array([(-110, -45), (110, -55), (120, 200), (-105, 210)]) + rng.normal(
        0, 12, (4, 2)
    )
    cv2.fillConvexPoly(body, np.round(points + _C).astype(np.int32), 1)
    colour = np.full((SIDE_PX, SIDE_PX, 3), rng.uniform(200, 250), np.float32)
    for y in range(_C - 30, _C + 200, 18):
        cv2.line(colour, (_C - 85, y), (_C + int(rng.uniform(20, 90)), y - 4), (90, 80, 80), 3)
    return _sheet(colour, body)


def surgical_mask(skin: NDArray[np.floating], rng: np.random.Generator) -> Sprite:
    """Pale blue, white or black, with pleats, from the nose to under the chin."""
    body = _blank()
    points = np.array([(-95, -60), (0, -85), (95, -60), (85, 60), (40, 110), (-40, 110), (-85, 60)])
    cv2.fillPoly(body, [(points + _C).astype(np.int32)], 1)
    base = [np.array([210, 190, 150]), np.full(3, 225), np.full(3, 40)][int(rng.integers(3))]
    colour = base * _rounded(body, 0.8)[..., None]
    for y in (-25, 5, 35):
        cv2.ellipse(colour, (_C, _C + y - 10), (85, 14), 0, 0, 180, (base * 0.75).tolist(), 2)
    return _sheet(colour, body)


def phone(skin: NDArray[np.floating], rng: np.random.Generator) -> Sprite:
    """A flat dark or bright slab, askew."""
    body = _blank()
    box = cv2.boxPoints(((_C, _C), (95, 190), rng.uniform(-60, 60)))
    cv2.fillConvexPoly(body, np.round(box).astype(np.int32), 1)
    colour = rng.uniform(10, 200, 3) * np.ones((SIDE_PX, SIDE_PX, 1))
    cv2.circle(colour, (_C - 20, _C - 40), 12, (30, 30, 30), -1)
    return _sheet(colour, body)


def caption(skin: NDArray[np.floating], rng: np.random.Generator) -> Sprite:
    """Two lines of text on a box."""
    body = _blank()
    cv2.rectangle(body, (0, _C - 45), (SIDE_PX, _C + 45), 1, -1)
    colour = np.full((SIDE_PX, SIDE_PX, 3), rng.choice([15, 40, 235]), np.uint8)
    ink = (255, 255, 255) if colour[0, 0, 0] < 100 else (20, 20, 20)
    for y, text in ((-8, "and then he said to all of"), (34, "them that it was too late")):
        cv2.putText(colour, text, (8, _C + y), cv2.FONT_HERSHEY_SIMPLEX, 1.0, ink, 2)
    return _sheet(colour, body * rng.choice([0.75, 1.0]))


COVERS: dict[str, Painter] = {
    "hand": hand,
    "fist": fist,
    "microphone": microphone,
    "cup": cup,
    "paper": paper,
    "mask": surgical_mask,
    "phone": phone,
    "caption": caption,
}


def laid_over(
    bgr: NDArray[np.uint8],
    landmarks: NDArray[np.floating],
    sprite: Sprite,
    off: tuple[float, float],
) -> tuple[NDArray[np.uint8], float]:
    """The picture with the sprite ``off`` inter-ocular distances from the mouth.

    Returns:
        The picture, and the share of the lips that is hidden.
    """
    eyes = landmarks[42:48].mean(axis=0) - landmarks[36:42].mean(axis=0)
    mouth = landmarks[48:60].mean(axis=0)
    turn = np.array([[eyes[0], -eyes[1]], [eyes[1], eyes[0]]]) / UNIT_PX
    shift = mouth + turn @ (UNIT_PX * np.array(off) - _C)
    matrix = np.hstack([turn, shift[:, None]])
    size = (bgr.shape[1], bgr.shape[0])
    factor = max(1, int(UNIT_PX / np.hypot(*eyes)))
    small = cv2.resize(sprite, None, fx=1 / factor, fy=1 / factor, interpolation=cv2.INTER_AREA)
    matrix[:, :2] *= factor
    laid = cv2.warpAffine(small, matrix, size, flags=cv2.INTER_LINEAR)
    alpha = cv2.GaussianBlur(laid[..., 3], (0, 0), 0.8).astype(np.float32)[..., None] / 255
    lips = np.zeros(bgr.shape[:2], np.uint8)
    hull = cv2.convexHull(landmarks[48:60].astype(np.float32))
    cv2.fillConvexPoly(lips, np.round(hull).astype(np.int32), 1)
    share = float((alpha[lips > 0] > 0.5).mean()) if lips.any() else 0.0
    out = bgr * (1 - alpha) + laid[..., :3] * alpha
    return out.astype(np.uint8), share
