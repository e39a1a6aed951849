"""Placing a mouth: by the points that speech does not move."""

from __future__ import annotations

from dataclasses import replace

import cv2
import numpy as np
import pytest
from warp_faces import portrait, talking

from syncfix.warp.place import inter_ocular, place, weighted_similarity
from syncfix.warp.refine import refine


def moved(points: np.ndarray, scale: float, degrees: float, shift: tuple[float, float]):
    turn = scale * np.exp(1j * np.radians(degrees))
    z = (points @ (1, 1j)) * turn + complex(*shift)
    return np.stack([z.real, z.imag], axis=1)


def test_a_known_similarity_is_found():
    points = portrait()[1]
    target = moved(points, 1.1, 7.0, (12.5, -4.0))
    found = place(points, target)
    assert found.scale == pytest.approx(1.1)
    assert found.turn_degrees == pytest.approx(7.0)
    assert np.allclose(found.apply(points), target, atol=1e-6)
    assert found.misfit < 1e-6


def test_an_opening_mouth_does_not_move_the_placement():
    points, opened = portrait()[1], talking(12)[1]
    assert np.allclose(place(opened, points).matrix, [[1, 0, 0], [0, 1, 0]], atol=1e-9)


def test_one_misplaced_point_is_held_down():
    points = portrait()[1].astype(np.float64)
    wrong = points.copy()
    wrong[36] += 0.3 * inter_ocular(points)
    plain = weighted_similarity(wrong[27:48], points[27:48], np.ones(21))
    robust = place(wrong, points)
    mouth = points[48:68]
    off_plain = np.abs(mouth @ plain[:, :2].T + plain[:, 2] - mouth).max()
    off_robust = np.abs(robust.apply(mouth) - mouth).max()
    assert off_robust < 0.5 * off_plain


@pytest.mark.parametrize(("scale", "degrees"), [(1.5, 0), (0.6, 0), (1, 25)])
def test_heads_of_another_size_or_turn_are_not_plausible(scale: float, degrees: float):
    points = portrait()[1]
    assert not place(points, moved(points, scale, degrees, (0, 0))).plausible


def test_a_head_turned_out_of_the_plane_is_not_plausible():
    points = portrait()[1].astype(np.float64)
    turned = points.copy()
    turned[:, 0] = points[27, 0] + (points[:, 0] - points[27, 0]) * 0.6
    turned[27:36, 0] += 0.2 * inter_ocular(points)
    assert place(points, points).plausible
    assert not place(points, turned).plausible


def test_trust_falls_steadily_as_the_head_turns_away():
    points = portrait()[1].astype(np.float64)
    trusts = []
    for share in np.linspace(0, 1, 21):
        turned = points.copy()
        turned[27:36, 0] += 0.35 * share * inter_ocular(points)
        placement = place(points, turned)
        trusts.append(placement.trust)
        assert placement.plausible == (placement.trust > 0)
    assert trusts[0] == 1 and trusts[-1] == 0
    assert any(0 < trust < 1 for trust in trusts)
    assert (np.diff(trusts) <= 1e-9).all()


def test_the_pixels_mend_what_the_landmarks_got_wrong():
    target, points = portrait()
    source, source_points = talking(6, (4.4, -2.6))
    exact = place(source_points, points)
    wrong = exact.matrix.copy()
    wrong[:, 2] += (1.5, -1.0)
    mended = refine(replace(exact, matrix=wrong), source, target, points)[0]
    mouth = source_points[48:68].astype(np.float64)
    assert np.abs(mended.apply(mouth) - exact.apply(mouth)).max() < 0.35


def test_a_blank_picture_leaves_the_placement_alone():
    _, points = portrait()
    blank = np.full((256, 256, 3), 128, np.uint8)
    exact = place(points, points)
    assert np.array_equal(refine(exact, blank, blank, points)[0].matrix, exact.matrix)


def test_a_blurred_target_asks_for_as_much_blur():
    """Blur of a known width is found; a source that is no sharper is left as it is."""
    target, points = portrait()
    unit = inter_ocular(points)
    exact = place(points, points)
    for sigma in (0.02, 0.04):
        dim = cv2.GaussianBlur(target, (0, 0), sigma * unit)
        blur = refine(exact, target, dim, points)[1]
        assert blur == pytest.approx(sigma, rel=0.35)
        assert refine(exact, dim, target, points)[1] == 0
    assert refine(exact, target, target, points)[1] == 0
