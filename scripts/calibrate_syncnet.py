"""Say what a network's distances mean, from clips of speakers it never saw.

    python scripts/calibrate_syncnet.py RUN/network.safetensors DATA CACHE \\
        --role chooser --out checkpoints/chooser.safetensors

Writes the same weights with a calibration on their card, enters the file in
``checkpoints/index.json`` and prints the figures. Pieces of ``val`` clips are measured; a piece
counts as told rightly when its offset lies within a tick of the truth: 0 on the trusted sources,
elsewhere the offset of the rest of its clip. Pieces with another clip's sound have no truth and
count as told wrongly, whatever comes out.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from sklearn.linear_model import LogisticRegression
from training.data import Talker, load_talkers
from training.validate import TRUSTED

from syncfix.syncnet.calibration import Calibration, confidence_features
from syncfix.syncnet.checkpoint import load_network, read_card, sha256_of, write_checkpoint
from syncfix.syncnet.network import FramewiseEmbedder, StackedEmbedder
from syncfix.syncnet.scores import REACH_TICKS, mean_block_agreement, offset_distances

PIECES_TICKS = (25, 40, 60, 100, 250)
PRECISION = 0.95
OFFSETS = np.arange(-REACH_TICKS, REACH_TICKS + 1)


@dataclass(frozen=True)
class Seen:
    """A clip as the network sees it; ``counts`` are its speech ticks with a face."""

    talker: Talker
    vision: NDArray[np.float32]
    audio: NDArray[np.float32]
    counts: NDArray[np.bool_]
    distances: NDArray[np.float64]


def look(embedder: StackedEmbedder | FramewiseEmbedder, talkers: list[Talker]) -> list[Seen]:
    seen = []
    for talker in talkers:
        if talker.ticks < 70:
            continue
        pictures = np.stack([embedder.front_end.picture(m) for m in talker.mouths])
        vision = embedder.embed_video(pictures)
        audio = embedder.embed_audio(talker.mel, talker.ticks)
        distances = offset_distances(audio, vision, OFFSETS, embedder.window_ticks)
        seen.append(Seen(talker, vision, audio, talker.speech & talker.found, distances))
    return seen


def piece_features(rows: NDArray[np.float64]) -> tuple[int, tuple[float, float, float]]:
    """The offset that a piece's rows ``[n, 31]`` tell, and what the confidence is made of."""
    curve = rows.mean(axis=0)
    best = int(curve.argmin())
    lse_c = float(np.median(curve) - curve[best])
    return best - REACH_TICKS, confidence_features(
        mean_block_agreement(rows, best), lse_c, len(rows)
    )


def pieces(seen: list[Seen], window_ticks: int) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Features ``[n, 3]`` of all pieces, and whether each told its offset rightly."""
    rng = np.random.default_rng(5)
    features, right = [], []
    for index, each in enumerate(seen):
        ticks = np.flatnonzero(each.counts)
        other = seen[(index + 1 + rng.integers(len(seen) - 1)) % len(seen)]
        length = min(len(each.audio), len(other.vision))
        swapped = offset_distances(
            each.audio[:length], other.vision[:length], OFFSETS, window_ticks
        )
        for size in PIECES_TICKS:
            for start in range(0, max(1, len(ticks) - size + 1), max(size // 2, 12)):
                chosen = ticks[start : start + size]
                if len(chosen) < min(size, 20):
                    continue
                offset, feature = piece_features(each.distances[chosen])
                truth = 0
                if each.talker.source not in TRUSTED:
                    rest = np.setdiff1d(
                        ticks, np.arange(chosen[0] - window_ticks, chosen[-1] + window_ticks)
                    )
                    if len(rest) < 50:
                        continue
                    truth = int(each.distances[rest].mean(axis=0).argmin()) - REACH_TICKS
                features.append(feature)
                right.append(abs(offset - truth) <= 1)
                inside = chosen[chosen < len(swapped)]
                if rng.random() < 0.3 and len(inside) >= 20:
                    features.append(piece_features(swapped[inside])[1])
                    right.append(False)
    return np.array(features), np.array(right)


def calibrate(network_window: int, seen: list[Seen]) -> tuple[Calibration, dict[str, float]]:
    features, right = pieces(seen, network_window)
    model = LogisticRegression(C=10.0, max_iter=2000).fit(features, right)
    told = model.predict_proba(features)[:, 1]
    order = np.argsort(-told)
    precision = np.cumsum(right[order]) / np.arange(1, len(order) + 1)
    enough = np.flatnonzero(precision >= PRECISION)
    level = float(told[order][enough[-1]]) if len(enough) else 0.99

    inside, outside, far = [], [], []
    for each in seen:
        rows = each.distances[each.counts]
        best = int(rows.mean(axis=0).argmin())
        if abs(best - REACH_TICKS) > 3:
            continue
        inside.append(rows[:, best])
        away = np.abs(np.arange(len(OFFSETS)) - best) >= 8
        outside.append(rows[:, away][:, ::5].ravel())
        far.append(rows[:, away].mean())
    near, away_from = np.concatenate(inside), np.concatenate(outside)
    distance = np.concatenate([near, away_from])[:, None]
    label = np.concatenate([np.ones(len(near)), np.zeros(len(away_from))])
    sync = LogisticRegression(class_weight="balanced").fit(distance, label)
    weight, bias = float(sync.coef_[0, 0]), float(sync.intercept_[0])
    threshold = -bias / weight
    calibration = Calibration(
        sync_cosine=round(1.0 - threshold**2 / 2.0, 4),
        chance_distance=round(float(np.mean(far)), 4),
        confidence_weights=tuple(
            round(float(v), 5) for v in (model.intercept_[0], *model.coef_[0])
        ),
        can_tell=round(level, 4),
        sync_weights=(round(bias, 4), round(weight, 4)),
    )
    figures = {
        "pieces": float(len(right)),
        "pieces told rightly": round(float(right.mean()), 3),
        "can tell": round(float((told >= level).mean()), 3),
        "right where it can tell": round(float(right[told >= level].mean()), 3),
        "ticks in sync nearer than the threshold": round(float((near < threshold).mean()), 3),
        "ticks out of sync farther": round(float((away_from > threshold).mean()), 3),
        "distance in sync": round(float(near.mean()), 3),
    }
    return calibration, figures


@click.command(help=__doc__)
@click.argument("checkpoint", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("cache", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--role", type=click.Choice(["chooser", "judge"]), required=True)
def main(checkpoint: Path, data: Path, cache: Path, out: Path, role: str) -> None:
    network, card = load_network(checkpoint), read_card(checkpoint)
    seen = look(network.embedder, load_talkers(data, cache, "val", ("natural",)))
    calibration, figures = calibrate(network.embedder.window_ticks, seen)
    write_checkpoint(
        out,
        name=card["name"],
        kind=card["kind"],
        config=card["config"],
        front_end=network.embedder.front_end,
        tensors=network.embedder.model.state_dict(),
        notes={**card["notes"], "figures": figures},
        calibration=calibration.to_dict(),
    )
    index_path = out.parent / "index.json"
    index = json.loads(index_path.read_text(encoding="utf-8")) if index_path.exists() else {}
    index[role] = {"file": out.name, "sha256": sha256_of(out)}
    index_path.write_text(json.dumps(index, indent=2, sort_keys=True) + "\n", encoding="utf-8")
    for key, value in {**figures, **calibration.to_dict()}.items():
        click.echo(f"{key}: {value}")


if __name__ == "__main__":
    main()
