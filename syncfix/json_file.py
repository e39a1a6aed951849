"""A result as a JSON file: where it may go is checked before the work, as for the output."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from syncfix.clip.output import check_place, is_same_file
from syncfix.errors import InputError

__all__ = ["STANDARD_OUTPUT", "check_json", "json_text", "write_json"]

STANDARD_OUTPUT = Path("-")


def check_json(path: Path | None, others: Mapping[str, Path | None]) -> None:
    """Refuse a path that can't be written, or that would harm another file of the same run.

    A file of JSON that exists is written over. Of None and ``-`` there is nothing to check.

    Args:
        others: the files that the run reads or writes, by what they are called.

    Raises:
        InputError: no such folder, a folder itself, no permission, or one of `others`.
    """
    if path is None or path == STANDARD_OUTPUT:
        return
    check_place(path)
    for name, other in others.items():
        if other is not None and is_same_file(path, other):
            raise InputError(f"{path}: --json names the same file as {name}; choose another name")
    new = not path.exists()
    if not os.access(path.parent if new else path, os.W_OK | (os.X_OK if new else 0)):
        raise InputError(f"{path}: no permission to write it; choose another name or folder")


def json_text(content: Mapping[str, Any]) -> str:
    """As it is printed and written."""
    return json.dumps(content, indent=2, allow_nan=False)


def write_json(path: Path, content: Mapping[str, Any]) -> None:
    """Write a result.

    Raises:
        InputError: it can't be written after all: a full disk, for one.
    """
    try:
        path.write_text(json_text(content) + "\n", encoding="utf-8")
    except OSError as error:
        raise InputError(f"{path}: can't be written ({error.strerror})") from error
