"""What a run leaves when it is killed is cleared by the next one, and nothing else is."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest

from syncfix.clip.leftovers import part_file
from syncfix.clip.rows import RowFile
from syncfix.errors import SyncfixError

HOLD = (
    "import sys, time\n"
    "from pathlib import Path\n"
    "from syncfix.clip.leftovers import part_file\n"
    "from syncfix.clip.rows import RowFile\n"
    "rows = RowFile(10, (4,))\n"
    "with part_file(Path(sys.argv[1])) as part:\n"
    "    rows[0] = 1\n"
    "    part.write_bytes(b'half')\n"
    "    print('ready', flush=True)\n"
    "    time.sleep(600)\n"
)

pytestmark = pytest.mark.skipif(os.name != "posix", reason="kills are POSIX")


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    monkeypatch.setenv("TMPDIR", str(folder))
    return folder


def test_only_what_dead_runs_left_is_cleared(tmp_path: Path, temporary: Path) -> None:
    output = tmp_path / "out.mp4"
    runs = [
        subprocess.Popen([sys.executable, "-c", HOLD, str(output)], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    try:
        for run in runs:
            assert run.stdout is not None and run.stdout.readline() == b"ready\n"
        runs[0].send_signal(signal.SIGKILL)
        runs[0].wait()
        mine = tmp_path / ".out.mp4.part"
        mine.touch()
        assert len(list(tmp_path.glob(".out.mp4.syncfix-*.part"))) == 2
        with part_file(output) as part:
            assert len(list(tmp_path.glob(".out.mp4.syncfix-*.part"))) == 2  # ours, and the living
            assert part.exists()
        assert mine.exists()
        # Working data has no name, so that nothing of it outlives a killed run.
        assert list(temporary.iterdir()) == []
    finally:
        for run in runs:
            run.kill()
            run.wait()


def test_two_parts_at_once_do_not_wait_for_each_other(tmp_path: Path) -> None:
    with part_file(tmp_path / "a.mp4") as one, part_file(tmp_path / "a.mp4") as other:
        assert one != other and one.exists() and other.exists()
    assert list(tmp_path.iterdir()) == []


def test_rows_come_back_as_they_were_written() -> None:
    rows = RowFile(5, (2, 3), np.float32)
    values = np.arange(30, dtype=np.float32).reshape(5, 2, 3)
    rows[0] = values[0]
    rows[1] = 7
    rows[2] = values[2:]
    assert len(rows) == 5
    np.testing.assert_array_equal(rows[0], values[0])
    np.testing.assert_array_equal(rows[1], np.full((2, 3), 7))
    np.testing.assert_array_equal(rows[2:99], values[2:])
    np.testing.assert_array_equal(rows[np.array([1, 1, 3])], rows[0:5][[1, 1, 3]])
    assert rows[5:].shape == (0, 2, 3)
    assert rows.shape == (5, 2, 3)
    with pytest.raises(IndexError):
        rows[5]
    rows.close()


def test_a_full_disk_is_told_in_one_line() -> None:
    program = (
        "import resource, signal\n"
        "from syncfix.clip.rows import RowFile\n"
        "signal.signal(signal.SIGXFSZ, signal.SIG_IGN)\n"
        "resource.setrlimit(resource.RLIMIT_FSIZE, (1000, 1000))\n"
        "try:\n"
        "    RowFile(100, (64,))\n"
        "except Exception as error:\n"
        "    print(type(error).__name__, error)\n"
    )
    command = [sys.executable, "-c", program]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.stdout.startswith(SyncfixError.__name__) and "no room" in done.stdout
    assert len(done.stdout.splitlines()) == 1
