"""Where results go: refused before the work, and there only when complete."""

from __future__ import annotations

import errno
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import av.error
import pytest
from media import clip

from syncfix.clip import Frame, check_output, copy_through, probe, read_frames, rewrite, shift
from syncfix.clip.output import published
from syncfix.errors import InputError


def test_an_output_folder_must_exist(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        check_output(clip("mp4_25"), tmp_path / "nowhere" / "out.mp4")


def test_an_output_is_not_a_folder(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="is a folder"):
        check_output(clip("mp4_25"), tmp_path)


def test_an_unknown_extension_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no container"):
        check_output(clip("mp4_25"), tmp_path / "out.xyz")


def test_an_existing_output_needs_overwrite(tmp_path: Path) -> None:
    (tmp_path / "out.mp4").write_text("mine")
    with pytest.raises(InputError, match="exists; pass --overwrite to replace it"):
        check_output(clip("mp4_25"), tmp_path / "out.mp4")
    check_output(clip("mp4_25"), tmp_path / "out.mp4", overwrite=True)


@pytest.mark.parametrize("link", ["same", "symbolic", "hard"])
def test_the_input_is_never_the_output(tmp_path: Path, link: str) -> None:
    source, output = tmp_path / "in.mp4", tmp_path / "out.mp4"
    source.write_bytes(clip("mp4_25").read_bytes())
    if link == "same":
        output = tmp_path / "." / "in.mp4"
    elif link == "symbolic":
        output.symlink_to(source)
    else:
        os.link(source, output)
    with pytest.raises(InputError, match="same file"):
        check_output(source, output, overwrite=True)


@pytest.mark.parametrize("link", ["same", "symbolic", "hard"])
def test_the_speech_that_is_given_is_never_the_output(tmp_path: Path, link: str) -> None:
    from syncfix.clip.output import published

    speech, output = tmp_path / "speech.mp4", tmp_path / "out.mp4"
    speech.write_bytes(clip("mp4_25").read_bytes())
    if link == "same":
        output = speech
    elif link == "symbolic":
        output.symlink_to(speech)
    else:
        os.link(speech, output)
    with pytest.raises(InputError, match="--audio are the same file"):
        check_output(clip("mp4_25"), output, overwrite=True, audio=speech)
    with (
        pytest.raises(InputError, match="--audio are the same file"),
        published(clip("mp4_25"), output, True, speech),
    ):
        pass
    check_output(clip("mp4_25"), tmp_path / "other.mp4", audio=speech)


def test_a_path_that_can_not_be_is_told_in_one_line(tmp_path: Path) -> None:
    for name in ("x" * 300 + ".mp4", "a\0b.mp4"):
        with pytest.raises(InputError, match="can't be used"):
            check_output(clip("mp4_25"), tmp_path / name)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may do all")
def test_a_folder_that_can_not_be_looked_into(tmp_path: Path) -> None:
    folder = tmp_path / "locked"
    folder.mkdir(mode=0o600)
    with pytest.raises(InputError, match="can't be used"):
        check_output(clip("mp4_25"), folder / "out.mp4")


def test_a_folder_that_refuses_its_entries(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """As above, where the tests run as root."""
    stat = os.stat

    def refusing(path: str | Path, **options: bool) -> os.stat_result:
        if isinstance(path, (str, Path)) and Path(path).name == "out.mp4":
            raise PermissionError(13, "Permission denied")
        return stat(path, **options)

    monkeypatch.setattr(os, "stat", refusing)
    monkeypatch.setattr(os, "lstat", refusing)
    with pytest.raises(InputError, match=r"can't be used \(Permission denied"):
        check_output(clip("mp4_25"), tmp_path / "out.mp4")


def test_the_longest_name_is_written(tmp_path: Path) -> None:
    output = tmp_path / ("é" * 125 + ".mp4")  # 254 bytes; 255 are the most
    copy_through(probe(clip("mp4_25")), output)
    assert list(tmp_path.iterdir()) == [output]


@pytest.mark.parametrize("error", [KeyboardInterrupt, RuntimeError, InputError])
def test_a_failure_half_way_leaves_nothing(tmp_path: Path, error: type[BaseException]) -> None:
    def failing() -> Iterator[Frame]:
        for frame in read_frames(clip("mp4_25")):
            if frame.index == 30:
                raise error("half way")
            yield frame

    with pytest.raises(error):
        rewrite(probe(clip("mp4_25")), tmp_path / "out.mp4", failing())
    assert list(tmp_path.iterdir()) == []


def test_a_failure_leaves_the_old_output(tmp_path: Path) -> None:
    output = tmp_path / "out.mp4"
    output.write_text("old")
    with pytest.raises(ValueError, match="no frames"):
        rewrite(probe(clip("mp4_25")), output, [], overwrite=True)
    assert [p.read_text() for p in tmp_path.iterdir()] == ["old"]


def test_while_writing_the_output_is_not_there(tmp_path: Path) -> None:
    seen: list[bool] = []

    def watched() -> Iterator[Frame]:
        for frame in read_frames(clip("mp4_25")):
            seen.append((tmp_path / "out.mp4").exists())
            yield frame

    rewrite(probe(clip("mp4_25")), tmp_path / "out.mp4", watched())
    assert not any(seen)
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]


def test_what_a_killed_run_left_is_cleared(tmp_path: Path) -> None:
    program = (
        "import os, sys\n"
        "from pathlib import Path\n"
        "from syncfix.clip.output import published\n"
        "with published(Path(sys.argv[1]), Path(sys.argv[2]), False):\n"
        "    os._exit(9)\n"
    )
    output = tmp_path / "out.mp4"
    subprocess.run([sys.executable, "-c", program, clip("mp4_25"), output], check=False)
    assert [p.suffix for p in tmp_path.iterdir()] == [".part"]
    copy_through(probe(clip("mp4_25")), output)
    assert [p.name for p in tmp_path.iterdir()] == ["out.mp4"]


def test_two_runs_do_not_share_a_part_file(tmp_path: Path) -> None:
    from syncfix.clip.output import published

    output = tmp_path / "out.mp4"
    with (
        published(clip("mp4_25"), output, True) as one,
        published(clip("mp4_25"), output, True) as other,
    ):
        assert one != other
        one.write_bytes(b"1")
        other.write_bytes(b"2")
    assert output.exists()


def test_an_output_is_as_readable_as_any_new_file(tmp_path: Path) -> None:
    (tmp_path / "plain").touch()
    copy_through(probe(clip("mp4_25")), tmp_path / "out.mp4")
    assert (tmp_path / "out.mp4").stat().st_mode == (tmp_path / "plain").stat().st_mode


@pytest.mark.skipif(os.name != "posix", reason="limits are POSIX")
def test_a_full_disk_is_told_in_one_line_and_leaves_nothing(tmp_path: Path) -> None:
    program = (
        "import resource, signal, sys\n"
        "from syncfix.clip import probe, read_frames, rewrite\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (20000, 20000))\n"
        "try:\n"
        "    rewrite(probe(sys.argv[1]), sys.argv[2], read_frames(sys.argv[1]))\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    output = tmp_path / "out.mp4"
    command = [sys.executable, "-c", program, str(clip("mp4_25")), str(output)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.startswith("InputError") and "can't be written" in done.stdout
    assert len(done.stdout.splitlines()) == 1
    assert list(tmp_path.iterdir()) == []


def test_speech_given_to_a_writer_is_not_written_over(tmp_path: Path) -> None:
    speech, info = tmp_path / "speech.mp4", probe(clip("mp4_25"))
    speech.write_bytes(clip("mp4_25").read_bytes())
    before = speech.read_bytes()
    for write in (
        lambda: rewrite(info, speech, read_frames(info.path), audio=speech, overwrite=True),
        lambda: shift(info, speech, 40.0, audio=speech, overwrite=True),
        lambda: copy_through(info, speech, audio=speech, overwrite=True),
    ):
        with pytest.raises(InputError, match="--audio are the same file"):
            write()
    assert speech.read_bytes() == before


def test_what_a_container_refuses_is_not_told_as_a_full_disk(tmp_path: Path) -> None:
    with (
        pytest.raises(InputError, match=r"write \.mkv"),
        published(clip("mp4_25"), tmp_path / "out.avi", False),
    ):
        raise av.error.ArgumentError(errno.EINVAL, "Invalid argument")
    with (
        pytest.raises(InputError, match="check the disk"),
        published(clip("mp4_25"), tmp_path / "out.avi", False),
    ):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert list(tmp_path.iterdir()) == []
