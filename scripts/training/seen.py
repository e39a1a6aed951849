"""Prepared clips as a network sees them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.network import FramewiseEmbedder, StackedEmbedder
from syncfix.syncnet.observation import OFFSETS_TICKS
from syncfix.syncnet.scores import offset_distances

from .data import Talker


@dataclass(frozen=True)
class Seen:
    """A clip as the network sees it.

    Attributes:
        talker: the prepared clip.
        vision, audio: embeddings ``[windows, dimension]``, one for each first tick.
        counts: ``[ticks]``, speech ticks with a face.
        distances: ``[ticks, 31]`` for offsets -15 to 15, pairs clamped near the ends.
        window_ticks: frames in a window.
    """

    talker: Talker
    vision: NDArray[np.float32]
    audio: NDArray[np.float32]
    counts: NDArray[np.bool_]
    distances: NDArray[np.float64]
    window_ticks: int


def look(
    embedder: StackedEmbedder | FramewiseEmbedder, talkers: Iterable[Talker], min_ticks: int = 70
) -> Iterator[Seen]:
    """Embed the clips of ``min_ticks`` ticks and more."""
    window = embedder.window_ticks
    for talker in talkers:
        if talker.ticks < min_ticks:
            continue
        vision = embedder.embed_video(talker.pictures(embedder.front_end))
        audio = embedder.embed_audio(talker.mel, talker.ticks)
        distances = offset_distances(audio, vision, OFFSETS_TICKS, window)
        yield Seen(talker, vision, audio, talker.speech & talker.found, distances, window)
