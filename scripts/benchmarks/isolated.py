"""Commands in forked children of one warm process: a start in milliseconds, a crash that counts.

Importing torch and loading the networks takes seconds; a child that is forked after that has them.
"""

from __future__ import annotations

import os
import resource
import signal
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

import syncfix
from syncfix.commands import main
from syncfix.models import Models

CRASHED = 99


@dataclass(frozen=True)
class Outcome:
    """How a child ended.

    Attributes:
        code: exit code, or minus the signal that ended it.
        timed_out: it was killed at the end of its time.
        stderr: what it said.
        max_rss_mb: its peak memory, the parent's share in it included.
        seconds: how long it took.
    """

    code: int
    timed_out: bool
    stderr: str
    max_rss_mb: float
    seconds: float


def warm_up(clip: Path, quick: bool) -> Models:
    """Load the models once; commands that name none use these from now on.

    Args:
        clip: a clip that is measured, so that all that loads late is there.
        quick: the frame-wise network alone, which is several times faster.
    """
    torch.set_num_threads(1)  # a thread would not live on in the children
    models = Models.load()
    if quick and models.judge is not None:
        models = Models(models.judge, models.judge, models.landmarks)
    syncfix.measure(clip, models=models)
    load = Models.load

    def warm(*named: Path | None) -> Models:
        return load(*named) if any(named) else models

    Models.load = staticmethod(warm)  # type: ignore[method-assign, assignment]
    return models


def start(arguments: Sequence[str], log: Path, prepare: Callable[[], None] | None = None) -> int:
    """Fork a child that runs one command; return its process number.

    Args:
        log: where its stdout and stderr go.
        prepare: called in the child first (limits).
    """
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child:
        return child
    code = CRASHED
    try:
        handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        os.dup2(os.open(os.devnull, os.O_RDWR), 0)
        os.dup2(os.open(os.devnull, os.O_RDWR), 1)
        os.dup2(handle, 2)
        # What a shell starts in the background ignores Ctrl-C, and its children with it.
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if prepare is not None:
            prepare()
        main(list(arguments), prog_name="syncfix")
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else CRASHED
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def wait(child: int, log: Path, timeout_seconds: float, begin: float | None = None) -> Outcome:
    """Wait for a child to end, or end it."""
    begin = time.monotonic() if begin is None else begin
    timed_out = False
    while True:
        done, status, usage = os.wait4(child, os.WNOHANG)
        if done:
            break
        if not timed_out and time.monotonic() - begin > timeout_seconds:
            os.kill(child, signal.SIGKILL)
            timed_out = True
        time.sleep(0.005)
    return Outcome(
        os.waitstatus_to_exitcode(status),
        timed_out,
        log.read_text(errors="replace") if log.exists() else "",
        usage.ru_maxrss / 1024,
        time.monotonic() - begin,
    )


def run(
    arguments: Sequence[str],
    log: Path,
    timeout_seconds: float,
    prepare: Callable[[], None] | None = None,
) -> Outcome:
    """One command in a child, from its start to its end."""
    begin = time.monotonic()
    return wait(start(arguments, log, prepare), log, timeout_seconds, begin)


def file_size_limit(limit_bytes: int) -> Callable[[], None]:
    """A preparation after which no file grows beyond a limit: writing fails, as on a full disk."""

    def prepare() -> None:
        signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
        resource.setrlimit(resource.RLIMIT_FSIZE, (limit_bytes, limit_bytes))

    return prepare
