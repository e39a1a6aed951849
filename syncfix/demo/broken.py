"""The talker, and the same with its timing broken by a known path."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from syncfix.clip import TICK_SECONDS
from syncfix.demo.film import render_clip
from syncfix.progress import Progress

__all__ = ["DemoClip", "break_timing", "render_talker"]

_MOST_TICKS = 3
_SEGMENT_TICKS = (15, 40)


@dataclass(frozen=True)
class DemoClip:
    """A clip whose truth is known.

    Attributes:
        good: as rendered.
        broken: the same sound; its frame i is the good clip's frame i + injected_offset_ticks[i].
        injected_offset_ticks: ``[ticks]``; at 25 fps a tick is a frame.
    """

    good: Path
    broken: Path
    injected_offset_ticks: NDArray[np.intp]


def break_timing(tick_count: int, seed: int) -> NDArray[np.intp]:
    """A path of offsets: steady for 0.6 to 1.6 s at a time, within ±3 ticks.

    The frames shown never go backwards (an offset falls by one a tick at most, which repeats a
    frame; it may rise at once, which skips some), and all lie in the clip.

    Returns:
        ``[tick_count]``.
    """
    random = np.random.default_rng(seed)
    path = np.zeros(tick_count, np.intp)
    at, level = 0, 0
    while at < tick_count:
        others = [k for k in range(-_MOST_TICKS, _MOST_TICKS + 1) if k != level]
        level = int(random.choice(others))
        until = at + int(random.integers(_SEGMENT_TICKS[0], _SEGMENT_TICKS[1] + 1))
        path[at:until] = level
        at = until
    place = np.arange(tick_count)
    # The farthest place shown so far is held: a fall of the offset stands still until it is due.
    shown = np.maximum.accumulate(np.clip(place + path, 0, max(tick_count - 1, 0)))
    offsets: NDArray[np.intp] = shown - place
    return offsets


def render_talker(folder: Path | str, seed: int = 0, progress: Progress | None = None) -> DemoClip:
    """Render ``talker.mp4`` and ``broken.mp4`` into ``folder``, which must be there."""
    good, broken = Path(folder) / "talker.mp4", Path(folder) / "broken.mp4"
    speech = render_clip(good, progress=progress)
    path = break_timing(int(speech.duration_seconds / TICK_SECONDS + 1e-6), seed)
    render_clip(broken, offset_ticks=path, progress=progress)
    return DemoClip(good, broken, path)
