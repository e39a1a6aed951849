"""The frames of a clip in another order, at the clip's own times."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
from numpy.typing import NDArray

from syncfix.clip import Timeline, read_frames

__all__ = ["retimed_frames"]


def retimed_frames(
    path: Path, timeline: Timeline, source_frames: NDArray[np.int64]
) -> Iterator[tuple[av.VideoFrame, int]]:
    """Show frame ``source_frames[k]`` at the time of frame k.

    The order of time is kept, so one pass over the clip is enough and no frame is held back.

    Args:
        path: the clip.
        timeline: when its frames are shown.
        source_frames: ``[n]``, never decreasing, see :meth:`SyncClock.source_frames`.

    Yields:
        A picture and its time in the stream's time base, n in all.
    """
    if (np.diff(source_frames) < 0).any():
        raise ValueError("source_frames must not decrease: time does not run backwards")
    shown = 0
    for frame in read_frames(path):
        while shown < len(source_frames) and source_frames[shown] == frame.index:
            yield frame.native, int(timeline.pts[shown])
            shown += 1
        if shown == len(source_frames):
            return
