"""Files that must not outlive their run: made under a lock, cleared by the next run if it fell.

A lock is the system's own (flock): it ends with the process, however that ends, and a process
number that is used again can't be mistaken for its owner.
"""

from __future__ import annotations

import importlib
import logging
import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

# None on Windows, where an open file can't be removed: that is lock enough.
fcntl: Any = importlib.import_module("fcntl") if os.name == "posix" else None

_log = logging.getLogger(__name__)

_PREFIX = "syncfix-"
_PATIENCE_SECONDS = 5.0
_NAME_LENGTH = 50  # characters, of at most 4 bytes: file systems take 255 bytes


@contextmanager
def part_file(output: Path) -> Iterator[Path]:
    """A new hidden file beside `output`, removed at the end if it is still there.

    Those of runs that were killed, for any output in the same folder, are cleared first.
    """
    folder = output.parent
    # Cut, as a name that is nearly too long by itself would be too long with what is added.
    part = folder / f".{output.name[:_NAME_LENGTH]}.{_PREFIX}{secrets.token_hex(4)}.part"
    with _guarded(folder):
        _clear_parts(folder)
        os.close(os.open(part, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o666))
        handle = _hold(part)
    try:
        yield part
    finally:
        with suppress(FileNotFoundError):
            part.unlink()
        _let_go(handle)


def clear_parts(folder: Path) -> None:
    """Clear the part files of dead runs in a folder: at the start of a run, not only at its end."""
    with _guarded(folder):
        _clear_parts(folder)


def _clear_parts(folder: Path) -> None:
    for entry in _entries(folder):
        ours = entry.name.startswith(".") and entry.name.endswith(".part")
        if ours and f".{_PREFIX}" in entry.name and _is_dead(entry):
            _log.info("removing %s, left by a run that was killed", entry)
            with suppress(OSError):
                entry.unlink()


def _entries(folder: Path) -> list[Path]:
    try:
        return list(folder.iterdir())
    except OSError:
        return []


@contextmanager
def _guarded(folder: Path) -> Iterator[None]:
    """One run at a time makes and clears files in `folder`: none is seen before it is locked."""
    handle = None
    if fcntl is not None:
        with suppress(OSError):
            handle = os.open(folder, os.O_RDONLY)
    try:
        if handle is not None:
            _wait_for(handle)
        yield
    finally:
        _let_go(handle)


def _wait_for(handle: int) -> None:
    end = time.monotonic() + _PATIENCE_SECONDS
    while True:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return
        except BlockingIOError:
            if time.monotonic() > end:
                return  # somebody else's lock: go on, at a small risk to nobody but us
            time.sleep(0.01)
        except OSError:
            return  # a file system without locks


def _hold(path: Path) -> int | None:
    """Lock a file or a folder until the handle is closed or the process ends."""
    if fcntl is None:
        return None
    try:
        handle = os.open(path, os.O_RDONLY)
    except OSError:
        return None
    with suppress(OSError):
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    return handle


def _is_dead(path: Path) -> bool:
    """Whether no process holds `path`."""
    if fcntl is None:
        return True  # removing it fails if it is open
    try:
        handle = os.open(path, os.O_RDONLY | getattr(os, "O_NOFOLLOW", 0))
    except OSError:
        return False  # another user's, or gone
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    finally:
        os.close(handle)
    return True


def _let_go(handle: int | None) -> None:
    if handle is not None:
        with suppress(OSError):
            os.close(handle)
