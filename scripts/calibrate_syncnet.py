"""Say what a network's distances mean, from clips of speakers it never saw.

    python scripts/calibrate_syncnet.py RUN/network.safetensors DATA CACHE \\
        --role chooser --out checkpoints/chooser.safetensors

Writes the same weights with a calibration on their card, enters the file in
``checkpoints/index.json`` and prints the figures. Pieces of ``val`` clips are measured; a piece
counts as told rightly when its offset lies within a tick of the truth: the source's constant on
the trusted sources, elsewhere the offset of the rest of its clip. Pieces with another clip's
sound have no truth and count as told wrongly, whatever comes out.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
import numpy as np
from sklearn.linear_model import LogisticRegression
from training.data import load_talkers
from training.pieces import cut_pieces, fit_confidence
from training.seen import Seen, look

from syncfix.syncnet.calibration import Calibration
from syncfix.syncnet.checkpoint import load_network, read_card, sha256_of, write_checkpoint
from syncfix.syncnet.observation import OFFSETS_TICKS
from syncfix.syncnet.scores import REACH_TICKS


def calibrate(seen: list[Seen]) -> tuple[Calibration, dict[str, float]]:
    pieces = cut_pieces(seen)
    confidence = fit_confidence(pieces)
    right, told, level = pieces.right, confidence.told, confidence.can_tell

    inside, outside, far = [], [], []
    for each in seen:
        rows = each.distances[each.counts]
        best = int(rows.mean(axis=0).argmin())
        if abs(best - REACH_TICKS) > 3:
            continue
        inside.append(rows[:, best])
        away = np.abs(np.arange(len(OFFSETS_TICKS)) - best) >= 8
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
        confidence_weights=tuple(round(v, 5) for v in confidence.weights),
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
    seen = list(look(network.embedder, load_talkers(data, cache, "val", ("natural",))))
    calibration, figures = calibrate(seen)
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
