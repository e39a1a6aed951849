"""Train the network that tells whether a mouth is covered.

    python scripts/train_covered.py DATA CACHE --out checkpoints/covered.safetensors

CACHE is what ``prepare_talkers.py`` made of DATA. Natural training clips, some of each speaker,
with things laid over them; a fifth of the speakers are kept apart to watch it. Seeds are fixed.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from pathlib import Path

import click
import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors.torch import save_file
from torch.nn.functional import binary_cross_entropy_with_logits
from training.occluders import COVERED_SHARE, SEEN_SHARE, mouth_hull, occluded

from syncfix.face.covered import VIEW_HEIGHT_PX, VIEW_WIDTH_PX, CoverNetwork

_APART = 5  # every fifth speaker
_BATCH = 128
_FRAMES_A_CLIP = 12

_Face = tuple[NDArray[np.uint8], NDArray[np.uint8]]


@click.command(help=__doc__)
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("cache", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(path_type=Path), required=True)
@click.option("--samples", default=60000, show_default=True)
@click.option("--epochs", default=12, show_default=True)
@click.option("--seed", default=0, show_default=True)
def main(data: Path, cache: Path, out: Path, samples: int, epochs: int, seed: int) -> None:
    torch.set_num_threads(1)
    cv2.setNumThreads(1)
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    people = list(_people(data, cache, rng).values())
    train = [p for k, p in enumerate(people) if k % _APART]
    apart = [p for k, p in enumerate(people) if not k % _APART]
    views, labels = _samples(train, samples, rng)
    test_views, test_labels = _samples(apart, samples // 10, rng)
    click.echo(f"{len(train)} speakers, {len(views)} views, {labels.mean():.2f} covered")
    network = CoverNetwork()
    steps = epochs * (len(views) // _BATCH)
    optimiser = torch.optim.AdamW(network.parameters(), lr=2e-3, weight_decay=1e-2)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimiser, 3e-3, total_steps=steps + 1)
    for epoch in range(epochs):
        network.train()
        order = rng.permutation(len(views))
        total = 0.0
        for start in range(0, len(order) - _BATCH + 1, _BATCH):
            pick = order[start : start + _BATCH]
            seen = torch.from_numpy(_lit(views[pick], rng))
            loss = binary_cross_entropy_with_logits(network(seen), torch.from_numpy(labels[pick]))
            optimiser.zero_grad()
            loss.backward()
            optimiser.step()
            schedule.step()
            total += loss.item()
        scores = _scores(network, test_views)
        click.echo(
            f"{epoch}: loss {total / (len(order) // _BATCH):.4f}, {_told(scores, test_labels)}"
        )
        tensors = {k: v.contiguous() for k, v in network.state_dict().items()}
        save_file(tensors, str(out), metadata={"format": "pt"})


def _people(data: Path, cache: Path, rng: np.random.Generator) -> dict[str, list[_Face]]:
    """Faces and their lips by speaker; clips without a speaker are each someone's."""
    by_speaker: dict[str, list[_Face]] = defaultdict(list)
    with open(data / "manifest.csv", newline="", encoding="utf-8") as file:
        rows = [r for r in csv.DictReader(file) if r["split"] == "train" and r["kind"] == "natural"]
    for row in rows:
        path = cache / Path(row["file"]).stem
        if not path.with_suffix(".npz").exists():
            continue
        halves = np.load(path.with_suffix(".npy"), mmap_mode="r")
        with np.load(path.with_suffix(".npz")) as kept:
            landmarks, found = kept["landmarks"], kept["found"]
        ticks = np.flatnonzero(found)
        for tick in rng.choice(ticks, min(_FRAMES_A_CLIP, len(ticks)), replace=False):
            # As OpenCV and the package's pictures: BGR.
            half = np.ascontiguousarray(halves[tick][:, :, ::-1])
            by_speaker[row["speaker"] or path.name].append((half, mouth_hull(landmarks[tick])))
    return by_speaker


def _samples(
    people: list[list[_Face]], count: int, rng: np.random.Generator
) -> tuple[NDArray[np.uint8], NDArray[np.float32]]:
    views = np.empty((count, VIEW_HEIGHT_PX, VIEW_WIDTH_PX, 3), np.uint8)
    labels = np.empty(count, np.float32)
    chances = np.sqrt([len(faces) for faces in people])
    whose = rng.choice(len(people), (count, 2), p=chances / chances.sum())
    place = 0
    while place < count:
        faces, others = (people[k] for k in whose[place])
        half, mouth = faces[rng.integers(len(faces))]
        share = 0.0
        if rng.random() < 0.62:
            other = others[rng.integers(len(others))][0]
            half, share = occluded(half, mouth, other, rng)
            if rng.random() < 0.15:
                half, more = occluded(half, mouth, other, rng)
                share = max(share, more)
            if SEEN_SHARE < share < COVERED_SHARE:
                continue
        views[place] = _moved(half, rng)
        labels[place] = share >= COVERED_SHARE
        place += 1
    return views, labels


def _moved(half: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """As landmarks would place it that are a bit off, from a camera that is a bit blurred."""
    height, width = half.shape[:2]
    matrix = cv2.getRotationMatrix2D(
        (width / 2, height / 2), rng.normal(0, 5), 0.5 * rng.normal(1, 0.08)
    )
    # Onto a view of half the size. Noses are long and short, so mouths lie high and low.
    matrix[:, 2] += rng.normal((-width / 4, -height / 4), (1.8, 2.6))
    if rng.random() < 0.3:  # a face half from the side, whose landmarks lie beside it
        narrow = rng.uniform(0.65, 1)
        matrix[0] *= narrow
        matrix[0, 2] += (1 - narrow) * VIEW_WIDTH_PX * rng.uniform(0.2, 0.8)
    if rng.random() < 0.5:
        half = half[:, ::-1]
    sharp = cv2.GaussianBlur(half, (0, 0), rng.uniform(0.5, 1.0))
    if rng.random() < 0.2:
        sharp = cv2.GaussianBlur(half, (0, 0), rng.uniform(1.0, 4.0))
    size = (VIEW_WIDTH_PX, VIEW_HEIGHT_PX)
    return cv2.warpAffine(sharp, matrix, size, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[return-value]


def _lit(views: NDArray[np.uint8], rng: np.random.Generator) -> NDArray[np.uint8]:
    """In another light, by another camera; some without colour."""
    count = len(views)
    out = views.astype(np.float32) / 255
    out = out ** rng.uniform(0.6, 1.6, (count, 1, 1, 1)).astype(np.float32)
    out *= rng.uniform(0.75, 1.25, (count, 1, 1, 3)).astype(np.float32)
    gray = rng.random((count, 1, 1, 1)) < 0.15
    out = np.where(gray, out.mean(axis=3, keepdims=True), out)
    out += rng.normal(0, 0.02, out.shape).astype(np.float32)
    return (np.clip(out, 0, 1) * 255).astype(np.uint8)


def _scores(network: CoverNetwork, views: NDArray[np.uint8]) -> NDArray[np.float32]:
    network.eval()
    with torch.inference_mode():
        parts = [
            network(torch.from_numpy(part)) for part in np.array_split(views, len(views) // 500 + 1)
        ]
    return torch.cat(parts).numpy()


def _told(scores: NDArray[np.float32], labels: NDArray[np.float32]) -> str:
    seen, covered = np.sort(scores[labels < 0.5]), scores[labels > 0.5]
    parts = []
    for alarm in (0.01, 0.003):
        level = float(seen[int((1 - alarm) * (len(seen) - 1))])
        parts.append(
            f"{(covered > level).mean():.3f} found at {alarm:.1%} alarms (level {level:.1f})"
        )
    return ", ".join(parts)


if __name__ == "__main__":
    main()
