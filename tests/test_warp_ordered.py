"""Jobs in threads come out as they would one after another."""

from __future__ import annotations

import threading
import time

import pytest

from syncfix.warp.ordered import in_order, usable_cores


def slow(number: int, most: int) -> int:
    time.sleep(0.002 * (most - number))  # the last is done first
    return number


@pytest.mark.parametrize("workers", [1, 3, None])
def test_results_keep_the_order_of_the_jobs(workers: int | None):
    jobs = (lambda k=k: slow(k, 12) for k in range(12))
    assert list(in_order(jobs, workers)) == list(range(12))


def test_no_more_jobs_are_drawn_ahead_than_memory_allows():
    drawn = []

    def jobs():
        for k in range(50):
            drawn.append(k)
            yield lambda k=k: k

    results = in_order(jobs(), 2)
    assert next(results) == 0
    assert len(drawn) <= 4
    results.close()
    assert len(drawn) <= 4


def test_a_failed_job_is_told_when_its_turn_comes():
    def fail() -> int:
        raise RuntimeError("broken")

    results = in_order([lambda: 1, fail, lambda: 3], 2)
    assert next(results) == 1
    with pytest.raises(RuntimeError, match="broken"):
        next(results)


def test_no_thread_outlives_the_work():
    results = in_order((lambda k=k: k for k in range(50)), 2)
    next(results)
    results.close()
    assert not [t for t in threading.enumerate() if t.name.startswith("syncfix-warp")]


def test_one_core_or_more_is_usable():
    assert usable_cores() >= 1
