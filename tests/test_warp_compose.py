"""One frame with another's mouth: what changes, what must not, and when nothing is done."""

from __future__ import annotations

import numpy as np
import pytest
from warp_faces import portrait, talking

from syncfix.warp import Composed, Recipe, Skipped, compose
from syncfix.warp.blend import blend, colour_difference
from syncfix.warp.mask import FADE, core_points, face_points, outer_points, soft_mask
from syncfix.warp.place import inter_ocular
from syncfix.warp.window import Patch

RECIPES: list[Recipe] = ["default", "seed"]


def composed(result: Composed | Skipped) -> Composed:
    assert isinstance(result, Composed), result
    return result


def shown(target: np.ndarray, result: Composed) -> np.ndarray:
    picture = target.copy()
    picture[result.box.slices] = result.pixels
    return picture


def mouth_error(picture: np.ndarray, truth: np.ndarray, points: np.ndarray) -> float:
    left, top = points[48:68].min(axis=0).astype(int) - 3
    right, bottom = points[48:68].max(axis=0).astype(int) + 4
    cut = np.s_[top:bottom, left:right]
    return float(np.abs(picture[cut].astype(float) - truth[cut]).mean())


@pytest.mark.parametrize("recipe", RECIPES)
def test_pixels_equal_the_target_where_the_mask_is_zero(recipe: Recipe):
    target, points = portrait()
    result = composed(compose(target, points, *talking(8, (3, 1)), recipe=recipe))
    same = result.pixels == target[result.box.slices]
    assert same[result.mask == 0].all()
    assert not same[result.mask > 0.9].all()
    assert result.pixels.dtype == np.uint8 and result.mask.min() >= 0 and result.mask.max() <= 1


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_frame_with_its_own_mouth_looks_as_before(recipe: Recipe):
    target, points = portrait()
    result = composed(compose(target, points, target, points, recipe=recipe))
    assert np.abs(shown(target, result).astype(int) - target).max() <= 2


def test_the_default_recipe_shows_the_sources_mouth_on_the_targets_head():
    target, points = portrait()
    source, source_points = talking(8, (5, -3))
    truth, truth_points = talking(8)
    before = mouth_error(target, truth, truth_points)
    error = {
        recipe: mouth_error(
            shown(target, composed(compose(target, points, source, source_points, recipe=recipe))),
            truth,
            truth_points,
        )
        for recipe in RECIPES
    }
    assert error["default"] < 0.15 * before
    assert error["default"] < 0.5 * error["seed"]


def test_an_open_mouth_is_closed_without_a_second_one():
    target, points = talking(9)
    result = composed(compose(target, points, *portrait()))
    truth = portrait()[0]
    error = mouth_error(shown(target, result), truth, points)
    assert error < 0.15 * mouth_error(target, truth, points)


def test_another_light_does_not_show_as_a_seam():
    target, points = portrait()
    dim = np.clip(target.astype(int) - 12, 0, 255).astype(np.uint8)
    result = composed(compose(target, points, dim, points))
    assert np.abs(shown(target, result).astype(int) - target).mean(axis=2).max() < 4


def test_half_strength_lies_between():
    target, points = portrait()
    source = talking(8)
    full = composed(compose(target, points, *source))
    half = composed(compose(target, points, *source, strength=0.5))
    middle = (full.pixels.astype(float) + target[full.box.slices]) / 2
    assert half.box == full.box
    assert np.abs(half.pixels - middle).max() <= 1
    assert np.allclose(half.mask, full.mask / 2)


@pytest.mark.parametrize("recipe", RECIPES)
def test_a_patch_of_the_face_gives_what_the_whole_picture_gives(recipe: Recipe):
    target, points = portrait()
    source, source_points = talking(8, (5, -3))
    whole = composed(compose(target, points, source, source_points, recipe=recipe))
    a, b = Patch.cut(target, points), Patch.cut(source, source_points)
    assert a is not None and b is not None
    part = composed(compose(a.bgr, a.landmarks, b.bgr, b.landmarks, recipe=recipe))
    assert part.box.moved(a.left, a.top) == whole.box
    assert np.abs(part.pixels.astype(int) - whole.pixels).max() <= 1


def test_inputs_are_left_as_they_were():
    target, points = portrait()
    source, source_points = talking(8)
    copies = [a.copy() for a in (target, points, source, source_points)]
    for recipe in RECIPES:
        compose(target, points, source, source_points, recipe=recipe)
    for now, before in zip((target, points, source, source_points), copies, strict=True):
        assert np.array_equal(now, before)


def test_reasons_for_doing_nothing():
    target, points = portrait()
    large = (points - 128) * 1.5 + 128
    outside = points + np.array([0, 256 - points[48:68, 1].mean()], np.float32)
    assert compose(target, None, target, points) == Skipped("no face in target")
    assert compose(target, points, target, None) == Skipped("no face in source")
    assert compose(target, large, target, points) == Skipped(
        "heads differ too much in pose or scale"
    )
    assert compose(target, outside, target, points) == Skipped("mouth outside the picture")
    noise = np.random.default_rng(0).integers(0, 256, target.shape, np.uint8)
    assert compose(target, points, noise, points) == Skipped("seam would show")


def test_the_mask_covers_both_mouths_and_leaves_nose_and_cheeks():
    points, opened = portrait()[1].astype(np.float64), talking(10)[1].astype(np.float64)
    core = np.vstack([core_points(points), core_points(opened)])
    outer = np.vstack([outer_points(points), outer_points(opened)])
    mask = soft_mask(core, outer, (256, 256))

    def at(where: np.ndarray) -> np.ndarray:
        x, y = np.round(where).astype(int).T
        return mask[y, x]

    assert at(np.vstack([points[48:68], opened[48:68], points[7:10], opened[7:10]])).min() > 0.97
    assert at(points[27:31]).max() == 0
    assert at(points[[0, 1, 2, 3, 13, 14, 15, 16]]).max() == 0


def test_nothing_beside_either_face_gets_into_the_mask():
    """The source's head is turned: its far cheek ends where the target's goes on."""
    points = portrait()[1].astype(np.float64)
    narrow = points.copy()
    narrow[9:17, 0] = points[8, 0] + 0.5 * (points[9:17, 0] - points[8, 0])
    core, outer = core_points(points), outer_points(points)
    faces = [face_points(points), face_points(narrow)]
    free = soft_mask(core, outer, (256, 256))
    kept = soft_mask(core, outer, (256, 256), within=faces)
    beside = np.round(points[11] - (points[11] - narrow[11]) / 3).astype(int)
    assert free[beside[1], beside[0]] > 0.01
    assert kept[beside[1], beside[0]] == 0
    assert (kept <= free + 1e-6).all()


def test_no_fade_is_narrower_than_it_may_be():
    points = portrait()[1].astype(np.float64)
    core, outer = core_points(points), outer_points(points)
    steps = {}
    for fade_px in (0.0, FADE * inter_ocular(points)):
        mask = soft_mask(core, outer, (256, 256), fade_px=fade_px)
        steps[fade_px > 0] = max(np.abs(np.diff(mask, axis=axis)).max() for axis in (0, 1))
    assert steps[True] < 0.6 * steps[False]


def test_a_large_mask_is_the_small_one_enlarged():
    points = portrait()[1].astype(np.float64)
    core, outer = core_points(points), outer_points(points)
    low, high = outer.min(axis=0) - 2, outer.max(axis=0) + 2
    width, height = np.ceil(high - low).astype(int)
    small = soft_mask(core - low, outer - low, (height, width))
    large = soft_mask(4 * (core - low), 4 * (outer - low), (4 * height, 4 * width))
    means = large.reshape(height, 4, width, 4).mean(axis=(1, 3))
    assert np.abs(means - small).mean() < 0.02


def test_where_the_source_has_no_pixels_the_target_stays():
    """The head is nearer to the picture's lower edge in the source: its chin is cut off."""
    target, points = portrait()
    lower = int(points[8, 1]) - 2
    result = composed(compose(target, points, target[:lower].copy(), points))
    below = result.mask[lower - result.box.top + 1 :]
    assert below.size and below.max() == 0


def test_blending_takes_a_constant_difference_out_exactly():
    rng = np.random.default_rng(1)
    target = rng.integers(40, 200, (60, 80, 3), np.uint8)
    ramp = np.clip(np.minimum(np.arange(80), np.arange(80)[::-1]) / 20.0, 0, 1)
    mask = np.tile(ramp.astype(np.float32), (60, 1))
    difference = colour_difference(target, target + np.uint8(9), mask)
    colour, seam_levels = difference.light, difference.seam_levels
    pixels = blend(target, target + np.uint8(9), mask, colour)
    assert np.abs(pixels.astype(int) - target).max() <= 1
    assert seam_levels < 1


def test_sizes_follow_the_eyes():
    assert inter_ocular(2 * portrait()[1]) == pytest.approx(2 * inter_ocular(portrait()[1]))


def test_every_level_comes_through_where_the_mask_is_zero():
    target = np.arange(256, dtype=np.uint8).repeat(3).reshape(16, 16, 3)
    mask = np.zeros((16, 16), np.float32)
    light = np.full((4, 4, 3), 30, np.float32)
    assert np.array_equal(blend(target, 255 - target, mask, light), target)
    assert np.array_equal(blend(target, target, mask + 1, 0 * light), target)


def test_the_gain_is_what_differs_inside_against_what_differs_at_the_border():
    target = np.full((60, 80, 3), 100, np.uint8)
    ramp = np.clip(np.minimum(np.arange(80), np.arange(80)[::-1]) / 20.0, 0, 1)
    mask = np.tile(ramp.astype(np.float32), (60, 1))
    mouth = target.copy()
    mouth[20:40, 30:50] = 30
    assert colour_difference(target, mouth, mask).gain > 3
    border = target.copy()
    border[np.arange(60) // 6 % 2 == 0, 4:16] = 60
    assert colour_difference(target, border, mask).gain < 1.0
    assert colour_difference(target, target, mask).gain == np.inf
