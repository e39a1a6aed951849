"""Retime against injected truth: what each strategy leaves of an error that is known."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm
from training.data import Talker, load_talkers

from benchmarks.injections import injections
from benchmarks.remember import Cost, Remembering
from benchmarks.retime_report import plot_summary, summarise, table_of, write_rows
from syncfix.demo.truth import residual_ticks
from syncfix.retime import Line, RetimeOptions, TimingPlan, choose_plan, local_plan
from syncfix.retime.choose import best_local, global_lines
from syncfix.retime.plan import search_reach
from syncfix.retime.rehearse import rehearse
from syncfix.syncnet.checkpoint import Network
from syncfix.syncnet.network import build_embedder
from syncfix.syncnet.observation import OFFSETS_TICKS, Observation, observation
from syncfix.syncnet.registry import find_judge, find_network
from syncfix.syncnet.scores import REACH_TICKS, TICK_MS, offset_distances, score

MIN_TICKS = 75
MIN_SPEECH_TICKS = 25


@dataclass(frozen=True)
class Case:
    """A clip with a known error, as the networks see it; ``own_ticks`` is its own constant."""

    talker: Talker
    kind: str
    own_ticks: int
    error: NDArray[np.intp]
    seen: tuple[Observation, ...]
    mel: NDArray[np.float32]
    speech: NDArray[np.bool_]


@dataclass(frozen=True)
class Row:
    """What a strategy made of a case. Times in ms; *about*: after the median is subtracted;
    *own*: after the clip's own constant is subtracted, which is the offset that the chooser tells
    of the clip without the error, as public clips are a tick or two off themselves.

    LSE-D and LSE-C are the chooser's and the judge's, of the clip as it is and as rehearsed.
    ``windows`` is the cost: how many windows the strategy had embedded afresh, by both networks;
    ``seconds`` the time to find the plan, as if no other strategy had had the same windows
    embedded before.
    """

    clip: str
    source: str
    kind: str
    strategy: str
    injected_ms: float
    injected_about_ms: float
    residual_ms: float
    residual_about_ms: float
    residual_own_ms: float
    residual_p90_ms: float
    median_ticks: float
    moved_about_ms: float
    changes_per_minute: float
    lse_d_fall: float
    judge_lse_d_fall: float
    lse_d: float
    lse_d_after: float
    lse_c: float
    lse_c_after: float
    judge_lse_d: float
    judge_lse_d_after: float
    judge_lse_c: float
    judge_lse_c_after: float
    windows: int
    seconds: float


Strategy = Callable[[Case], TimingPlan]


def nothing(case: Case) -> TimingPlan:
    return TimingPlan.along(Line(), len(case.speech))


def along_global(case: Case) -> TimingPlan:
    """The offset or drift that can be told, unasked."""
    line = likeliest(case)
    return TimingPlan.along(line, len(case.speech))


def likeliest(case: Case) -> Line:
    lines, _ = global_lines(case.seen[0])
    return lines[0] if lines else Line()


def shift_only(case: Case) -> TimingPlan:
    """The constant offset alone, wherever the curve is least."""
    ticks = case.seen[0].scores.offset_ticks or 0
    return TimingPlan.along(Line(float(ticks)), len(case.speech))


def unasked(options: RetimeOptions) -> Strategy:
    """The best local path by the chooser, without the acceptance test."""

    def plan(case: Case) -> TimingPlan:
        line = likeliest(case)
        if options.strategy == "greedy":
            return local_plan(case.seen[0], line, options, 0.0, options.window_ticks)
        reach_ticks = search_reach(options, lambda: case.mel, case.speech)
        return best_local(case.seen[0], line, options, reach_ticks).plan

    return plan


def accepted(options: RetimeOptions) -> Strategy:
    """What ``syncfix retime`` does."""

    def plan(case: Case) -> TimingPlan:
        return choose_plan(case.seen, lambda: case.mel, case.speech, options).plan

    return plan


def blind(strategy: Strategy) -> Strategy:
    """The strategy where slips leave no trace in the pictures, as with a generator that lags."""

    def plan(case: Case) -> TimingPlan:
        unseen = tuple(replace(o, motion=np.full_like(o.motion, np.nan)) for o in case.seen)
        return strategy(replace(case, seen=unseen))

    return plan


STRATEGIES: dict[str, Strategy] = {
    "nothing": nothing,
    "shift": shift_only,
    "offset or drift": along_global,
    "greedy": unasked(RetimeOptions(strategy="greedy")),
    "viterbi": unasked(RetimeOptions()),
    "viterbi, adaptive": unasked(RetimeOptions(adaptive=True)),
    "viterbi, no traces": blind(unasked(RetimeOptions())),
    "offset or drift, accepted": accepted(RetimeOptions(strategy="global")),
    "viterbi, accepted": accepted(RetimeOptions()),
    "viterbi, no traces, accepted": blind(accepted(RetimeOptions())),
    "viterbi, adaptive, accepted": accepted(RetimeOptions(adaptive=True)),
}
UNTRAINED: dict[str, Strategy] = {
    "untrained: viterbi": unasked(RetimeOptions()),
    "untrained: viterbi, accepted": accepted(RetimeOptions()),
}


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("cache", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--checkpoint", type=click.Path(path_type=Path))
@click.option("--judge", "judge_path", type=click.Path(path_type=Path))
@click.option("--seed", default=0, show_default=True)
@click.option("--clips", type=int, help="Only so many, spread over the sources.")
@click.option("--untrained/--no-untrained", default=True, help="Also networks of random weights.")
def retime(
    data: Path,
    cache: Path,
    out: Path,
    checkpoint: Path | None,
    judge_path: Path | None,
    seed: int,
    clips: int | None,
    untrained: bool,
) -> None:
    """Injected and residual errors, strategies side by side.

    Takes natural clips of speakers never trained on, shows their frames in a broken order under
    the same sound, and asks each strategy for a plan. What is left of the error is known from the
    order of frames, not from scores. Frames are re-ordered as pictures and embedded afresh; no
    video is encoded, so that hundreds of cases take minutes.
    """
    chooser, judge = find_network("chooser", checkpoint), find_judge(judge_path)
    if judge is None:
        raise click.UsageError("a judge is needed: --judge PATH")
    for network in (chooser, judge):
        if network.embedder.front_end.sees != "half":
            raise click.UsageError(
                f"{network.name} sees whole faces, and CACHE holds lower halves alone; "
                "give another network"
            )
    random = [_random_weights(chooser), _random_weights(judge)] if untrained else None
    rows: list[Row] = []
    for talker in tqdm(chosen(load_talkers(data, cache, "val", ("natural",)), clips), disable=None):
        # Each clip has its own numbers, so that fewer clips are the same cases.
        errors = injections(talker.ticks, np.random.default_rng([seed, int(talker.name, 16)]))
        found = run(talker, errors, [chooser, judge], STRATEGIES)
        rows += found
        if random is not None:
            own = next(r for r in found if r.kind == "none" and r.strategy == "shift")
            rows += run(talker, errors, random, UNTRAINED, int(own.median_ticks))
    out.mkdir(parents=True, exist_ok=True)
    write_rows(out / "retime.csv", rows)
    summary = summarise(rows)
    (out / "retime.json").write_text(json.dumps(summary, indent=2) + "\n", encoding="utf-8")
    plot_summary(out / "retime.png", summary)
    click.echo(table_of(summary))


def chosen(talkers: Sequence[Talker], clips: int | None) -> list[Talker]:
    """Clips of 3 s and more with a second of speech; if fewer are wanted, of all sources."""
    usable = [
        t
        for t in talkers
        if t.ticks >= MIN_TICKS and (t.speech & t.found).sum() >= MIN_SPEECH_TICKS
    ]
    if clips is None or clips >= len(usable):
        return usable
    ordered = sorted(usable, key=lambda t: (t.source, t.name))
    return [ordered[i] for i in np.linspace(0, len(ordered) - 1, clips).round().astype(int)]


def run(
    talker: Talker,
    errors: dict[str, NDArray[np.intp]],
    networks: list[Network],
    strategies: dict[str, Strategy],
    own_ticks: int | None = None,
) -> list[Row]:
    """All cases of one clip; its own constant is what the first network tells, if not given."""
    memories = [Remembering(n.embedder) for n in networks]  # type: ignore[arg-type]
    networks = [
        replace(n, embedder=memory)  # type: ignore[arg-type]
        for n, memory in zip(networks, memories, strict=True)
    ]
    pictures = [talker.pictures(n.embedder.front_end) for n in networks]
    audio = [n.embedder.embed_audio(talker.mel, talker.ticks) for n in networks]
    gray = talker.mouths.mean(axis=-1, dtype=np.float32)
    rows = []
    for kind, error in errors.items():
        ticks = len(error)
        order = np.arange(ticks) + error
        seen = tuple(
            observation(
                network,
                shown[order],
                heard[: ticks - network.embedder.window_ticks + 1],
                talker.speech[:ticks],
                talker.found[order],
                motion=motion_of(gray[order]),
            )
            for network, shown, heard in zip(networks, pictures, audio, strict=True)
        )
        if own_ticks is None:  # the first kind has no error
            own_ticks = seen[0].scores.offset_ticks or 0
        case = Case(talker, kind, own_ticks, error, seen, talker.mel, talker.speech[:ticks])
        for name, strategy in strategies.items():
            with Cost.counted(memories) as cost:
                plan = strategy(case)
            rows.append(_row(case, name, plan, cost))
        for memory in memories:
            memory.forget()
    return rows


def motion_of(gray: NDArray[np.float32]) -> NDArray[np.float64]:
    """``[ticks]``, what a clip's pass tells of whole faces, of the mouths ``[ticks, h, w]`` that
    were kept: how much each differs from the one before it, in gray levels."""
    steps = np.abs(np.diff(gray, axis=0)).mean(axis=(1, 2))
    return np.concatenate([[np.nan], steps]).astype(np.float64)


def _row(case: Case, strategy: str, plan: TimingPlan, cost: Cost) -> Row:
    counts = case.seen[0].counts
    if not counts.any():
        counts = case.speech
    left = residual_ticks(case.error, plan.offset_ticks)[counts]
    start = case.error[counts]
    moved = plan.offset_ticks[counts]
    return Row(
        clip=case.talker.name,
        source=case.talker.source,
        kind=case.kind,
        strategy=strategy,
        injected_ms=TICK_MS * float(np.abs(start).mean()),
        injected_about_ms=_about_ms(start),
        residual_ms=TICK_MS * float(np.abs(left).mean()),
        residual_about_ms=_about_ms(left),
        residual_own_ms=TICK_MS * float(np.abs(left - case.own_ticks).mean()),
        residual_p90_ms=TICK_MS * float(np.percentile(np.abs(left - np.median(left)), 90)),
        median_ticks=float(np.median(left)),
        moved_about_ms=_about_ms(moved),
        changes_per_minute=1500.0 * float((np.diff(plan.offset_ticks) != 0).mean())
        if plan.line is None
        else 0.0,
        **_scores(case, plan),
        windows=cost.windows,
        seconds=cost.seconds,
    )


def _scores(case: Case, plan: TimingPlan) -> dict[str, float]:
    """Each network's LSE-D and LSE-C, before and after, NaN with too little speech; and how far
    the mean distance falls where both count."""
    found = {}
    order = np.arange(len(plan.offset_ticks)) + plan.offset_ticks
    for prefix, each in zip(("", "judge_"), case.seen, strict=True):
        video = rehearse(each.network.embedder, each.pictures, each.video, plan.offset_ticks)
        distances = offset_distances(each.audio, video, OFFSETS_TICKS, each.window_ticks)
        counts = each.counts & each.seen[order]
        fall = (each.distances - distances)[counts, REACH_TICKS]
        found[f"{prefix}lse_d_fall"] = float(fall.mean()) if counts.any() else 0.0
        after, _ = score(distances, counts, each.network.calibration)
        for suffix, scores in (("", each.scores), ("_after", after)):
            for name, value in (("lse_d", scores.lse_d), ("lse_c", scores.lse_c)):
                found[f"{prefix}{name}{suffix}"] = np.nan if value is None else value
    return found


def _about_ms(ticks: NDArray[np.intp]) -> float:
    return TICK_MS * float(np.abs(ticks - np.median(ticks)).mean())


def _random_weights(network: Network) -> Network:
    """The same configuration, never trained; the calibration is the trained one's."""
    import torch

    from syncfix.syncnet.checkpoint import read_card

    torch.manual_seed(0)
    card = read_card(network.path)
    embedder = build_embedder(card["kind"], card["config"], network.embedder.front_end)
    return replace(network, name=f"{network.name}, untrained", embedder=embedder)
