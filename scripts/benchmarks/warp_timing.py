"""How long one 1080×1920 frame takes, on one core."""

from __future__ import annotations

import time
from collections.abc import Callable

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.warp_case import Case
from syncfix.warp import Recipe
from syncfix.warp.composing import compose
from syncfix.warp.seed import seed_mask
from syncfix.warp.window import Patch

_WIDTH_PX, _HEIGHT_PX = 1080, 1920
_FACE_SHARE = 0.45  # of the picture's width: a head and shoulders, held upright
_REPEATS = 25


def frame_milliseconds(case: Case) -> dict[str, float]:
    """The least of 25 thread times for a face enlarged to 45 % of the picture's width.

    The whole-frame row is the proof of concept's way: mask, warp and clone of whole pictures.
    """
    first, second = (_enlarged(case, tick) for tick in (0, min(3, case.ticks - 1)))
    threads = cv2.getNumThreads()
    cv2.setNumThreads(1)
    try:
        times = {"seed, whole frame": _least(lambda: _whole(*first, *second))}
        for recipe in ("seed", "default"):
            times[recipe] = _least(lambda: _region(*first, *second, recipe))  # type: ignore[arg-type]  # noqa: B023
        return times
    finally:
        cv2.setNumThreads(threads)


def _enlarged(case: Case, tick: int) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    tracked = case.tracked[tick]
    if tracked.landmarks is None:
        raise ValueError("no face to time with")
    left, top, right, bottom = case.boxes[int(case.shown[tick])]
    scale = _FACE_SHARE * _WIDTH_PX / (right - left)
    shift = (
        _WIDTH_PX / 2 - scale * (left + right) / 2,
        _HEIGHT_PX / 2 - scale * (top + bottom) / 2,
    )
    matrix = np.array([[scale, 0, shift[0]], [0, scale, shift[1]]])
    picture = cv2.warpAffine(
        tracked.bgr,
        matrix,
        (_WIDTH_PX, _HEIGHT_PX),
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REFLECT,
    )
    return picture.astype(np.uint8), (tracked.landmarks * scale + shift).astype(np.float32)


def _region(
    target: NDArray[np.uint8],
    target_points: NDArray[np.float32],
    source: NDArray[np.uint8],
    source_points: NDArray[np.float32],
    recipe: Recipe,
) -> None:
    one, two = Patch.cut(target, target_points), Patch.cut(source, source_points)
    assert one is not None and two is not None
    compose(one.bgr, one.landmarks, two.bgr, two.landmarks, recipe=recipe)


def _whole(
    target: NDArray[np.uint8],
    target_points: NDArray[np.float32],
    source: NDArray[np.uint8],
    source_points: NDArray[np.float32],
) -> None:
    mask = seed_mask(source_points[48:68], source.shape[:2])
    matrix, _ = cv2.findHomography(source_points[48:68], target_points[48:68], cv2.RANSAC)
    size = (target.shape[1], target.shape[0])
    placed = cv2.warpPerspective(source, matrix, size)
    placed_mask = cv2.warpPerspective(mask, matrix, size)
    x, y, width, height = cv2.boundingRect(placed_mask)
    middle = (x + width // 2, y + height // 2)
    cv2.seamlessClone(placed, target, placed_mask, middle, cv2.NORMAL_CLONE)


def _least(work: Callable[[], None]) -> float:
    times = []
    for _ in range(_REPEATS):
        start = time.thread_time()
        work()
        times.append(1000 * (time.thread_time() - start))
    # The least: whatever else the machine does only adds to it.
    return min(times)
