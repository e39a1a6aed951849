"""Where a result goes: checks before the work, and a file that appears only when it is complete."""

from __future__ import annotations

import errno
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import av.error

from syncfix.clip.leftovers import part_file
from syncfix.errors import InputError, reason_of

MUXERS = {
    ".mp4": "mp4",
    ".m4v": "mp4",
    ".mov": "mov",
    ".mkv": "matroska",
    ".webm": "webm",
    ".avi": "avi",
    ".ts": "mpegts",
    ".mts": "mpegts",
    ".m2ts": "mpegts",
    ".mpg": "mpeg",
    ".mpeg": "mpeg",
    ".flv": "flv",
}
"""The container that each file name extension stands for."""


_DISK_ERRORS = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.EACCES, errno.EFBIG)


def muxer_of(output: Path) -> str:
    """The name of ffmpeg's muxer for an output path.

    Raises:
        InputError: the extension is not one that is written.
    """
    try:
        return MUXERS[output.suffix.lower()]
    except KeyError:
        raise InputError(
            f"{output}: no container is known for '{output.suffix}'; use one of {' '.join(MUXERS)}"
        ) from None


def check_output(
    source: Path | str,
    output: Path | str,
    overwrite: bool = False,
    audio: Path | str | None = None,
) -> None:
    """Refuse an output path that can't be written, or that would harm an input.

    Args:
        audio: the other input, if there is one.

    Raises:
        InputError: unknown extension, no such folder, a folder itself, too long a name, an input
            itself (also by symbolic or hard link), or it exists and `overwrite` is false.
    """
    source, output = Path(source), Path(output)
    check_place(output)
    if is_same_file(output, source):
        raise InputError(f"{output}: output and input are the same file; choose another name")
    if audio is not None and is_same_file(output, Path(audio)):
        raise InputError(f"{output}: output and --audio are the same file; choose another name")
    folder = output.parent
    if not os.access(folder, os.W_OK | os.X_OK):
        raise InputError(f"{output}: no permission to write in {folder}; choose another folder")
    if os.path.lexists(output) and not overwrite:
        raise InputError(f"{output}: exists; pass --overwrite to replace it")
    muxer_of(output)


def check_place(output: Path) -> None:
    """Refuse a path where no file can be.

    Raises:
        InputError: a folder itself, no such folder or one that can't be looked into, too long a
            name.
    """
    try:
        if output.is_dir():
            raise InputError(f"{output}: this is a folder; give a file name for the output")
        if not output.parent.is_dir():
            raise InputError(f"{output}: the folder {output.parent} does not exist; make it first")
        with suppress(FileNotFoundError):
            os.lstat(output)  # the two above take some paths that can't be for free ones
    except (OSError, ValueError) as error:
        raise InputError(
            f"{output}: the path can't be used ({reason_of(error)}); choose another name or folder"
        ) from error


def is_same_file(one: Path, other: Path) -> bool:
    """Whether two paths lead to one file, also by links; false where a path can't be followed."""
    try:
        if one.exists() and other.exists():
            return one.samefile(other)
        return one.resolve() == other.resolve()
    except (OSError, ValueError, RuntimeError):  # RuntimeError: a loop of links, before Python 3.13
        return False


@contextmanager
def published(
    source: Path, output: Path, overwrite: bool, audio: Path | str | None = None
) -> Iterator[Path]:
    """Give a hidden file beside `output` to write; move it into place when the block ends well.

    It is removed when the block fails, by Ctrl-C too. What killed runs have left in the folder is
    cleared away first.

    Raises:
        InputError: as `check_output`, and when writing fails (a full disk, for one).
    """
    check_output(source, output, overwrite, audio)
    try:
        with part_file(output) as part:
            yield part
            _move_into_place(part, output, overwrite)
    except (av.error.FFmpegError, OSError) as error:
        disk = getattr(error, "errno", None) in _DISK_ERRORS
        what = "check the disk" if disk else f"{output.suffix} may not hold such a clip; write .mkv"
        raise InputError(f"{output}: can't be written ({reason_of(error)}); {what}") from error


def copy_bytes(source: Path, output: Path, overwrite: bool) -> None:
    """Copy a file as it is, whole or not at all."""
    with published(source, output, overwrite) as part:
        shutil.copyfile(source, part)


def _move_into_place(part: Path, output: Path, overwrite: bool) -> None:
    if overwrite:
        os.replace(part, output)
        return
    taken = InputError(f"{output}: exists by now; pass --overwrite to replace it")
    try:
        os.link(part, output)  # all at once, and never over a file that another run has written
    except FileExistsError:
        raise taken from None
    except OSError:  # a file system without links
        if os.path.lexists(output):
            raise taken from None
        os.replace(part, output)
