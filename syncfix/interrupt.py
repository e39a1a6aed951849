"""Ctrl-C that can't get lost.

Python drops an exception that is raised while a finaliser or a weak reference's callback runs, and
importing runs many of them: a Ctrl-C at such a moment would print a traceback and change nothing.
So it is remembered as well, and raised again where the job next tells how far it is.
"""

from __future__ import annotations

import signal
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

__all__ = ["heed", "interruptible"]

_asked = threading.Event()


@contextmanager
def interruptible() -> Iterator[None]:
    """Remember a Ctrl-C that comes inside; nothing where somebody else listens to it."""
    ours = threading.current_thread() is threading.main_thread()
    if not ours or signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        yield
        return
    _asked.clear()
    said = sys.unraisablehook

    def interrupt(number: int, frame: FrameType | None) -> None:
        _asked.set()
        raise KeyboardInterrupt

    def say(unraisable: sys.UnraisableHookArgs) -> None:
        if unraisable.exc_type is not KeyboardInterrupt:
            said(unraisable)

    signal.signal(signal.SIGINT, interrupt)
    sys.unraisablehook = say
    try:
        yield
    finally:
        sys.unraisablehook = said
        signal.signal(signal.SIGINT, signal.default_int_handler)
        _asked.clear()


def heed() -> None:
    """Raise a Ctrl-C that came and was dropped.

    Raises:
        KeyboardInterrupt: there was one.
    """
    if _asked.is_set():
        raise KeyboardInterrupt
