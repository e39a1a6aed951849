"""How far along a job is, for whoever wants to show it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

__all__ = [
    "EMBED",
    "EMBED_AGAIN",
    "LISTEN",
    "LOOK",
    "LOOK_AGAIN",
    "PLAN",
    "RENDER",
    "WRITE",
    "Progress",
    "Stage",
    "along",
]

T = TypeVar("T")


@dataclass(frozen=True)
class Stage:
    """A part of a job.

    Attributes:
        name: what is done, for people.
    """

    name: str


# Called with a stage and the share of it that is done, 0 to 1; stages come one after another.
Progress = Callable[[Stage, float], None]

LISTEN = Stage("reading the clip")
LOOK = Stage("finding faces")
EMBED = Stage("measuring")
PLAN = Stage("planning")
RENDER = Stage("rendering")
WRITE = Stage("writing")
LOOK_AGAIN = Stage("finding faces in the result")
EMBED_AGAIN = Stage("measuring the result")


def along(items: Iterable[T], count: int, stage: Stage, progress: Progress | None) -> Iterator[T]:
    """The items, telling after each how many of ``count`` have gone by."""
    if progress is None:
        yield from items
        return
    progress(stage, 0.0)
    for number, item in enumerate(items, 1):
        yield item
        progress(stage, min(1.0, number / max(1, count)))
    progress(stage, 1.0)
