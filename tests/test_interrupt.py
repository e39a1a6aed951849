"""A Ctrl-C that Python drops is raised at the next word of progress."""

from __future__ import annotations

import os
import signal
import weakref
from collections.abc import Iterator

import pytest

from syncfix.interrupt import heed, interruptible
from syncfix.progress import LOOK
from syncfix.report.bar import progress_shown


@pytest.fixture(autouse=True)
def _as_in_a_terminal() -> Iterator[None]:
    """What is started in the background ignores a Ctrl-C; a user's terminal does not."""
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    yield
    signal.signal(signal.SIGINT, before)


class Thing:
    """Something that a weak reference can watch."""


def _interrupt_where_it_is_dropped() -> None:
    thing = Thing()
    watch = weakref.ref(thing, lambda _: os.kill(os.getpid(), signal.SIGINT))
    del thing
    assert watch() is None


def test_a_dropped_interrupt_is_raised_by_the_next_progress(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(KeyboardInterrupt), interruptible(), progress_shown() as progress:
        _interrupt_where_it_is_dropped()
        progress(LOOK, 0.5)
    assert "Traceback" not in capsys.readouterr().err


def test_an_interrupt_that_is_not_dropped_comes_at_once() -> None:
    after = False
    with pytest.raises(KeyboardInterrupt), interruptible():
        os.kill(os.getpid(), signal.SIGINT)
        after = True
    assert not after


def test_nothing_is_left_behind() -> None:
    before = signal.getsignal(signal.SIGINT)
    with pytest.raises(KeyboardInterrupt), interruptible():
        _interrupt_where_it_is_dropped()
        heed()
    assert signal.getsignal(signal.SIGINT) is before
    heed()


def test_somebody_else_who_listens_is_left_alone() -> None:
    heard: list[int] = []

    def listen(number: int, frame: object) -> None:
        heard.append(number)

    before = signal.signal(signal.SIGINT, listen)
    try:
        with interruptible():
            assert signal.getsignal(signal.SIGINT) is listen
            os.kill(os.getpid(), signal.SIGINT)
            heed()
    finally:
        signal.signal(signal.SIGINT, before)
    assert heard == [signal.SIGINT]
