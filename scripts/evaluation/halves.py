"""Split halves: the audio of a clip's second half is moved, and the two halves must say so."""

from __future__ import annotations

import zlib

import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.observation import OFFSETS_TICKS
from syncfix.syncnet.scores import MIN_SPEECH_TICKS, REACH_TICKS, offset_distances

MIN_TICKS = 100
MOVE_TICKS = 10
MOVES = 5
_SEED = 20


def moves_of(name: str) -> tuple[int, ...]:
    """The moves of a clip, drawn by its name: different ones, of -10 to 10 ticks."""
    rng = np.random.default_rng([_SEED, zlib.crc32(name.encode())])
    every = np.arange(-MOVE_TICKS, MOVE_TICKS + 1)
    return tuple(int(k) for k in rng.permutation(every)[:MOVES])


def told_offset(
    audio: NDArray[np.float32],
    vision: NDArray[np.float32],
    counts: NDArray[np.bool_],
    window_ticks: int,
    begin: int,
    end: int,
    move: int = 0,
) -> int | None:
    """The offset, over ±15 ticks, of the ticks ``begin`` to ``end`` taken as a clip of their own.

    Only windows that lie wholly inside are used. With ``move`` the sound is moved against the
    pictures, so that the true offset grows by ``move``, and both streams are cut to where they
    overlap: a mel moved by whole ticks has the same windows at other places.

    Args:
        audio, vision: embeddings of the whole clip ``[windows, d]``, one for each first tick.
        counts: ``[ticks]``, speech ticks with a face.
        window_ticks: frames in a window.
        begin, end: the first tick, and the one after the last.
        move: ticks.

    Returns:
        The offset in ticks; None with too little speech or too few windows for ±15 ticks.
    """
    windows = end - begin - window_ticks + 1 - abs(move)
    if windows <= REACH_TICKS:
        return None
    heard, seen = begin + max(move, 0), begin + max(-move, 0)
    distances = offset_distances(
        audio[heard : heard + windows], vision[seen : seen + windows], OFFSETS_TICKS, window_ticks
    )
    rows = distances[counts[heard : heard + len(distances)]]
    if len(rows) < MIN_SPEECH_TICKS:
        return None
    return int(rows.mean(axis=0).argmin()) - REACH_TICKS


def halves_agree(
    audio: NDArray[np.float32],
    vision: NDArray[np.float32],
    counts: NDArray[np.bool_],
    window_ticks: int,
    moves: tuple[int, ...],
) -> tuple[bool, ...]:
    """For each move, whether the halves' offsets differ by it within a tick.

    A half that tells nothing is left out: moves for which either has too little speech.
    """
    ticks = len(counts)
    middle = ticks // 2
    first = told_offset(audio, vision, counts, window_ticks, 0, middle)
    if first is None:
        return ()
    agree = []
    for move in moves:
        second = told_offset(audio, vision, counts, window_ticks, middle, ticks, move)
        if second is not None:
            agree.append(abs(second - first - move) <= 1)
    return tuple(agree)
