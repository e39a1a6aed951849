"""Covered mouths: how many are found, and how many alarms there are where nothing is in front."""

from __future__ import annotations

import csv
import json
from pathlib import Path

import click
import cv2
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.covers import COVERS, laid_over
from benchmarks.val_clips import natural_clips, spread
from syncfix.clip import SyncClock, read_frames, read_timeline
from syncfix.errors import SyncfixError
from syncfix.face.covered import cover_evidence, view_of
from syncfix.face.detect import FaceDetector
from syncfix.face.landmarks import LandmarkModel, landmark_model_path
from syncfix.face.track import track_face
from syncfix.report import columns

_COVERED, _SEEN = 0.5, 0.05
_CELL_PX = 112
# Where it comes from, in inter-ocular distances: below, left, right, above the picture's edge.
_WAYS = ((0.3, 3.0), (-3.0, 1.2), (3.0, 1.2), (0.0, 3.0))

Row = dict[str, object]
Picture = NDArray[np.uint8]


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option(
    "--clips", default=24, show_default=True, help="To draw on, one of each source first."
)
@click.option("--ticks", default=45, show_default=True, help="Of each of these clips.")
@click.option("--untouched", default=10**6, help="Ticks of every natural clip as it is, at most.")
@click.option("--seed", default=0, show_default=True)
def covered(data: Path, out: Path, clips: int, ticks: int, untouched: int, seed: int) -> None:
    """Mouths with hands, cups and the like drawn before them, and all clips as they are.

    Natural `val` clips, of speakers never trained on. A thing comes in over five frames, stays
    and goes away. A covered frame is one with half of the lips hidden or more; it is found where
    the package says that it is covered or sees no face at all.
    """
    cv2.setNumThreads(1)
    out.mkdir(parents=True, exist_ok=True)
    model = LandmarkModel(landmark_model_path())
    rows: list[Row] = []
    paths = natural_clips(data)
    if untouched:
        for path, source in tqdm(paths, disable=None):
            try:
                pictures = _pictures(path, untouched)
            except SyncfixError as error:
                click.echo(f"{path.name}: left out, {error}", err=True)
                continue
            rows += _looked(path, source, "nothing", pictures, [0.0] * len(pictures), model)
    lines = []
    for number, (path, source) in enumerate(tqdm(spread(paths, clips), disable=None)):
        pictures = _pictures(path, ticks)
        tracked = list(track_face(enumerate(pictures), FaceDetector(), model))
        if any(t.landmarks is None for t in tracked):
            continue
        points = [t.landmarks for t in tracked if t.landmarks is not None]
        for place, name in enumerate(COVERS):
            rng = np.random.default_rng([seed, number, place])
            drawn, shares = _drawn(pictures, points, name, rng)
            done = _looked(path, source, name, drawn, shares, model)
            rows += done
            lines.append(_line(f"{path.stem} {name}", drawn, points, done))
    with open(out / "covered.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    if lines:
        cv2.imwrite(str(out / "covered.png"), np.vstack(lines[:: max(1, len(lines) // 40)]))
    figures = summary(rows)
    (out / "covered.json").write_text(json.dumps(figures, indent=2) + "\n", encoding="utf-8")
    click.echo(columns([list(figures[0]), *([str(v) for v in row.values()] for row in figures)]))


def summary(rows: list[Row]) -> list[dict[str, object]]:
    """For each thing: covered frames and the share found, uncovered ones and the share of alarms.

    Frames within three of a covered one are no alarms: the evidence of neighbours counts too.
    """
    out: list[dict[str, object]] = []
    for thing in dict.fromkeys(row["thing"] for row in rows):
        group = [row for row in rows if row["thing"] == thing]
        share = np.array([row["share"] for row in group], np.float64)
        tick = np.array([row["tick"] for row in group])
        said = np.array([row["covered"] for row in group], np.bool_)
        found = np.array([row["face"] for row in group], np.bool_)
        hidden = share >= _COVERED
        near = np.zeros(len(group), np.bool_)
        for step in range(-3, 4):
            shifted = np.roll(share, step)
            near |= (shifted > _SEEN) & (np.roll(tick, step) == tick - step)
        free = (share <= _SEEN) & ~near & found
        out.append(
            {
                "thing": thing,
                "covered frames": int(hidden.sum()),
                "found": f"{(said | ~found)[hidden].mean():.3f}" if hidden.any() else "-",
                "of these no face": f"{(~found)[hidden].mean():.3f}" if hidden.any() else "-",
                "free frames": int(free.sum()),
                "alarms": f"{said[free].mean():.4f}" if free.any() else "-",
                "clips with alarms": len({group[k]["clip"] for k in np.flatnonzero(said & free)}),
            }
        )
    return out


def _pictures(path: Path, ticks: int) -> list[Picture]:
    timeline = read_timeline(path)
    clock = SyncClock(timeline.pts_seconds, timeline.end_seconds)
    wanted = set(np.unique(clock.tick_to_frame[:ticks]).tolist())
    last = max(wanted)
    out = []
    for frame in read_frames(path):
        if frame.index > last:
            break
        if frame.index in wanted:
            out.append(frame.upright_bgr(exact=False))
    return out


def _drawn(
    pictures: list[Picture], points: list[NDArray[np.float32]], name: str, rng: np.random.Generator
) -> tuple[list[Picture], list[float]]:
    count = len(pictures)
    nose = points[0][[1, 2, 14, 15, 30]].mean(axis=0)
    x, y = np.round(0.3 * nose + 0.7 * points[0][30]).astype(int)
    skin = pictures[0][max(0, y - 3) : y + 4, max(0, x - 3) : x + 4].reshape(-1, 3).mean(axis=0)
    sprite = COVERS[name](skin, rng)
    begin, end = round(0.3 * count), round(0.75 * count)
    way = np.array(_WAYS[int(rng.integers(len(_WAYS)))])
    rest = rng.normal(0, 0.12, 2)
    out, shares = [], []
    for tick, (bgr, landmarks) in enumerate(zip(pictures, points, strict=True)):
        away = np.clip(max(begin - tick, tick - end) / 5, 0, 1)
        if away >= 1:
            out.append(bgr)
            shares.append(0.0)
            continue
        off = rest + way * away + rng.normal(0, 0.02, 2)
        made, share = laid_over(bgr, landmarks, sprite, (float(off[0]), float(off[1])))
        out.append(made)
        shares.append(share)
    return out, shares


def _looked(
    path: Path,
    source: str,
    thing: str,
    pictures: list[Picture],
    shares: list[float],
    model: LandmarkModel,
) -> list[Row]:
    rows: list[Row] = []
    for tracked in track_face(enumerate(pictures), FaceDetector(), model):
        raw = tracked.raw_landmarks
        rows.append(
            {
                "clip": path.stem,
                "source": source,
                "thing": thing,
                "tick": tracked.key,
                "share": round(shares[tracked.key], 3),
                "face": raw is not None,
                "covered": tracked.covered,
                "evidence": None
                if raw is None
                else round(cover_evidence([view_of(tracked.bgr, raw)])[0], 3),
            }
        )
    return rows


def _line(
    name: str, pictures: list[Picture], points: list[NDArray[np.float32]], rows: list[Row]
) -> Picture:
    """Eight frames of a clip, with a red edge where it is said to be covered, blue without face."""
    cells = []
    for tick in np.linspace(0.2, 0.9, 10) * (len(pictures) - 1):
        k = int(tick)
        left, top = points[k].min(axis=0)
        width = float(np.ptp(points[k][:, 0])) * 1.2
        scale = _CELL_PX / width
        matrix = np.array([[scale, 0, -scale * (left - 0.08 * width)], [0, scale, -scale * top]])
        cell = cv2.warpAffine(pictures[k], matrix, (_CELL_PX, _CELL_PX), flags=cv2.INTER_AREA)
        colour = (0, 0, 255) if rows[k]["covered"] else (0, 255, 0)
        colour = colour if rows[k]["face"] else (255, 0, 0)
        cv2.rectangle(cell, (0, 0), (_CELL_PX - 1, _CELL_PX - 1), colour, 3)
        cells.append(cell)
    cv2.putText(cells[0], name, (3, 10), cv2.FONT_HERSHEY_SIMPLEX, 0.3, (255, 255, 255), 1)
    return np.hstack(cells)
