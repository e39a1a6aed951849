"""Work that runs ahead of its reader, in a thread of its own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from queue import Empty, Full, Queue
from threading import Event, Thread
from typing import TypeVar

__all__ = ["ahead"]

T = TypeVar("T")

_PATIENCE_SECONDS = 0.1


class _End:
    """What the thread leaves last: nothing more, or what went wrong."""

    def __init__(self, error: BaseException | None) -> None:
        self.error = error


def ahead(items: Iterable[T], count: int = 4) -> Iterator[T]:
    """The same items in the same order, drawn by a thread up to ``count`` ahead.

    FFmpeg, OpenCV and dlib let go of Python's lock while they work, so a frame can be decoded
    while a face is looked for in the one before.

    Args:
        items: drawn by the thread alone, and closed by it when the reader stops early.
        count: most items that wait.

    Raises:
        BaseException: what the items raised, in their place.
    """
    queue: Queue[T | _End] = Queue(count)
    left = Event()

    def put(item: T | _End) -> bool:
        while not left.is_set():
            try:
                queue.put(item, timeout=_PATIENCE_SECONDS)
                return True
            except Full:
                continue
        return False

    def draw() -> None:
        source = iter(items)
        try:
            for item in source:
                if not put(item):
                    break
            put(_End(None))
        except BaseException as error:  # the reader's to handle
            put(_End(error))
        finally:
            close = getattr(source, "close", None)
            if close is not None:
                close()

    thread = Thread(target=draw, name="syncfix-ahead", daemon=True)
    thread.start()
    try:
        while True:
            try:
                item = queue.get(timeout=_PATIENCE_SECONDS)
            except Empty:
                continue
            if isinstance(item, _End):
                if item.error is not None:
                    raise item.error
                return
            yield item
    finally:
        left.set()
        thread.join()
