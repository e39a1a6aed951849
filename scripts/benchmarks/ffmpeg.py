"""ffmpeg, for clips that benchmarks and tests make."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

__all__ = ["ffmpeg", "ffmpeg_binary"]


def ffmpeg_binary() -> str:
    """The system's ffmpeg, or the one that imageio-ffmpeg brings."""
    found = shutil.which("ffmpeg")
    if found:
        return found
    import imageio_ffmpeg

    return str(imageio_ffmpeg.get_ffmpeg_exe())


def ffmpeg(*arguments: str | Path) -> None:
    """Run ffmpeg quietly.

    Raises:
        RuntimeError: it fails; the message is what it says.
    """
    command = [ffmpeg_binary(), "-y", "-v", "error", "-nostdin", *map(str, arguments)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"{' '.join(command)}\n{done.stderr}")
