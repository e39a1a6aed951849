"""Warnings about a file, each said once though the file is read several times."""

from __future__ import annotations

import logging
from pathlib import Path

_MOST = 1000
_told: dict[tuple[str, str], None] = {}


def warn_once(log: logging.Logger, path: Path, message: str) -> None:
    """Log a warning that begins with the file's name, unless it has been said of it before."""
    key = (str(path), message)
    if key in _told:
        return
    _told[key] = None
    if len(_told) > _MOST:
        del _told[next(iter(_told))]
    log.warning("%s: %s", path, message)
