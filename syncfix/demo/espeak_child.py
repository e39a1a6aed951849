"""Speaks with libespeak-ng in a process of its own; standard library only.

espeak-ng carries the state of its noise and its voice from one call to the next, so that the same
text gives other samples the second time; only a new process, with a seed, starts afresh. (It also
keeps a GPL-3.0 library out of the caller's process.) Names and numbers are those of espeak-ng's
``speak_lib.h`` and ``espeak_ng.h``.

Called as ``python espeak_child.py LIBRARY DATA VOICE < text``; writes a line of JSON,
``{"rate_hz": int, "phonemes": [[symbol, first sample], ...]}``, then the samples as 16-bit integers
of the machine's own byte order.
"""

from __future__ import annotations

import ctypes
import json
import sys
from typing import Any

_SYNCHRONOUS = 2
_PHONEME_EVENTS, _DONT_EXIT = 0x0001, 0x8000
_LIST_END, _PHONEME = 0, 7
_POSITION_IN_CHARACTERS, _UTF8 = 1, 1


class _EventId(ctypes.Union):
    _fields_ = (
        ("number", ctypes.c_int),
        ("name", ctypes.c_char_p),
        ("string", ctypes.c_char * 8),
    )


class _Event(ctypes.Structure):
    _fields_ = (
        ("type", ctypes.c_int),
        ("unique_identifier", ctypes.c_uint),
        ("text_position", ctypes.c_int),
        ("length", ctypes.c_int),
        ("audio_position", ctypes.c_int),
        ("sample", ctypes.c_int),
        ("user_data", ctypes.c_void_p),
        ("id", _EventId),
    )


_Callback = ctypes.CFUNCTYPE(
    ctypes.c_int, ctypes.POINTER(ctypes.c_short), ctypes.c_int, ctypes.POINTER(_Event)
)


def speak(
    library: str, data: str, voice: str, text: bytes
) -> tuple[int, list[tuple[str, int]], bytes]:
    """The sample rate in Hz, each phoneme with its first sample, and the 16-bit samples."""
    engine = ctypes.CDLL(library)
    pieces: list[bytes] = []
    phonemes: list[tuple[str, int]] = []

    def collect(samples: Any, count: int, events: Any) -> int:
        if samples and count > 0:
            pieces.append(ctypes.string_at(samples, 2 * count))
        place = 0
        while events[place].type != _LIST_END:
            event = events[place]
            if event.type == _PHONEME:
                phonemes.append((event.id.string.decode("utf-8", "replace"), event.sample))
            place += 1
        return 0

    rate_hz = engine.espeak_Initialize(_SYNCHRONOUS, 0, data.encode(), _PHONEME_EVENTS | _DONT_EXIT)
    if rate_hz <= 0:
        raise RuntimeError("espeak_Initialize failed")
    # It took the time of day for a seed.
    engine.espeak_ng_SetRandSeed.argtypes = (ctypes.c_long,)
    engine.espeak_ng_SetRandSeed(1)
    # Held by a name until the end: ctypes does not keep a callback alive.
    callback = _Callback(collect)
    engine.espeak_SetSynthCallback(callback)
    if engine.espeak_SetVoiceByName(voice.encode()) != 0:
        raise RuntimeError(f"no voice {voice}")
    engine.espeak_Synth.argtypes = (
        *(ctypes.c_char_p, ctypes.c_size_t, ctypes.c_uint, ctypes.c_int, ctypes.c_uint),
        *(ctypes.c_uint, ctypes.c_void_p, ctypes.c_void_p),
    )
    engine.espeak_Synth(text, len(text) + 1, 0, _POSITION_IN_CHARACTERS, 0, _UTF8, None, None)
    engine.espeak_Synchronize()
    return rate_hz, phonemes, b"".join(pieces)


def main(library: str, data: str, voice: str) -> None:
    """Say what comes on stdin; the answer goes to stdout."""
    rate_hz, phonemes, samples = speak(library, data, voice, sys.stdin.buffer.read())
    line = json.dumps({"rate_hz": rate_hz, "phonemes": phonemes})
    sys.stdout.buffer.write(line.encode() + b"\n" + samples)


if __name__ == "__main__":
    main(*sys.argv[1:])
