"""Progress on a terminal: the stage, how far it is, and the time it will still take."""

from __future__ import annotations

import logging
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TextIO

from tqdm import tqdm
from tqdm.contrib.logging import logging_redirect_tqdm

from syncfix.interrupt import heed
from syncfix.progress import Progress, Stage

__all__ = ["progress_shown"]

_log = logging.getLogger(__name__)
_FORMAT = "{desc:29} {percentage:3.0f}% |{bar}| {elapsed}, {remaining} left"
_STEPS = 1000


@contextmanager
def progress_shown(quiet: bool = False, stream: TextIO | None = None) -> Iterator[Progress]:
    """A progress callback that draws a bar where ``stream`` is a terminal.

    In a pipe or a file, or if ``quiet``, nothing is drawn. Each stage is logged as it begins.

    Args:
        quiet: never draw.
        stream: where to; standard error if not given.
    """
    stream = stream or sys.stderr
    if quiet or not stream.isatty():
        yield _Logged()
        return
    shown = _Bar(stream)
    with logging_redirect_tqdm():
        try:
            yield shown
        finally:
            shown.close()


class _Logged:
    """Tells the log of each stage once, and heeds a Ctrl-C that was dropped."""

    def __init__(self) -> None:
        self._stage: Stage | None = None

    def __call__(self, stage: Stage, share: float) -> None:
        heed()
        if stage != self._stage:
            self._stage = stage
            _log.info("%s", stage.name)
            self.begin(stage)
        self.move(share)

    def begin(self, stage: Stage) -> None:
        """A stage begins."""

    def move(self, share: float) -> None:
        """It goes on."""


class _Bar(_Logged):
    """One bar at a time, cleared when its stage is over."""

    def __init__(self, stream: TextIO) -> None:
        super().__init__()
        self._stream = stream
        self._bar: tqdm | None = None

    def begin(self, stage: Stage) -> None:
        self.close()
        self._bar = tqdm(
            total=_STEPS,
            desc=stage.name,
            file=self._stream,
            bar_format=_FORMAT,
            leave=False,
            dynamic_ncols=True,
        )

    def move(self, share: float) -> None:
        if self._bar is not None:
            self._bar.update(round(share * _STEPS) - self._bar.n)

    def close(self) -> None:
        if self._bar is not None:
            self._bar.close()
            self._bar = None
