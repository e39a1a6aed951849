"""What a user sees while waiting, what a program is told, and what the doctor says."""

from __future__ import annotations

import importlib.metadata
import io
import json
import logging
import re
from pathlib import Path

import media
import pytest
from click.testing import CliRunner, Result

import syncfix
from syncfix.commands import main
from syncfix.demo import render_clip
from syncfix.progress import EMBED, LISTEN, LOOK, Stage, along
from syncfix.report.bar import progress_shown
from syncfix.report.doctor import PACKAGES, Finding, all_there, doctor_table, examine


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_along_tells_every_step_and_the_end() -> None:
    told: list[tuple[Stage, float]] = []
    items = list(along(iter("abcd"), 4, LOOK, lambda stage, share: told.append((stage, share))))
    assert items == list("abcd")
    assert told == [(LOOK, 0.0), (LOOK, 0.25), (LOOK, 0.5), (LOOK, 0.75), (LOOK, 1.0), (LOOK, 1.0)]
    assert list(along([1, 2], 0, LOOK, None)) == [1, 2]


def test_a_terminal_shows_stage_share_and_time_left() -> None:
    terminal = Terminal()
    with progress_shown(stream=terminal) as progress:
        for step in range(101):
            progress(LOOK, step / 100)
        progress(EMBED, 0.5)
    shown = terminal.getvalue()
    assert LOOK.name in shown
    assert EMBED.name in shown
    assert "left" in shown
    # Nothing of it stays: the last thing on the line is the result's own.
    assert shown.split("\r")[-1].strip() == ""


@pytest.mark.parametrize(("stream", "quiet"), [(io.StringIO(), False), (Terminal(), True)])
def test_pipes_and_quiet_runs_show_nothing(stream: io.StringIO, quiet: bool) -> None:
    with progress_shown(quiet, stream) as progress:
        progress(LOOK, 0.0)
        progress(LOOK, 1.0)
    assert stream.getvalue() == ""


def test_stages_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    with (
        caplog.at_level(logging.INFO, "syncfix"),
        progress_shown(stream=io.StringIO()) as progress,
    ):
        for share in (0.0, 0.5, 1.0):
            progress(LOOK, share)
        progress(EMBED, 0.0)
    assert [record.message for record in caplog.records] == [LOOK.name, EMBED.name]


@pytest.fixture(scope="module")
def talker(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("talker") / "talker.mp4"
    render_clip(path, fps=25, seconds=1.6)
    return path


def test_the_callback_is_told_of_each_stage_from_0_to_1(talker: Path, tmp_path: Path) -> None:
    told: list[tuple[syncfix.Stage, float]] = []
    options = syncfix.RetimeOptions(change_penalties=(0.0,), temporal_penalty=0.0)
    result = syncfix.retime(
        talker,
        tmp_path / "out.mp4",
        options=options,
        force=True,
        progress=lambda stage, share: told.append((stage, share)),
    )
    stages = list(dict.fromkeys(stage for stage, _ in told))
    assert stages[:3] == [LISTEN, LOOK, EMBED]
    if result.decision == "rewritten":
        assert [stage.name for stage in stages[3:]] == [
            "planning",
            "writing",
            "finding faces in the result",
            "measuring the result",
        ]
    for stage in stages:
        shares = [share for each, share in told if each == stage]
        assert shares == sorted(shares)
        assert 0.0 <= shares[0] <= shares[-1] <= 1.0
        if stage.name not in ("reading the clip", "planning"):
            assert shares[-1] == pytest.approx(1.0)


def run(*arguments: str | Path) -> Result:
    return CliRunner().invoke(main, [str(each) for each in arguments])


COMMANDS = ("measure", "retime", "warp", "checkpoints", "doctor", "demo")


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_takes_v_and_q(command: str) -> None:
    text = run(command, "--help").stdout
    assert "-v, --verbose" in text
    assert "-q, --quiet" in text


def test_levels_follow_v_and_q_wherever_they_stand() -> None:
    logger = logging.getLogger("syncfix")
    for arguments, level in (
        (["checkpoints"], logging.WARNING),
        (["-v", "checkpoints"], logging.INFO),
        (["checkpoints", "-v"], logging.INFO),
        (["-q", "checkpoints"], logging.ERROR),
        (["checkpoints", "-q"], logging.ERROR),
        (["checkpoints"], logging.WARNING),
    ):
        assert run(*arguments).exit_code == 0
        assert logger.level == level, arguments


@pytest.mark.parametrize("command", ["measure", "retime", "warp"])
def test_a_face_that_is_none_is_refused(command: str, tmp_path: Path) -> None:
    output = [] if command == "measure" else ["-o", tmp_path / "out.mp4"]
    for wanted in ("left", "1,2,3", "5000,10"):
        result = run(command, media.clip("mp4_25"), *output, "--face", wanted)
        assert result.exit_code == 2
        assert len(result.stderr.splitlines()) == 1
        assert "say largest, speaking" in result.stderr
    assert list(tmp_path.iterdir()) == []


def test_doctor_finds_all_that_is_installed() -> None:
    result = run("doctor", "--json", "-")
    content = json.loads(result.stdout)
    assert content["complete"] is True, [f for f in content["findings"] if f["state"] == "missing"]
    assert result.exit_code == 0
    by_name = {(f["group"], f["name"]): f for f in content["findings"]}
    assert by_name["packages", "torch"]["detail"] == importlib.metadata.version("torch")
    assert re.match(r"\d+\.\d+", by_name["ffmpeg", "libavcodec"]["detail"])
    assert by_name["networks", "chooser, bundled"]["detail"].endswith("it should have; used")
    assert ("devices", "networks run on") in by_name
    table = run("doctor")
    assert table.exit_code == 0
    assert table.stdout.rstrip().endswith("nothing is missing")


def test_doctor_looks_for_every_package_that_setup_asks_for() -> None:
    needed = [
        re.split(r"[<>=!~; \[]", line)[0]
        for line in importlib.metadata.requires("syncfix") or []
        if "extra ==" not in line
    ]
    assert set(needed) == set(PACKAGES)


def test_doctor_tells_what_is_missing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("SYNCFIX_CHECKPOINT", str(tmp_path / "none.safetensors"))
    result = run("doctor")
    assert result.exit_code == 1
    assert "! chooser, SYNCFIX_CHECKPOINT" in result.stdout
    assert "none.safetensors: not there" in result.stdout


def test_doctor_tells_a_damaged_network(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    broken = tmp_path / "broken.safetensors"
    broken.write_bytes(b"\x10\x00\x00\x00\x00\x00\x00\x00{}")
    monkeypatch.setenv("SYNCFIX_JUDGE", str(broken))
    findings = examine()
    assert not all_there(findings)
    assert [f.name for f in findings if f.state == "missing"] == ["judge, SYNCFIX_JUDGE"]
    assert run("doctor", "-q").exit_code == 1


def test_doctor_tells_a_package_that_is_not_there(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(PACKAGES, "no-such-package", "no_such_module")
    findings = [f for f in examine() if f.state == "missing"]
    assert findings == [
        Finding(
            "packages", "no-such-package", "missing", "not installed: pip install no-such-package"
        )
    ]
    assert "! no-such-package" in doctor_table(findings)


def test_doctor_tells_a_module_that_can_not_be_loaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "broken_wheel.py").write_text("raise OSError('wrong machine')\n")
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(PACKAGES, "numpy", "broken_wheel")
    found = {f.name: f for f in examine()}["numpy"]
    assert found.state == "missing"
    assert "wrong machine" in found.detail
