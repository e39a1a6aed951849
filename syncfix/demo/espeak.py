"""Speech by espeak-ng, from the wheel espeakng-loader: samples, and when each phoneme sounds.

espeak-ng is under GPL-3.0; it is an optional extra, run for the demo only (``espeak_child``).
"""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from math import gcd
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from scipy.signal import resample_poly

from syncfix.demo.sounds import SAMPLE_RATE_HZ, SILENCE, Phoneme, Speech
from syncfix.errors import SyncfixError

__all__ = ["available", "say"]

_VOICE = "en-us+Annie"
# Stress and the marks of allophones: nothing that lips show.
_MARKS = "',%=|#~!-\";"
# espeak-ng reports a voiceless stop at its burst; its closure (measured: 40 to 50 ms) it counts to
# the sound before. Lips must be shut in the closure.
_VOICELESS_STOPS = frozenset("ptk")
_CLOSURE_SECONDS = 0.045
_LONGEST_SECONDS = 60


def available() -> bool:
    """Whether espeakng-loader is installed."""
    return importlib.util.find_spec("espeakng_loader") is not None


def say(text: str) -> Speech:
    """Say ``text``; the same samples each time.

    Raises:
        SyncfixError: the library can't be started.
    """
    import espeakng_loader

    child = Path(__file__).with_name("espeak_child.py")
    library, data = espeakng_loader.get_library_path(), espeakng_loader.get_data_path()
    try:
        done = subprocess.run(
            [sys.executable, str(child), str(library), str(data), _VOICE],
            input=text.encode(),
            capture_output=True,
            timeout=_LONGEST_SECONDS,
            check=True,
        )
    except (OSError, subprocess.SubprocessError) as error:
        raise SyncfixError(
            f"espeak-ng can't be started ({type(error).__name__}): "
            "reinstall espeakng-loader, or remove it to do without"
        ) from error
    line, _, wave = done.stdout.partition(b"\n")
    told = json.loads(line)
    rate_hz: int = told["rate_hz"]
    samples = np.frombuffer(wave, np.int16).astype(np.float32) / np.float32(32768)
    marks = [(at / rate_hz, name) for name, at in told["phonemes"]]
    return Speech(
        _resampled(samples, rate_hz),
        tuple(_phonemes(marks, len(samples) / rate_hz)),
        "espeak-ng",
    )


def _phonemes(marks: list[tuple[float, str]], end_seconds: float) -> Iterator[Phoneme]:
    """Phonemes without gaps: each lasts until the next one begins."""
    names = [SILENCE, *(_plain(name) for _, name in marks)]
    edges = [0.0]
    for (at, _), name in zip(marks, names[1:], strict=True):
        early = _CLOSURE_SECONDS if name in _VOICELESS_STOPS else 0.0
        edges.append(max(at - early, edges[-1]))
    edges.append(end_seconds)
    for name, start, end in zip(names, edges[:-1], edges[1:], strict=True):
        if end > start:
            yield Phoneme(name, start, end)


def _plain(name: str) -> str:
    """Without marks; a mark alone (";", a palatal glide) is taken for the glide."""
    return SILENCE if name.startswith("_") else name.strip(_MARKS) or "j"


def _resampled(samples: NDArray[np.float32], rate_hz: int) -> NDArray[np.float32]:
    common = gcd(SAMPLE_RATE_HZ, rate_hz)
    out = resample_poly(samples, SAMPLE_RATE_HZ // common, rate_hz // common)
    return np.asarray(out, np.float32)
