"""From tasks to results: fit each mouth, make the fits steady over time, render; in threads."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from syncfix.warp.composing import Fit, compose, fit_mouth, render
from syncfix.warp.nearer import nearer
from syncfix.warp.ordered import in_order
from syncfix.warp.place import inter_ocular
from syncfix.warp.result import (
    COVERED_SOURCE,
    COVERED_TARGET,
    NO_FACE_IN_SOURCE,
    NO_FACE_IN_TARGET,
    NO_GAIN,
    Composed,
    Recipe,
    Skipped,
)
from syncfix.warp.steady import Fitted, steadied
from syncfix.warp.tasks import Task
from syncfix.warp.window import Patch

T = TypeVar("T")
R = TypeVar("R")

# Mouths that differ less than the skin around them does are the same mouth: of 168 frames of three
# clips those below gained nothing (landmark distance to the truth 0.0111 before, 0.0114 after).
_LEAST_GAIN = 1.1

Result = Composed | Skipped | None
"""The box that changes, in pixels of the whole picture; None where nothing was asked for."""


def compose_tasks(
    tasks: Iterable[Task[T]],
    finish: Callable[[T, Result], R],
    *,
    recipe: Recipe = "default",
    workers: int | None = None,
) -> Iterator[R]:
    """What `finish` makes of each task's key and result, in the order of the tasks.

    Args:
        tasks: see `syncfix.warp.tasks.tasks`; drawn a few ahead.
        finish: called in a worker's thread.
        recipe: "seed" composes each frame by itself.
        workers: threads, see `in_order`; the results do not depend on it.
    """
    if recipe == "seed":
        yield from in_order((partial(_by_itself, task, finish) for task in tasks), workers)
        return
    fitted = in_order((partial(_fitted, task) for task in tasks), workers)
    yield from in_order(
        (partial(_rendered, task, why, fit, finish) for (task, why), fit in steadied(fitted)),
        workers,
    )


def _by_itself(task: Task[T], finish: Callable[[T, Result], R]) -> R:
    target, source = task.target, task.source
    why = _mouthless(task)
    if task.offset == 0 or why is not None or target is None or source is None:
        return finish(task.key, why)
    faces = target.bgr, target.landmarks, source.bgr, source.landmarks
    result = compose(*faces, recipe="seed", strength=task.strength)
    return finish(task.key, _in_picture(result, target))


def _fitted(task: Task[T]) -> Fitted[tuple[Task[T], Skipped | None]]:
    nowhere = np.zeros(2)
    task = nearer(task)
    target, source = task.target, task.source
    why = _mouthless(task)
    if task.offset == 0 or why is not None or target is None or source is None:
        return Fitted((task, why), task.offset, None, nowhere, 1.0)
    fit = fit_mouth(target.bgr, target.landmarks, source.bgr, source.landmarks)
    if isinstance(fit, Fit) and fit.gain < _LEAST_GAIN:
        fit = Skipped(NO_GAIN)
    if isinstance(fit, Skipped):
        return Fitted((task, fit), task.offset, None, nowhere, 1.0)
    # Patches lie elsewhere in each frame: only whole pictures have pixels in common.
    matrix = _moved(fit.placement.matrix, _corner(target), _corner(source))
    mouth = source.landmarks[48:68].mean(axis=0) + _corner(source)
    whole = replace(fit, placement=replace(fit.placement, matrix=matrix))
    return Fitted((task, None), task.offset, whole, mouth, inter_ocular(target.landmarks))


def _rendered(
    task: Task[T], why: Skipped | None, fit: Fit | None, finish: Callable[[T, Result], R]
) -> R:
    target, source = task.target, task.source
    if fit is None or target is None or source is None:
        return finish(task.key, why)
    matrix = _moved(fit.placement.matrix, -_corner(target), -_corner(source))
    local = replace(fit, placement=replace(fit.placement, matrix=matrix))
    faces = target.bgr, target.landmarks, source.bgr, source.landmarks
    return finish(task.key, _in_picture(render(*faces, local, task.strength), target))


def _mouthless(task: Task[T]) -> Skipped | None:
    """Why there is nothing to put a mouth onto, or no mouth to put in."""
    if task.offset == 0:
        return None
    if task.target is None:
        return Skipped(NO_FACE_IN_TARGET)
    if task.target.covered:
        return Skipped(COVERED_TARGET)
    if task.source is None:
        return Skipped(NO_FACE_IN_SOURCE)
    return Skipped(COVERED_SOURCE) if task.source.covered else None


def _corner(patch: Patch) -> NDArray[np.float64]:
    return np.array([patch.left, patch.top], np.float64)


def _moved(
    matrix: NDArray[np.float64], target: NDArray[np.float64], source: NDArray[np.float64]
) -> NDArray[np.float64]:
    """The same transform between coordinates that are larger by `target` and `source`."""
    moved = matrix.copy()
    moved[:, 2] += target - matrix[:, :2] @ source
    return moved


def _in_picture(result: Composed | Skipped, target: Patch) -> Composed | Skipped:
    if isinstance(result, Skipped):
        return result
    return replace(result, box=result.box.moved(target.left, target.top))
