"""Turn a folder of talking-face clips into what the networks learn from.

    python scripts/prepare_talkers.py DATA --out CACHE [--jobs 2]

DATA holds ``manifest.csv`` (columns file, split, kind, speaker, source) and the clips it names.
Each clip becomes two files in CACHE, made with the package's own front end so that training and
use can't differ: ``<name>.npy`` (mouths, uint8 ``[ticks, 64, 128, 3]`` RGB, to be memory-mapped)
and ``<name>.npz`` (mel float16 ``[80, columns]``, speech bool ``[ticks]``, found bool ``[ticks]``,
landmarks float16 ``[ticks, 68, 2]`` in eye distances). What is there is not made again.
"""

from __future__ import annotations

import csv
import os
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

import click
import cv2
import numpy as np
from tqdm import tqdm

from syncfix.clip import SyncClock, probe, read_timeline, speech_for
from syncfix.errors import SyncfixError
from syncfix.face.landmarks import LandmarkModel, landmark_model_path
from syncfix.face.mouths import mouths_at_ticks
from syncfix.syncnet.mel import mel_spectrogram
from syncfix.syncnet.speech import speech_ticks

HEIGHT_PX, WIDTH_PX = 64, 128


def prepare(clip: Path, target: Path) -> str | None:
    """Prepare one clip; returns why it was left out, or None."""
    if target.with_suffix(".npz").exists():
        return None
    cv2.setNumThreads(1)
    try:
        info = probe(clip)
        timeline = read_timeline(clip)
        clock = SyncClock(timeline.pts_seconds, timeline.end_seconds)
        samples = speech_for(info, clock)[:]
    except SyncfixError as error:
        return str(error)
    count = clock.tick_count
    mouths = np.full((count, HEIGHT_PX, WIDTH_PX, 3), 127, dtype=np.uint8)
    found = np.zeros(count, dtype=bool)
    landmarks = np.zeros((count, 68, 2), dtype=np.float16)
    for mouth in mouths_at_ticks(clip, clock, LandmarkModel(landmark_model_path())):
        if mouth.half is None or mouth.landmarks is None:
            continue
        found[mouth.tick] = True
        mouths[mouth.tick] = cv2.resize(
            mouth.half, (WIDTH_PX, HEIGHT_PX), interpolation=cv2.INTER_AREA
        )
        points = mouth.landmarks
        eyes = np.linalg.norm(points[36:42].mean(axis=0) - points[42:48].mean(axis=0))
        landmarks[mouth.tick] = (points - points[30]) / max(float(eyes), 1.0)
    if not found.any():
        return f"{clip}: no face"
    np.save(target.with_suffix(".npy"), mouths)
    part = target.with_suffix(".part.npz")
    np.savez(
        part,
        mel=mel_spectrogram(samples).astype(np.float16),
        speech=speech_ticks(samples, count),
        found=found,
        landmarks=landmarks,
    )
    os.replace(part, target.with_suffix(".npz"))
    return None


@click.command(help=__doc__)
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--jobs", default=os.cpu_count() or 1, show_default=True)
@click.option("--splits", default="train,val", show_default=True)
def main(data: Path, out: Path, jobs: int, splits: str) -> None:
    out.mkdir(parents=True, exist_ok=True)
    wanted = set(splits.split(","))
    with open(data / "manifest.csv", newline="", encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["split"] in wanted]
    with ProcessPoolExecutor(jobs) as pool:
        jobs_running = [
            pool.submit(prepare, data / row["file"], out / Path(row["file"]).stem) for row in rows
        ]
        for job in tqdm(jobs_running, desc="clips", disable=None):
            if (why := job.result()) is not None:
                tqdm.write(f"left out: {why}")


if __name__ == "__main__":
    main()
