"""Running ahead changes neither order nor errors, and stops with its reader."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest

from syncfix.clip.ahead import ahead


def test_the_same_items_in_the_same_order() -> None:
    assert list(ahead(range(100), 3)) == list(range(100))
    assert list(ahead([])) == []


def test_an_error_comes_in_its_place() -> None:
    def broken() -> Iterator[int]:
        yield 1
        yield 2
        raise ValueError("here")

    seen = []
    with pytest.raises(ValueError, match="here"):
        for item in ahead(broken()):
            seen.append(item)
    assert seen == [1, 2]


def test_a_reader_that_stops_closes_the_source() -> None:
    drawn, closed = [], threading.Event()

    def endless() -> Iterator[int]:
        try:
            number = 0
            while True:
                drawn.append(number)
                yield number
                number += 1
        finally:
            closed.set()

    before = threading.active_count()
    items = ahead(endless(), 2)
    assert next(items) == 0
    items.close()  # type: ignore[attr-defined]
    assert closed.wait(5)
    assert len(drawn) <= 5
    assert threading.active_count() == before
