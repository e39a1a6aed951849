"""Before and after in one video: whole, in step, with the sound, or not there at all."""

from __future__ import annotations

from pathlib import Path

import av
import media
import numpy as np
import pytest
from click.testing import CliRunner

from syncfix.clip import probe, read_frames, read_timeline
from syncfix.commands import main
from syncfix.errors import InputError
from syncfix.report import side_by_side
from syncfix.report.curves import CurveStrip
from syncfix.report.side_by_side import write_side_by_side
from syncfix.results import Decision, Measurement, NetworkReading, Rewrite
from syncfix.syncnet.scores import Scores


def measurement(clip: Path, distances: list[float | None], mean: float | None) -> Measurement:
    reading = NetworkReading(
        "name", "0" * 64, len(distances), 40, Scores(lse_d=mean), None, tuple(distances)
    )
    return Measurement(clip, clip, reading, None)


def rewritten(clip: Path, output: Path, decision: Decision = "rewritten") -> Rewrite:
    before = measurement(clip, [None] * 5 + [1.0] * 45, 1.0)
    after = measurement(output, [None] * 5 + [0.8] * 45, 0.8)
    return Rewrite(clip, output, decision, (), before, after, np.zeros(50, np.intp), None)


@pytest.mark.parametrize("name", ["mp4_25", "mp4_rotated", "mkv_vfr"])
def test_every_frame_and_packet_of_the_output_is_there(name: str, tmp_path: Path) -> None:
    clip = media.clip(name)
    path = write_side_by_side(rewritten(clip, clip), tmp_path / "both.mp4")
    assert len(read_timeline(path).pts) == len(read_timeline(clip).pts)
    assert media.hashes(path, "a") == media.hashes(clip, "a")
    info = probe(path)
    assert info.video.display_matrix is None
    width, height = probe(clip).video.upright_size
    assert (info.video.width / 2) / 480 == pytest.approx(width / height, rel=0.02)


def test_each_half_shows_its_own_clip(tmp_path: Path) -> None:
    clip = media.clip("mp4_25")
    path = write_side_by_side(rewritten(clip, clip), tmp_path / "both.mp4")
    for shown in read_frames(path):
        picture = shown.upright_bgr()[60:480].astype(float)
        left, right = np.hsplit(picture, 2)
        assert np.abs(left - right).mean() < 3
    # The curves change with the cursor only.
    strips = [f.upright_bgr()[480:].astype(float) for f in read_frames(path)]
    assert np.abs(strips[0] - strips[-1]).max() > 60
    assert np.abs(strips[0] - strips[-1]).mean() < 3


def test_the_cursor_stands_where_the_time_is() -> None:
    both = rewritten(Path("a"), Path("b"))
    strip = CurveStrip(both.before, both.after, (640, 176))
    bare = strip.at(-1.0).astype(int)
    columns = [
        int(np.abs(strip.at(t).astype(int) - bare).sum(axis=(0, 2)).argmax())
        for t in (0.0, 1.0, 2.0)
    ]
    assert columns[0] < columns[1] < columns[2]
    assert abs(columns[1] - (columns[0] + columns[2]) / 2) <= 1.5


def test_too_little_speech_is_said_in_place_of_curves() -> None:
    nothing = measurement(Path("a"), [None] * 20, None)
    picture = CurveStrip(nothing, nothing, (640, 176)).at(0.2)
    assert picture.shape == (176, 640, 3) and picture.min() < 100


def test_an_existing_file_is_refused_before_any_work(tmp_path: Path) -> None:
    clip, there = media.clip("mp4_25"), tmp_path / "both.mp4"
    there.write_bytes(b"mine")
    result = CliRunner().invoke(
        main,
        ["retime", str(clip), "-o", str(tmp_path / "out.mp4"), "--side-by-side", str(there)],
    )
    assert result.exit_code == 2 and len(result.stderr.splitlines()) == 1
    assert "both.mp4" in result.stderr and "--overwrite" in result.stderr
    assert there.read_bytes() == b"mine" and list(tmp_path.iterdir()) == [there]


def test_the_outputs_own_path_is_refused(tmp_path: Path) -> None:
    out = str(tmp_path / "out.mp4")
    result = CliRunner().invoke(
        main, ["warp", str(media.clip("mp4_25")), "-o", out, "--side-by-side", out]
    )
    assert result.exit_code == 2 and "--side-by-side" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_the_speech_that_is_given_is_refused(tmp_path: Path) -> None:
    speech = tmp_path / "speech.mp4"
    speech.write_bytes(media.clip("mp4_25").read_bytes())
    result = CliRunner().invoke(
        main,
        ["retime", str(media.clip("mp4_25")), "-o", str(tmp_path / "out.mp4"), "--overwrite",
         "--audio", str(speech), "--side-by-side", str(speech)],
    )  # fmt: skip
    assert result.exit_code == 2 and "same file" in result.stderr
    assert list(tmp_path.iterdir()) == [speech]


def test_nothing_is_left_when_the_job_fails(tmp_path: Path) -> None:
    result = CliRunner().invoke(
        main,
        ["retime", str(media.clip("mp4_25")), "-o", str(tmp_path / "out.mp4"),
         "--side-by-side", str(tmp_path / "both.mp4")],
    )  # fmt: skip
    assert result.exit_code == 2 and "no face" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_nothing_is_left_when_drawing_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    clip = media.clip("mp4_25")

    def broken(*arguments: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(side_by_side, "_panel", broken)
    with pytest.raises(InputError, match="No space left"):
        write_side_by_side(rewritten(clip, clip), tmp_path / "both.mp4")
    assert list(tmp_path.iterdir()) == []


def test_a_shifted_clip_is_shown_under_the_same_sound(tmp_path: Path) -> None:
    """Where the sound was delayed, the clip's own pictures come that much later beside it."""
    from syncfix.clip import shift

    clip = media.clip("mp4_25")
    late = shift(probe(clip), tmp_path / "late.mp4", offset_ms=200)
    path = write_side_by_side(rewritten(clip, late, "shifted"), tmp_path / "both.mp4")
    originals = [f.upright_bgr() for f in read_frames(clip)]
    height = originals[0].shape[0]
    for index, shown in list(enumerate(read_frames(path)))[6:20]:
        left = np.hsplit(shown.upright_bgr()[:480], 2)[0]
        frame = av.VideoFrame.from_ndarray(np.ascontiguousarray(left), "bgr24")
        small = frame.reformat(originals[0].shape[1], height).to_ndarray(format="bgr24")
        errors = [
            np.abs(small[height // 6 :].astype(float) - o[height // 6 :]).mean() for o in originals
        ]
        assert int(np.argmin(errors)) == index - 5
