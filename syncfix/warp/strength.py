"""How much of the source each frame shows: full, except on the way in and out."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_RAMP = (1 / 3, 2 / 3)


def strengths(source_of: NDArray[np.integer], frames_a_tick: float) -> NDArray[np.float32]:
    """Strength of each frame's blend, 0..1; 0 where the frame keeps its own mouth.

    Next to frames that keep theirs it rises over two frames, so that skin and sharpness don't
    change at once. But only where source and target are a tick or less apart: two mouths that
    close mix into one between them, as a fraction of a frame's offset would show; farther apart
    they would be seen double, and the plan wants the jump.

    Args:
        source_of: ``[n]``, which frame's mouth each frame gets.
        frames_a_tick: 1 at 25 fps, 2.4 at 60.
    """
    away = np.abs(np.asarray(source_of) - np.arange(len(source_of)))
    kept, near = away == 0, away <= max(1, round(frames_a_tick))
    result = np.where(kept, 0.0, 1.0)
    for distance, level in reversed(list(enumerate(_RAMP, 1))):
        close = np.zeros(len(kept), bool)
        close[distance:] |= kept[:-distance]
        close[:-distance] |= kept[distance:]
        result[close & near & ~kept] = level
    return result.astype(np.float32)
