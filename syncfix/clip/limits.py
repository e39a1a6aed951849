"""How much of a clip is taken on: a header may claim any size and any length."""

from __future__ import annotations

from pathlib import Path

from syncfix.errors import InputError

MAX_PIXELS = 8192 * 4320
"""8K. A dozen pictures are held at a time, 3 bytes a pixel."""

MAX_SECONDS = 4 * 3600.0
"""What grows with the clip, mostly its sound at 16 kHz, is 0.3 GB an hour."""


def check_pixels(path: Path, width: int, height: int) -> None:
    """Raise `InputError` if a picture is larger than `MAX_PIXELS`."""
    if width * height > MAX_PIXELS:
        raise InputError(
            f"{path}: its picture of {width}x{height} is too large; "
            f"scale it down to at most {MAX_PIXELS} pixels"
        )


def check_seconds(path: Path, seconds: float) -> None:
    """Raise `InputError` if a clip is longer than `MAX_SECONDS`."""
    if not seconds <= MAX_SECONDS:
        raise InputError(
            f"{path}: it lasts {seconds / 3600:.1f} h by its timestamps; "
            f"cut it into pieces of at most {MAX_SECONDS / 3600:.0f} h"
        )
