"""One network, trained or not, on all clips."""

from __future__ import annotations

import copy
import time
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from tqdm import tqdm
from training.data import Talker
from training.pieces import cut_pieces
from training.seen import Seen, look
from training.validate import TRUSTED

from syncfix.syncnet.calibration import UNCALIBRATED
from syncfix.syncnet.checkpoint import Network, read_card
from syncfix.syncnet.mel import SAMPLE_RATE_HZ, WINDOW_COLUMNS, mel_spectrogram
from syncfix.syncnet.network import FramewiseEmbedder, StackedEmbedder

from .clips import Answers, answer, constants, shares
from .distances import spread
from .groups import language_of, speaker_of
from .reliability import crossed, on_pieces
from .windows import apart_ticks

# 3 s, the shortest clip that is asked for.
MIN_TICKS = 75
_TIMED_TICKS = 250


@dataclass(frozen=True)
class Contender:
    """A network and what it is called in the table."""

    name: str
    trained: bool
    network: Network


def seed_of(path: Path) -> int:
    """The seed a checkpoint was trained from, or 0 where its card does not say."""
    if path.suffix != ".safetensors":
        return 0
    return int(read_card(path)["notes"].get("recipe", {}).get("seed", 0))


def untrained(network: Network) -> Network:
    """The same configuration with random weights, from the seed of its training."""
    model = copy.deepcopy(network.embedder.model)
    torch.manual_seed(seed_of(network.path))
    for module in model.modules():
        reset: Callable[[], None] | None = getattr(module, "reset_parameters", None)
        if reset is not None:
            reset()
    embedder = replace(network.embedder, model=model.eval())
    return replace(network, embedder=embedder, calibration=UNCALIBRATED)


def window_apart(embedder: StackedEmbedder | FramewiseEmbedder) -> int:
    """Ticks from which on two windows of this network share nothing."""
    framewise = isinstance(embedder, FramewiseEmbedder)
    columns = embedder.model.mel_columns if framewise else WINDOW_COLUMNS
    return apart_ticks(embedder.window_ticks, int(columns))


def evaluate(contender: Contender, talkers: Sequence[Talker]) -> dict[str, Any]:
    """All figures of a network, ready for JSON.

    Pieces are cut from all natural clips, as the calibration cuts them; everything else is of
    clips of 3 s and more.
    """
    network = contender.network
    apart = window_apart(network.embedder)
    bar = tqdm(talkers, desc=contender.name, disable=None)
    every = list(look(network.embedder, bar))
    seen = [each for each in every if each.talker.ticks >= MIN_TICKS]
    answers = [answer(each, network.calibration, apart) for each in seen]
    constant = constants(answers)
    return {
        "name": contender.name,
        "trained": contender.trained,
        "sha256": network.sha256,
        "window_ticks": network.embedder.window_ticks,
        "apart_ticks": apart,
        "clips": len(seen),
        "speakers": len({each.talker.speaker for each in seen}),
        "constant_ticks": constant,
        "shares": as_dicts(answers, constant),
        "distances": {"all": spread(seen), "trusted": spread(on_trusted(seen))},
        "reliability": {
            "pieces": on_pieces(cut_pieces(every), network.calibration),
            "crossed": crossed(every, network.calibration, apart, MIN_TICKS),
        },
        "by": {
            "source": grouped(answers, constant, lambda t: t.source),
            "speaker": grouped(answers, constant, lambda t: speaker_of(t.speaker)),
            "language": grouped(answers, constant, lambda t: language_of(t.source)),
        },
    }


def on_trusted(seen: Sequence[Seen]) -> list[Seen]:
    """The clips of trusted sources; all of them where there is none."""
    return [each for each in seen if each.talker.source in TRUSTED] or list(seen)


def as_dicts(answers: Sequence[Answers], constant: dict[str, float]) -> dict[str, Any]:
    return {name: share.to_dict() for name, share in shares(answers, constant).items()}


def grouped(
    answers: Sequence[Answers], constant: dict[str, float], key: Callable[[Talker], str]
) -> dict[str, Any]:
    """The same shares for each group of clips."""
    groups: dict[str, list[Answers]] = defaultdict(list)
    for each in answers:
        groups[key(each.talker)].append(each)
    return {name: as_dicts(some, constant) for name, some in sorted(groups.items())}


def seconds_for_10_s(network: Network) -> dict[str, float]:
    """Seconds that 10 s of lower halves and sound take, the best of three.

    By the wall clock, and for both together the processor's seconds too: on a machine that has
    other things to do, those of one thread are what the wall clock would show without them.
    """
    rng = np.random.default_rng(0)
    halves = rng.integers(0, 255, (_TIMED_TICKS, 128, 256, 3), dtype=np.uint8)
    samples = rng.standard_normal(10 * SAMPLE_RATE_HZ).astype(np.float32) * 0.1
    best = {"pictures": np.inf, "sound": np.inf, "processor": np.inf}
    for _ in range(3):
        begin, spent = time.perf_counter(), time.process_time()
        network.embedder.embed_video(
            np.stack([network.embedder.front_end.picture(half) for half in halves])
        )
        middle = time.perf_counter()
        network.embedder.embed_audio(mel_spectrogram(samples), _TIMED_TICKS)
        end = time.perf_counter()
        best["pictures"] = min(best["pictures"], middle - begin)
        best["sound"] = min(best["sound"], end - middle)
        best["processor"] = min(best["processor"], time.process_time() - spent)
    return {**best, "both": best["pictures"] + best["sound"]}
