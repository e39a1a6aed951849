"""Where a mouth can't be put onto a head that has turned, one nearer in time may do.

Heads that turn fast look alike only over a frame or two. To show less of a far source there mixes
two mouths into one picture; a nearer source is one mouth, of a moment between. So a frame takes
the farthest of the frames between itself and its source whose head fits.
"""

from __future__ import annotations

from typing import TypeVar

from syncfix.warp.place import place
from syncfix.warp.tasks import Task
from syncfix.warp.window import Patch

T = TypeVar("T")

_LEAST_TRUST = 0.5


def nearer(task: Task[T]) -> Task[T]:
    """The same task with the farthest source along its path whose head fits the target's.

    Where a mouth is covered or no face is seen, at either end, it stays as it is, to be skipped.
    Where no head fits, the nearest is taken: it is shown as far as it can be, or says why not.
    """
    target, source = task.target, task.source
    if target is None or source is None or target.covered or source.covered or not task.path:
        return task
    for steps in range(len(task.path), 0, -1):
        if _fits(target, task.path[steps - 1]):
            return task.at(steps)
    return task.at(1)


def _fits(target: Patch, source: Patch | None) -> bool:
    if source is None or source.covered:
        return False
    placement = place(source.landmarks, target.landmarks)
    return placement.plausible and placement.trust >= _LEAST_TRUST
