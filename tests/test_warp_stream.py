"""The whole clip: every frame once, in order, with indices that stay aligned."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from benchmarks.covers import COVERS, laid_over
from warp_faces import SIZE_PX, model, talking, write_clip

from syncfix.clip import SyncClock, probe, read_frames, read_timeline, rewrite
from syncfix.warp import Recipe, WarpedFrame, stream, warp_frames
from syncfix.warp.strength import strengths
from syncfix.warp.window import Patch, Sources

COUNT = 24
FACELESS = range(10, 13)


def picture(index: int) -> np.ndarray:
    opening = 4.5 * (1 - np.cos(2 * np.pi * index / 8))
    return talking(opening, (3 * np.sin(index / 5), 0.1 * index))[0]


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("warp") / "talker.mp4"
    return write_clip(path, [picture(k) for k in range(COUNT)])


@pytest.fixture(scope="module")
def gap(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same, with no face in the middle."""
    path = tmp_path_factory.mktemp("warp") / "gap.mp4"
    blank = np.full((SIZE_PX, SIZE_PX, 3), 90, np.uint8)
    return write_clip(path, [blank if k in FACELESS else picture(k) for k in range(COUNT)])


def clock_of(path: Path) -> SyncClock:
    timeline = read_timeline(path)
    return SyncClock(timeline.pts_seconds, timeline.end_seconds)


def warped(path: Path, source_of: np.ndarray, **options) -> list[WarpedFrame]:
    return list(warp_frames(path, clock_of(path), model(), source_of, **options))


def plan(offsets: dict[range, int]) -> np.ndarray:
    source_of = np.arange(COUNT)
    for frames, offset in offsets.items():
        source_of[frames.start : frames.stop] += offset
    return source_of


def planes(frame) -> list[bytes]:
    return [bytes(p) for p in frame.planes]


def test_kept_frames_are_the_decoders_own(talker: Path):
    result = warped(talker, plan({range(8, 14): 3}))
    assert [w.frame.index for w in result] == list(range(COUNT))
    assert [w.status for w in result] == ["kept"] * 8 + ["composed"] * 6 + ["kept"] * 10
    for w, frame in zip(result, read_frames(talker), strict=True):
        if w.status == "kept":
            assert w.picture is w.frame.native
            assert planes(w.picture) == planes(frame.native)
        assert w.shown == (w.picture, frame.pts)


def test_a_plan_that_changes_nothing_looks_for_no_face(talker: Path, monkeypatch):
    monkeypatch.setattr(stream, "track_face", None)
    assert {w.status for w in warped(talker, np.arange(COUNT))} == {"kept"}


@pytest.mark.parametrize("offset", [3, -3])
def test_the_mouth_comes_from_the_planned_frame(talker: Path, offset: int):
    result = warped(talker, plan({range(8, 16): offset}))
    originals = [f.upright_bgr() for f in read_frames(talker)]
    for w in result[8:16]:
        assert w.composed is not None
        got = w.composed.pixels.astype(float)
        box, wanted = w.composed.box, w.frame.index + offset
        # The astronaut's head moves by 3 px at most, so the box of another frame is comparable.
        errors = {
            k: np.abs(originals[k][box.slices] - got)[w.composed.mask > 0.5].mean()
            for k in (w.frame.index, wanted)
        }
        if np.abs(picture(wanted) - picture(w.frame.index).astype(float)).mean() > 2.5:
            assert errors[wanted] < errors[w.frame.index]


def test_faceless_frames_do_not_shift_the_others(gap: Path):
    result = warped(gap, plan({range(6, 20): 2}))
    assert [w.frame.index for w in result] == list(range(COUNT))
    reasons = [w.reason for w in result]
    assert [k for k, r in enumerate(reasons) if r == "no face in target"] == [10, 11, 12]
    assert [k for k, r in enumerate(reasons) if r == "no face in source"] == [8, 9]
    assert [k for k, w in enumerate(result) if w.status == "composed"] == [6, 7, *range(13, 20)]
    for w in result:
        assert (w.picture is w.frame.native) == (w.status != "composed")


def test_the_output_can_be_written(talker: Path, tmp_path: Path):
    frames = warp_frames(talker, clock_of(talker), model(), plan({range(4, 9): 2}), recipe="seed")
    output = rewrite(probe(talker), tmp_path / "out.mp4", (w.shown for w in frames))
    assert np.array_equal(read_timeline(output).pts, read_timeline(talker).pts)


def test_twice_the_same_is_the_same(talker: Path):
    one, two = (warped(talker, plan({range(4, 8): 2})) for _ in range(2))
    assert [planes(w.picture) for w in one] == [planes(w.picture) for w in two]


@pytest.mark.parametrize("recipe", ["default", "seed"])
def test_threads_change_nothing(gap: Path, recipe: Recipe):
    source_of = plan({range(3, 9): 3, range(14, 20): -2})
    serial, threaded = (warped(gap, source_of, recipe=recipe, workers=n) for n in (1, 3))
    assert [w.frame.index for w in threaded] == [w.frame.index for w in serial]
    assert [(w.status, w.reason) for w in threaded] == [(w.status, w.reason) for w in serial]
    assert [planes(w.picture) for w in threaded] == [planes(w.picture) for w in serial]
    assert sum(w.status == "composed" for w in threaded) > 5


@pytest.mark.parametrize("wrong", [np.arange(COUNT - 1), np.arange(COUNT) + 1])
def test_a_plan_that_does_not_fit_is_refused(talker: Path, wrong: np.ndarray):
    with pytest.raises(ValueError, match="source"):
        warp_frames(talker, clock_of(talker), model(), wrong)


def test_only_frames_still_asked_for_are_held():
    source_of = np.arange(1000)
    source_of[100:900] += np.where(np.arange(800) % 50 < 25, 4, -4)
    sources, most = Sources(source_of), 0
    for out in range(1000):
        if sources.wants(min(999, out + 4)):
            sources.hold(min(999, out + 4), None)
        if source_of[out] != out and source_of[out] >= 4:
            assert sources[int(source_of[out])] is None
        most = max(most, len(sources))
        sources.done(out)
    assert most <= 10 and len(sources) == 0


def test_a_patch_is_a_copy_and_holds_the_face():
    bgr, points = talking(0)
    patch = Patch.cut(bgr, points)
    assert patch is not None and not np.shares_memory(patch.bgr, bgr)
    height, width = patch.bgr.shape[:2]
    assert np.array_equal(
        patch.bgr, bgr[patch.top : patch.top + height, patch.left : patch.left + width]
    )
    assert np.allclose(patch.landmarks + np.array([patch.left, patch.top]), points)


def test_strength_rises_over_two_frames_where_mouths_are_close():
    source_of = np.arange(12)
    source_of[3:9] += 1
    third, two_thirds = 1 / 3, 2 / 3
    expected = [0, 0, 0, third, two_thirds, 1, 1, two_thirds, third, 0, 0, 0]
    assert np.allclose(strengths(source_of, 1.0), expected)


def test_strength_is_full_at_once_where_mouths_would_be_seen_double():
    source_of = np.arange(12)
    source_of[3:9] += 3
    assert np.allclose(strengths(source_of, 1.0), [0] * 3 + [1] * 6 + [0] * 3)


def test_a_covered_mouth_is_neither_given_nor_taken(tmp_path: Path):
    hidden = range(9, 15)
    pictures = [picture(k) for k in range(COUNT)]
    sprite = COVERS["microphone"](np.zeros(3), np.random.default_rng(0))
    for k in hidden:
        _, points = talking(0.0, (3 * np.sin(k / 5), 0.1 * k))
        pictures[k], _ = laid_over(pictures[k], points, sprite, (0.0, 0.0))
    path = write_clip(tmp_path / "microphone.mp4", pictures)
    result = warped(path, plan({range(4, 20): 3}))
    inner = set(range(10, 14))
    for k in inner:
        assert (result[k].status, result[k].reason) == ("skipped", "mouth covered in target")
        assert planes(result[k].picture) == planes(result[k].frame.native)
        if k - 3 not in (hidden.start, *inner):
            assert result[k - 3].reason == "mouth covered in source"
    assert result[4].status == result[18].status == "composed"
