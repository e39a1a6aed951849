"""Retime against injected truth: what each strategy leaves of an error that is known."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from training.data import Talker, load_talkers

from benchmarks.injections import injections
from syncfix.demo.truth import residual_ticks
from syncfix.report import columns
from syncfix.retime import RetimeOptions, find_plan
from syncfix.syncnet.checkpoint import Network
from syncfix.syncnet.registry import find_judge, find_network
from syncfix.syncnet.scores import REACH_TICKS, mean_interval, offset_distances, score

OFFSETS = np.arange(-REACH_TICKS, REACH_TICKS + 1)
TICK_MS = 40.0


@dataclass(frozen=True)
class View:
    """One network's view of a clip whose pictures come in some order."""

    audio: NDArray[np.float32]
    video: NDArray[np.float32]
    distances: NDArray[np.float64]


def view(
    network: Network, talker: Talker, pictures: NDArray[np.uint8], audio: NDArray[np.float32]
) -> View:
    video = network.embedder.embed_video(pictures)
    window = network.embedder.window_ticks
    return View(audio, video, offset_distances(audio, video, OFFSETS, window))


def error_ms(
    injected: NDArray[np.intp], plan: NDArray[np.intp], counts: NDArray[np.bool_]
) -> tuple[float, float]:
    """Mean absolute residual over speech ticks, as it is and about its median, in ms."""
    left = residual_ticks(injected, plan)[counts]
    return (
        TICK_MS * float(np.abs(left).mean()),
        TICK_MS * float(np.abs(left - np.median(left)).mean()),
    )


Planner = Callable[[View, NDArray[np.bool_], Network], NDArray[np.intp]]


def planner(options: RetimeOptions | None) -> Planner:
    """A strategy; None is the shift by the global offset alone."""

    def plan(seen: View, counts: NDArray[np.bool_], network: Network) -> NDArray[np.intp]:
        scores, _ = score(seen.distances, counts, network.calibration)
        centre = scores.offset_ticks if scores.can_tell and scores.offset_ticks else 0
        if options is None:
            place = np.arange(len(counts))
            return np.clip(place + centre, 0, len(place) - 1) - place
        found = find_plan(
            seen.audio, seen.video, counts, centre, network.embedder.window_ticks, options
        )
        return found.offset_ticks

    return plan


STRATEGIES: dict[str, Planner | None] = {
    "none": None,
    "shift": planner(None),
    "greedy": planner(RetimeOptions(strategy="greedy")),
    **{
        f"viterbi λ {lam} μ {mu}": planner(RetimeOptions(temporal_penalty=lam, change_penalty=mu))
        for lam, mu in ((0.0, 0.4), (0.5, 0.4), (0.5, 0.8), (0.5, 1.6), (1.0, 1.6), (0.5, 3.2))
    },
}


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("cache", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--checkpoint", type=click.Path(path_type=Path))
@click.option("--judge", "judge_path", type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True)
@click.option("--accept/--no-accept", default=True, help="Also with the acceptance test (slow).")
def retime(
    data: Path,
    cache: Path,
    out: Path,
    checkpoint: Path | None,
    judge_path: Path | None,
    seed: int,
    accept: bool,
) -> None:
    """Injected and residual errors, strategies side by side.

    Takes natural clips of speakers never trained on, shows their frames in a broken order under
    the same sound, and asks each strategy for a plan. What is left of the error is known from the
    order of frames, not from scores. Frames are re-ordered as pictures and embedded afresh; no
    video is encoded, so that hundreds of cases take minutes.
    """
    chooser, judge = find_network("chooser", checkpoint), find_judge(judge_path)
    networks = [chooser] if judge is None else [chooser, judge]
    rng = np.random.default_rng(seed)
    rows: list[dict[str, object]] = []
    talkers = [t for t in load_talkers(data, cache, "val", ("natural",)) if t.ticks >= 75]
    for talker in tqdm(talkers, disable=None):
        counts = talker.speech & talker.found
        if counts.sum() < 25:
            continue
        mouths = [
            np.stack([n.embedder.front_end.picture(m) for m in talker.mouths]) for n in networks
        ]
        audio = [n.embedder.embed_audio(talker.mel, talker.ticks) for n in networks]

        def seen(order: NDArray[np.intp]) -> list[View]:
            return [
                view(n, talker, m[order], a)  # noqa: B023
                for n, m, a in zip(networks, mouths, audio, strict=True)  # noqa: B023
            ]

        place = np.arange(talker.ticks)
        for kind, injected in injections(talker.ticks, rng).items():
            broken = seen(place + injected)
            start = error_ms(injected, np.zeros_like(injected), counts)
            for name, strategy in STRATEGIES.items():
                plan = np.zeros_like(injected)
                if strategy is not None:
                    plan = strategy(broken[0], counts, chooser)
                row = _row(talker, kind, name, injected, plan, counts, start)
                rows.append(row)
                # The acceptance test needs the retimed pictures embedded afresh.
                if accept and name.startswith("viterbi") and plan.any():
                    after = seen(place + plan + injected[place + plan])
                    if not _accepted(broken, after, counts):
                        plan = np.zeros_like(plan)
                if accept and name.startswith("viterbi"):
                    rows.append(
                        _row(talker, kind, f"{name}, accepted", injected, plan, counts, start)
                    )
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "retime.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    table, summary = _summary(rows)
    (out / "retime.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    click.echo(table)


def _accepted(before: list[View], after: list[View], counts: NDArray[np.bool_]) -> bool:
    return all(
        mean_interval((b.distances - a.distances)[counts, REACH_TICKS])[0] > 0
        for b, a in zip(before, after, strict=True)
    )


def _row(
    talker: Talker,
    kind: str,
    strategy: str,
    injected: NDArray[np.intp],
    plan: NDArray[np.intp],
    counts: NDArray[np.bool_],
    start: tuple[float, float],
) -> dict[str, object]:
    left = error_ms(injected, plan, counts)
    return {
        "clip": talker.name,
        "source": talker.source,
        "kind": kind,
        "strategy": strategy,
        "injected_ms": start[0],
        "injected_about_median_ms": start[1],
        "residual_ms": left[0],
        "residual_about_median_ms": left[1],
        "changes_per_minute": float((np.diff(plan) != 0).sum()) / (len(plan) / 1500.0),
    }


def _summary(rows: list[dict[str, object]]) -> tuple[str, list[dict[str, object]]]:
    summary: list[dict[str, object]] = []
    for kind in dict.fromkeys(r["kind"] for r in rows):
        for strategy in dict.fromkeys(r["strategy"] for r in rows):
            group = [r for r in rows if r["kind"] == kind and r["strategy"] == strategy]
            if not group:
                continue
            values = {
                key: np.array([float(r[key]) for r in group])  # type: ignore[arg-type]
                for key in group[0]
                if key.endswith(("_ms", "_minute"))
            }
            worse = values["residual_about_median_ms"] > (
                values["injected_about_median_ms"] + TICK_MS / 2
            )
            summary.append(
                {
                    "kind": kind,
                    "strategy": strategy,
                    "clips": len(group),
                    **{key: round(float(v.mean()), 1) for key, v in values.items()},
                    "within_40_ms": round(float((values["residual_ms"] <= TICK_MS).mean()), 3),
                    "made_worse": round(float(worse.mean()), 3),
                }
            )
    keys = [k for k in summary[0] if k not in ("kind", "strategy")]
    table = columns(
        [
            ["error, strategy", *keys],
            *(
                [f"{row['kind']}: {row['strategy']}", *(str(row[k]) for k in keys)]
                for row in summary
            ),
        ]
    )
    return table, summary
