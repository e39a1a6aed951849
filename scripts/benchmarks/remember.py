"""An embedder that remembers: strategies that try the same plan embed its pictures once."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.network import Embedder

__all__ = ["Cost", "Remembering"]


class Remembering:
    """Stands in for an embedder.

    Attributes:
        windows: how many windows were asked for, remembered or not.
        embedded, seconds: how many were embedded, and how long that took.
    """

    def __init__(self, embedder: Embedder) -> None:
        self._embedder = embedder
        self._known: dict[bytes, NDArray[np.float32]] = {}
        self.windows = self.embedded = 0
        self.seconds = 0.0

    def __getattr__(self, name: str) -> object:
        return getattr(self._embedder, name)

    def forget(self) -> None:
        """Empty the memory: the next case has other pictures."""
        self._known.clear()

    def embed_video(
        self, pictures: NDArray[np.uint8], done: Callable[[float], None] | None = None
    ) -> NDArray[np.float32]:
        """As the embedder's."""
        key = hashlib.sha256(np.ascontiguousarray(pictures).tobytes()).digest()
        if key not in self._known:
            begin = time.perf_counter()
            self._known[key] = self._embedder.embed_video(pictures)
            self.seconds += time.perf_counter() - begin
            self.embedded += len(self._known[key])
        self.windows += len(self._known[key])
        return self._known[key]


@dataclass
class Cost:
    """What a piece of work costs that asks embedders which remember.

    Attributes:
        windows: how many windows it asked for.
        seconds: how long it takes: what was remembered counts as if it were embedded again.
    """

    windows: int = 0
    seconds: float = 0.0

    @classmethod
    @contextmanager
    def counted(cls, memories: Sequence[Remembering]) -> Iterator[Cost]:
        """The cost of what is done inside; it is known when that is over."""
        cost = cls()
        asked = [each.windows for each in memories]
        spent = sum(each.seconds for each in memories)
        begin = time.perf_counter()
        yield cost
        cost.seconds = time.perf_counter() - begin
        cost.seconds -= sum(each.seconds for each in memories) - spent
        for each, before in zip(memories, asked, strict=True):
            windows = each.windows - before
            cost.windows += windows
            cost.seconds += windows * each.seconds / max(1, each.embedded)
