"""What a user sees: clear refusals with exit code 2, JSON with fixed names, nothing left behind."""

from __future__ import annotations

import json
from pathlib import Path

import media
import pytest
from click.testing import CliRunner, Result

from syncfix.commands import main


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


def check_refusal(result: Result, *words: str) -> None:
    """Exit code 2, one line on the error stream, no traceback."""
    assert result.exit_code == 2, result.output
    assert result.stdout == ""
    lines = result.stderr.splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("syncfix: ")
    for word in words:
        assert word in lines[0]
    assert result.exception is None or isinstance(result.exception, SystemExit)


@pytest.fixture
def no_speaker() -> Path:
    """A test card with a beep: pictures and sound, but no face."""
    return media.clip("mp4_25")


COMMANDS = ("measure", "retime", "warp")


def arguments(command: str, clip: Path, folder: Path) -> list[str | Path]:
    output = [] if command == "measure" else ["-o", folder / "out.mp4"]
    return [command, clip, *output]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_such_file(command: str, tmp_path: Path) -> None:
    result = run(*arguments(command, tmp_path / "none.mp4", tmp_path))
    check_refusal(result, "none.mp4")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_not_a_media_file(command: str, tmp_path: Path) -> None:
    clip = tmp_path / "text.mp4"
    clip.write_text("no film at all\n" * 20)
    check_refusal(run(*arguments(command, clip, tmp_path)), "text.mp4")
    assert list(tmp_path.iterdir()) == [clip]


@pytest.mark.parametrize("command", COMMANDS)
def test_no_video_stream(command: str, tmp_path: Path) -> None:
    check_refusal(run(*arguments(command, media.sound("beep.wav"), tmp_path)), "video")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_no_sound_and_none_given(command: str, tmp_path: Path) -> None:
    check_refusal(run(*arguments(command, media.clip("mp4_silent"), tmp_path)), "--audio")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("command", COMMANDS)
def test_no_face(command: str, no_speaker: Path, tmp_path: Path) -> None:
    before = no_speaker.read_bytes()
    check_refusal(run(*arguments(command, no_speaker, tmp_path)), "no face")
    assert list(tmp_path.iterdir()) == []
    assert no_speaker.read_bytes() == before


@pytest.mark.parametrize("command", COMMANDS)
def test_shorter_than_a_window(command: str, no_speaker: Path, tmp_path: Path) -> None:
    clip = tmp_path / "short.mp4"
    media.ffmpeg("-i", no_speaker, "-t", "0.5", clip)
    check_refusal(run(*arguments(command, clip, tmp_path)), "0.64 s")
    assert list(tmp_path.iterdir()) == [clip]


@pytest.mark.parametrize("command", ["retime", "warp"])
def test_output_folder_missing(command: str, no_speaker: Path, tmp_path: Path) -> None:
    result = run(command, no_speaker, "-o", tmp_path / "none" / "out.mp4")
    check_refusal(result, "does not exist")


@pytest.mark.parametrize("command", ["retime", "warp"])
def test_output_equal_to_input(command: str, no_speaker: Path) -> None:
    before = no_speaker.read_bytes()
    check_refusal(run(command, no_speaker, "-o", no_speaker, "--overwrite"), "same file")
    assert no_speaker.read_bytes() == before


def test_existing_output_needs_overwrite(no_speaker: Path, tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    output.write_bytes(b"precious")
    check_refusal(run("retime", no_speaker, "-o", output), "--overwrite")
    assert output.read_bytes() == b"precious"


def test_the_speech_that_is_given_is_never_the_output(no_speaker: Path, tmp_path: Path) -> None:
    speech = tmp_path / "speech.mp4"
    speech.write_bytes(no_speaker.read_bytes())
    for command in ("retime", "warp"):
        result = run(command, no_speaker, "-o", speech, "--audio", speech, "--overwrite")
        check_refusal(result, "speech.mp4", "--audio")
    assert speech.read_bytes() == no_speaker.read_bytes()


@pytest.mark.parametrize("command", [*COMMANDS, "checkpoints", "doctor"])
def test_a_place_where_no_json_can_be_is_told_first(
    command: str, no_speaker: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from syncfix import json_file

    words = arguments(command, no_speaker, tmp_path) if command in COMMANDS else [command]
    check_refusal(run(*words, "--json", tmp_path / "none" / "x.json"), "does not exist")
    check_refusal(run(*words, "--json", tmp_path), "is a folder")
    check_refusal(run(*words, "--json", tmp_path / ("x" * 300)), "can't be used")
    monkeypatch.setattr(json_file.os, "access", lambda path, mode: False)
    check_refusal(run(*words, "--json", tmp_path / "x.json"), "no permission")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("taken", ["clip", "--audio", "--output", "--side-by-side", "--judge"])
def test_json_is_not_written_over_a_file_of_the_same_run(taken: str, tmp_path: Path) -> None:
    files = {
        "clip": tmp_path / "clip.mp4",
        "--audio": tmp_path / "speech.wav",
        "--output": tmp_path / "out.mp4",
        "--side-by-side": tmp_path / "both.mp4",
        "--judge": tmp_path / "judge.safetensors",
    }
    files["clip"].write_bytes(media.clip("mp4_25").read_bytes())
    files["--audio"].write_bytes(media.sound("beep.wav").read_bytes())
    files["--judge"].write_bytes(b"a network")
    before = {path: path.read_bytes() for path in tmp_path.iterdir()}
    options = [each for name in list(files)[1:] for each in (name, files[name])]
    result = run("retime", files["clip"], *options, "--json", files[taken])
    check_refusal(result, "--json", taken)
    assert {path: path.read_bytes() for path in tmp_path.iterdir()} == before


def test_json_is_not_written_over_a_link_to_the_clip(no_speaker: Path, tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to(no_speaker)
    check_refusal(run("measure", no_speaker, "--json", tmp_path / "link"), "--json", "clip")


def test_checkpoint_that_is_not_there(no_speaker: Path, tmp_path: Path) -> None:
    result = run("measure", no_speaker, "--checkpoint", tmp_path / "none.pt")
    check_refusal(result, "none.pt")


def test_checkpoint_with_code_is_refused_and_not_run(no_speaker: Path, tmp_path: Path) -> None:
    import pickle

    trap = tmp_path / "trap"

    class Trap:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return Path.touch, (trap,)  # type: ignore[return-value]

    checkpoint = tmp_path / "evil.pt"
    checkpoint.write_bytes(pickle.dumps(Trap()))
    check_refusal(run("measure", no_speaker, "--checkpoint", checkpoint), "evil.pt")
    assert not trap.exists()


def test_truncated_bundled_format_is_refused(no_speaker: Path, tmp_path: Path) -> None:
    checkpoint = tmp_path / "cut.safetensors"
    checkpoint.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{}")
    check_refusal(run("measure", no_speaker, "--checkpoint", checkpoint), "cut.safetensors")


def test_landmark_model_of_another_kind_is_refused(no_speaker: Path, tmp_path: Path) -> None:
    model = tmp_path / "model.dat"
    model.write_bytes(b"not a model")
    check_refusal(run("measure", no_speaker, "--landmarks", model), "model.dat", "--landmarks")


def test_checkpoints_lists_places_hashes_and_cards(tmp_path: Path) -> None:
    result = run("checkpoints", "--json", "-")
    assert result.exit_code == 0
    entries = json.loads(result.stdout)["checkpoints"]
    used = {entry["role"]: entry for entry in entries if entry["used"]}
    assert used["chooser"]["origin"] == "bundled"
    assert len(used["chooser"]["sha256"]) == 64
    assert used["chooser"]["fault"] is None
    assert used["chooser"]["card"]["kind"] == "stable_syncnet"
    assert "working folder" in [entry["origin"] for entry in entries]


def test_help_answers_without_loading_torch() -> None:
    import subprocess
    import sys

    code = (
        "import sys; from click.testing import CliRunner; from syncfix.commands import main;"
        "r = CliRunner().invoke(main, ['--help']); assert r.exit_code == 0;"
        "assert 'torch' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_defaults_are_those_of_the_python_api() -> None:
    from dataclasses import asdict

    from syncfix.retime import RetimeOptions

    told = {option.name: option.default for option in main.commands["retime"].params}  # type: ignore[attr-defined]
    for name, value in asdict(RetimeOptions()).items():
        assert told[name] == value
