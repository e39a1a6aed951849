"""Work on several frames at once whose results come out in order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar

R = TypeVar("R")

_JOBS_A_WORKER = 2


def usable_cores() -> int:
    """The cores that this process may run on."""
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on macOS or Windows
        return os.cpu_count() or 1


def in_order(jobs: Iterable[Callable[[], R]], workers: int | None = None) -> Iterator[R]:
    """What each job returns, in the order of the jobs.

    Jobs are drawn in the caller's thread and run in others: OpenCV lets go of Python's lock while
    it works. No more than two jobs a worker are drawn ahead, so memory is bounded.

    Args:
        jobs: callables that share nothing they change.
        workers: threads; 1 runs each job where it is drawn, None takes the usable cores.

    Raises:
        Exception: what a job raised, when its turn comes; the jobs behind it are dropped.
    """
    workers = usable_cores() if workers is None else workers
    if workers <= 1:
        yield from (job() for job in jobs)
        return
    pool = ThreadPoolExecutor(workers, thread_name_prefix="syncfix-warp")
    running: deque[Future[R]] = deque()
    try:
        for job in jobs:
            running.append(pool.submit(job))
            if len(running) >= _JOBS_A_WORKER * workers:
                yield running.popleft().result()
        while running:
            yield running.popleft().result()
    finally:
        pool.shutdown(wait=True, cancel_futures=True)
