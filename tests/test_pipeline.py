"""The whole way through, on a rendered talker whose timing is known."""

from __future__ import annotations

import json
from dataclasses import asdict
from pathlib import Path

import media
import numpy as np
import pytest
from click.testing import CliRunner

import syncfix
from syncfix.clip import probe, read_timeline
from syncfix.commands import main
from syncfix.demo import render_clip
from syncfix.models import Models
from syncfix.results import Measurement, Rewrite

SCORES = {
    "lse_d", "lse_d_min", "lse_c", "cosine", "sync_acc",
    "offset_ticks", "offset_ms", "confidence", "can_tell",
}  # fmt: skip


@pytest.fixture(scope="module")
def models() -> Models:
    return Models.load()


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("talker")


@pytest.fixture(scope="module")
def talker(folder: Path) -> Path:
    path = folder / "talker.mp4"
    render_clip(path, fps=25, seconds=4.0)
    return path


@pytest.fixture(scope="module")
def slipped(folder: Path) -> Path:
    """The talker with every picture three ticks late, so that the audio leads by 120 ms."""
    path = folder / "slipped.mp4"
    render_clip(path, fps=25, seconds=4.0, offset_ticks=np.full(100, -3))
    return path


@pytest.fixture(scope="module")
def measured(talker: Path, models: Models) -> Measurement:
    return syncfix.measure(talker, models=models)


@pytest.fixture(scope="module")
def forced(slipped: Path, folder: Path, models: Models) -> Rewrite:
    """A rewrite that is kept whatever the scores say of it."""
    options = syncfix.RetimeOptions(change_penalties=(0.05,), temporal_penalty=0.0)
    return syncfix.retime(
        slipped, folder / "forced.mp4", options=options, force=True, models=models
    )


def test_functions_are_not_hidden_by_the_subpackages_of_their_name() -> None:
    import syncfix.retime.plan
    import syncfix.warp.composing

    assert callable(syncfix.retime)
    assert callable(syncfix.warp)
    assert syncfix.retime.__module__ == syncfix.warp.__module__ == "syncfix.pipeline"


def test_measure_has_the_fixed_names(measured: Measurement) -> None:
    content = json.loads(json.dumps(measured.to_dict(), allow_nan=False))
    assert {"clip", "audio", "checkpoint", "ticks", "speech_ticks", "scores", "curve"} <= set(
        content
    )
    assert set(content["checkpoint"]) == {"name", "sha256"}
    assert set(content["scores"]) == SCORES
    assert len(content["curve"]) == 31
    assert content["ticks"] == 100
    if content["judge"] is not None:
        assert set(content["judge"]["scores"]) == SCORES


def test_measuring_twice_gives_the_same_digits(
    talker: Path, measured: Measurement, models: Models
) -> None:
    assert syncfix.measure(talker, models=models).to_dict() == measured.to_dict()


def test_moved_sound_moves_the_offset(
    talker: Path, measured: Measurement, folder: Path, models: Models
) -> None:
    """Whatever the network thinks of a rendered face, the curve has to move with the sound."""
    late = folder / "late.mp4"
    render_clip(late, fps=25, seconds=4.0, audio_delay_seconds=0.2)
    before, after = measured.chooser.curve, syncfix.measure(late, models=models).chooser.curve
    assert before is not None
    assert after is not None
    # Sound 5 ticks later: what was heard at i is heard at i + 5, so the audio leads by 5 less.
    shifted = np.corrcoef(np.array(before[5:], float), np.array(after[:-5], float))[0, 1]
    assert shifted > 0.8


def test_sound_file_beside_the_clip_measures_the_same(
    talker: Path, measured: Measurement, folder: Path, models: Models
) -> None:
    speech = folder / "speech.wav"
    media.ffmpeg("-i", talker, "-vn", "-ac", "1", speech)
    beside = syncfix.measure(talker, audio=speech, models=models)
    assert beside.audio == speech
    assert beside.chooser.scores.lse_d == pytest.approx(measured.chooser.scores.lse_d, abs=0.01)


def test_output_keeps_frames_times_and_sound(forced: Rewrite, slipped: Path) -> None:
    before, after = read_timeline(slipped), read_timeline(forced.output)
    if forced.decision == "rewritten":
        assert (before.pts_seconds == after.pts_seconds).all()
    assert len(before.pts) == len(after.pts)
    assert media.hashes(slipped, "audio") == media.hashes(forced.output, "audio")
    assert probe(slipped).video.colour == probe(forced.output).video.colour


def test_scores_after_are_those_of_the_written_file(forced: Rewrite, models: Models) -> None:
    again = syncfix.measure(forced.output, models=models)
    assert asdict(again.chooser.scores) == asdict(forced.after.chooser.scores)


def test_a_shift_is_looked_at_with_the_sound_where_it_now_lies(
    slipped: Path, folder: Path, models: Models
) -> None:
    speech = folder / "slipped.wav"
    media.ffmpeg("-i", slipped, "-vn", "-ac", "1", speech)
    options = syncfix.RetimeOptions(strategy="global")
    shifted = syncfix.retime(
        slipped, folder / "shifted.mp4", audio=speech, options=options, force=True, models=models
    )
    assert shifted.decision == "shifted"
    again = syncfix.measure(shifted.output, models=models)
    assert asdict(again.chooser.scores) == asdict(shifted.after.chooser.scores)
    assert again.chooser.scores.offset_ticks != shifted.before.chooser.scores.offset_ticks


@pytest.mark.slow
def test_a_wrong_frame_rate_is_found_and_mended_by_timestamps(folder: Path, models: Models) -> None:
    """25 frames a second that were written as 29.97: the mouth runs ahead by a fifth."""
    fast, mended = folder / "fast.mp4", folder / "mended.mp4"
    render_clip(fast, fps=25, seconds=6.0, offset_ticks=(29.97 / 25 - 1) * np.arange(150))
    result = syncfix.retime(fast, mended, models=models)
    assert result.decision == "stretched"
    assert result.line is not None
    assert result.line.slope == pytest.approx(25 / 29.97 - 1, abs=0.01)
    assert media.hashes(fast, "video") == media.hashes(mended, "video")
    assert media.hashes(fast, "audio") == media.hashes(mended, "audio")
    before, after = read_timeline(fast), read_timeline(mended)
    stretch = 1 / (1 + result.line.slope)
    assert after.pts_seconds[-1] == pytest.approx(before.pts_seconds[-1] * stretch, abs=0.002)


def test_plan_never_runs_backwards_and_stays_in_the_clip(forced: Rewrite) -> None:
    plan = forced.offset_ticks
    place = np.arange(len(plan))
    assert np.diff(plan).min(initial=0) >= -1
    assert ((place + plan >= 0) & (place + plan < len(plan))).all()


def test_rewrite_json_has_the_fixed_names(forced: Rewrite) -> None:
    content = json.loads(json.dumps(forced.to_dict(), allow_nan=False))
    assert {"clip", "output", "decision", "reasons", "before", "after", "plan"} <= set(content)
    assert content["decision"] in ("rewritten", "shifted", "stretched", "unchanged")
    assert set(content["before"]) == set(content["after"]) == SCORES
    assert content["plan"]["tick_seconds"] == 0.04
    assert len(content["plan"]["offset_ticks"]) == 100


def test_clip_without_speech_passes_through_byte_for_byte(
    talker: Path, folder: Path, models: Models
) -> None:
    silent, output = folder / "silent.mp4", folder / "silent-out.mp4"
    media.ffmpeg("-i", talker, "-af", "volume=0", "-c:v", "copy", silent)
    result = syncfix.retime(silent, output, models=models)
    assert result.decision == "unchanged"
    assert "speech" in " ".join(result.reasons)
    assert result.before.chooser.scores.lse_d is None
    assert output.read_bytes() == silent.read_bytes()


def test_rejected_rewrite_leaves_the_input_bytes_and_the_reasons(
    talker: Path, folder: Path, models: Models
) -> None:
    """A greedy plan on frames that are right already is no proof of a gain."""
    output = folder / "rejected.mp4"
    options = syncfix.RetimeOptions(strategy="greedy", window_ticks=1)
    result = syncfix.retime(talker, output, options=options, models=models)
    if result.decision == "unchanged":
        assert output.read_bytes() == talker.read_bytes()
        assert result.after.chooser.scores == result.before.chooser.scores
    else:
        assert result.after.chooser.scores.lse_d < result.before.chooser.scores.lse_d
    assert result.reasons
    assert not list(folder.glob(".*"))


def test_warp_keeps_frames_times_and_sound(slipped: Path, folder: Path, models: Models) -> None:
    output = folder / "warped.mp4"
    result = syncfix.warp(slipped, output, force=True, models=models)
    assert (read_timeline(slipped).pts_seconds == read_timeline(output).pts_seconds).all()
    assert media.hashes(slipped, "audio") == media.hashes(output, "audio")
    if result.decision == "rewritten":
        assert result.frames_composed


def test_command_prints_a_table_or_json(talker: Path) -> None:
    table = CliRunner().invoke(main, ["measure", str(talker)])
    assert table.exit_code == 0
    assert "LSE-D" in table.stdout
    printed = CliRunner().invoke(main, ["measure", str(talker), "--json", "-"])
    assert set(json.loads(printed.stdout)["scores"]) == SCORES
