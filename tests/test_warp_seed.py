"""The seed recipe: the proof of concept's numbers, without its shift and its whole-frame cost."""

from __future__ import annotations

import cv2
import numpy as np
import pytest
from warp_faces import portrait, talking

from syncfix.warp.result import Composed
from syncfix.warp.seed import compose_seed, seed_mask


def test_the_mask_is_full_in_the_hull_and_half_in_its_rim():
    square = np.array([(50, 50), (150, 50), (150, 150), (50, 150)], np.float32)
    mask = seed_mask(square, (200, 200))
    sharp = np.zeros((200, 200), np.uint8)
    sharp[43:158, 43:158] = 128  # 100 × 1.15 = 115 wide
    sharp[50:151, 50:151] = 255
    expected = cv2.GaussianBlur(sharp, (15, 15), 0)
    assert mask[100, 100] == 255 and mask[0, 0] == 0
    assert np.abs(mask.astype(int) - expected).mean() < 1.5


def test_the_region_equals_the_whole_frame():
    target, points = portrait()
    source, source_points = talking(7, (4, 2))
    result = compose_seed(target, points, source, source_points)
    assert isinstance(result, Composed)
    homography, _ = cv2.findHomography(
        source_points[48:68].astype(float), points[48:68].astype(float), cv2.RANSAC
    )
    size = (256, 256)
    placed = cv2.warpPerspective(source, homography, size)
    mask = cv2.warpPerspective(seed_mask(source_points[48:68], size), homography, size)
    left, top, width, height = cv2.boundingRect(mask)
    centre = (left + width // 2, top + height // 2)
    whole = cv2.seamlessClone(placed, target, mask.copy(), centre, cv2.NORMAL_CLONE)
    changed = result.mask > 0
    difference = np.abs(whole[result.box.slices].astype(int) - result.pixels)[changed]
    assert difference.max() <= 2 and difference.mean() < 0.1


@pytest.mark.parametrize("shift", [(0, 0), (1, 0), (0, 1), (1, 1)])
def test_the_mouth_does_not_shift(shift: tuple[int, int]):
    """A mark in the source comes out where the homography (here: none) puts it."""
    target, points = portrait()
    mouth = points.copy()
    mouth[54, 0] += shift[0]  # masks of odd and even sizes
    mouth[57, 1] += shift[1]
    x, y = np.round(mouth[60:68].mean(axis=0)).astype(int)
    source = target.copy()
    source[y, x] = (255, 0, 0)
    result = compose_seed(target, mouth, source, mouth)
    assert isinstance(result, Composed)
    change = np.abs(result.pixels.astype(int) - target[result.box.slices]).sum(axis=2)
    row, column = np.unravel_index(change.argmax(), change.shape)
    assert (column + result.box.left, row + result.box.top) == (x, y)


def test_twice_the_same_is_the_same():
    target, points = portrait()
    source = talking(7)
    one = compose_seed(target, points, *source)
    two = compose_seed(target, points, *source)
    assert isinstance(one, Composed) and isinstance(two, Composed)
    assert np.array_equal(one.pixels, two.pixels)
