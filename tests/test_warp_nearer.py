"""Where a head has turned too far, a source nearer in time is taken."""

from __future__ import annotations

import numpy as np
from warp_faces import portrait

from syncfix.face.track import Tracked
from syncfix.warp.nearer import nearer
from syncfix.warp.tasks import tasks

COUNT = 24


def turned(points: np.ndarray, share: float) -> np.ndarray:
    """Landmarks of a head turned out of the plane: one side narrower, the nose aside."""
    out = points.copy()
    middle = points[27, 0]
    out[:, 0] = middle + (points[:, 0] - middle) * np.where(points[:, 0] > middle, 1 - share, 1)
    out[27:36, 0] += share * 30
    return out


def offsets(turn: np.ndarray, offset: int, covered: tuple[int, ...] = ()) -> list[int]:
    picture, points = portrait()
    tracked = []
    for k in range(COUNT):
        face = turned(points, turn[k])
        tracked.append(Tracked(k, picture, face, face, covered=k in covered))
    source_of = np.clip(np.arange(COUNT) + offset, 0, COUNT - 1)
    made = [nearer(task) for task in tasks(tracked, source_of, np.ones(COUNT))]
    assert [task.key for task in made] == list(range(COUNT))
    for task in made:
        if task.offset:
            assert task.source is not None
            expected = turned(points, turn[task.key + task.offset])
            corner = np.array([task.source.left, task.source.top])
            assert np.allclose(task.source.landmarks + corner, expected, atol=1e-3)
    return [task.offset for task in made]


def test_a_head_that_is_still_keeps_its_sources():
    assert offsets(np.zeros(COUNT), 3) == [3] * (COUNT - 3) + [2, 1, 0]
    assert offsets(np.zeros(COUNT), -3) == [0, -1, -2] + [-3] * (COUNT - 3)


def test_before_a_sudden_turn_the_last_picture_before_it_serves():
    turn = np.where(np.arange(COUNT) < 12, 0.0, 0.5)
    assert offsets(turn, 4)[:16] == [4] * 8 + [3, 2, 1, 1] + [4] * 4
    assert offsets(turn, -4)[10:18] == [-4, -4, -1, -1, -2, -3, -4, -4]


def test_a_covered_source_stays_to_be_skipped_and_is_not_passed_on():
    got = offsets(np.zeros(COUNT), 3, covered=(12,))
    assert got[9] == 3 and got[12] == 3
    turn = np.where(np.arange(COUNT) < 13, 0.0, 0.5)
    assert offsets(turn, 3, covered=(12,))[10] == 1
