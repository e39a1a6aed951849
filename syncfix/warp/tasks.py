"""What is to be composed: each frame, in order, with the patch that its mouth comes from."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

import numpy as np
from numpy.typing import NDArray

from syncfix.face.track import Tracked
from syncfix.warp.window import Patch, Sources

T = TypeVar("T")


@dataclass(frozen=True)
class Task(Generic[T]):
    """One frame of the output, before it is composed.

    Attributes:
        key: what the tracked frame was called.
        offset: how many frames ahead its mouth comes from; 0 where it keeps its own.
        target, source: patches of the two faces; None where there is no face.
        strength: 0..1, how much of the source is shown.
        path: patches of the frames from beside the target's up to the source's.
    """

    key: T
    offset: int
    target: Patch | None = None
    source: Patch | None = None
    strength: float = 1.0
    path: tuple[Patch | None, ...] = ()

    def at(self, steps: int) -> Task[T]:
        """The same with the source ``steps`` frames along its path, from 1 on."""
        offset = steps if self.offset > 0 else -steps
        return replace(self, offset=offset, source=self.path[steps - 1], path=())


def tasks(
    tracked: Iterable[Tracked[T]],
    source_of: NDArray[np.integer],
    strength: NDArray[np.floating],
) -> Iterator[Task[T]]:
    """A task for each tracked frame, in order, as soon as its source has been seen.

    Args:
        tracked: all frames, the k-th with the mouth of the ``source_of[k]``-th to come.
        source_of: int ``[n]``, each in 0..n-1.
        strength: ``[n]`` in 0..1.
    """
    sources = Sources(source_of)
    waiting: deque[tuple[int, T, Patch | None]] = deque()
    for index, each in enumerate(tracked):
        changes = source_of[index] != index
        patch = None
        if changes or sources.wants(index):
            patch = Patch.cut(each.bgr, _landmarks(each), each.covered)
        if sources.wants(index):
            sources.hold(index, patch)
        waiting.append((index, each.key, patch if changes else None))
        while waiting and source_of[waiting[0][0]] <= index:
            place, key, target = waiting.popleft()
            source = int(source_of[place])
            if source == place:
                yield Task(key, 0)
            else:
                step = 1 if source > place else -1
                path = tuple(sources[k] for k in range(place + step, source + step, step))
                share = float(strength[place])
                yield Task(key, source - place, target, path[-1], share, path)
            sources.done(place)
    for place, key, target in waiting:  # the file broke off earlier than when its clock was read
        yield Task(key, int(source_of[place]) - place, target, None)


def _landmarks(tracked: Tracked[T]) -> NDArray[np.float32] | None:
    """Half smoothed: found ones jump by a pixel, smoothed ones lag behind fast lips and heads."""
    if tracked.landmarks is None or tracked.raw_landmarks is None:
        return None
    return ((tracked.landmarks + tracked.raw_landmarks) / 2).astype(np.float32)
