"""Scenes as people have them: cuts, through the whole way."""

from __future__ import annotations

from pathlib import Path

import media
import numpy as np
import pytest

import syncfix
from syncfix.clip import read_frames
from syncfix.demo import render_clip
from syncfix.models import Models
from syncfix.observe import Observed, observe, open_clip

SECOND_SHOT_TICK = 50


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def two_shots(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The rendered talker, and from 2 s on the same one nearer and in another light."""
    folder = tmp_path_factory.mktemp("scenes")
    talker, path = folder / "talker.mp4", folder / "two-shots.mp4"
    render_clip(talker, fps=25, seconds=4.0)
    near = "crop=iw*0.75:ih*0.75:0:ih*0.2,scale=SIZE,negate=components=u+v,hflip"
    frame = next(iter(read_frames(talker))).upright_bgr()
    near = near.replace("SIZE", f"{frame.shape[1]}:{frame.shape[0]}")
    joined = (
        f"[0:v]split[a][b];[a]trim=end={SECOND_SHOT_TICK / 25},setpts=PTS-STARTPTS[one];"
        f"[b]trim=start={SECOND_SHOT_TICK / 25},setpts=PTS-STARTPTS,{near}[two];"
        "[one][two]concat=n=2[v]"
    )
    inputs = ("-i", talker, "-filter_complex", joined, "-map", "[v]", "-map", "0:a")
    media.ffmpeg(*inputs, "-c:v", "libx264", "-preset", "ultrafast", "-c:a", "copy", path)
    return path


@pytest.fixture(scope="module")
def observed(two_shots: Path, models: Models) -> Observed:
    return observe(open_clip(two_shots), models.networks, models.landmarks)


def test_the_cut_is_seen_and_no_window_across_it_counts(observed: Observed) -> None:
    assert observed.cuts.tolist() == [SECOND_SHOT_TICK]
    for each in observed.by_network:
        half = each.network.embedder.window_ticks // 2
        near = slice(SECOND_SHOT_TICK - half + 1, SECOND_SHOT_TICK + half)
        assert not each.counts[near].any()
        assert each.counts.any()
    # Otherwise the test could not fail: somebody speaks there, and is seen.
    assert (observed.speech & observed.found)[SECOND_SHOT_TICK - 7 : SECOND_SHOT_TICK + 7].any()


def test_a_rewrite_shows_no_frame_of_the_other_shot(
    two_shots: Path, observed: Observed, models: Models, tmp_path: Path
) -> None:
    output = tmp_path / "out.mp4"
    options = syncfix.RetimeOptions(window_ticks=5, change_penalties=(0.0,), temporal_penalty=0.0)
    result = syncfix.retime(two_shots, output, options=options, force=True, models=models)
    if result.decision != "rewritten":
        pytest.fail(f"nothing was rewritten: {result.reasons}")
    before = [f.upright_bgr().mean(axis=(0, 1)) for f in read_frames(two_shots)]
    first, second = before[0], before[-1]
    for index, frame in enumerate(read_frames(output)):
        mean = frame.upright_bgr().mean(axis=(0, 1))
        own, other = (first, second) if index < SECOND_SHOT_TICK else (second, first)
        assert np.abs(mean - own).sum() < np.abs(mean - other).sum(), index
