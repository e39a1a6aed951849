"""Kills, Ctrl-C, full disks, runs side by side: nothing partial or stray, no input touched."""

from __future__ import annotations

import hashlib
import json
import os
import signal
import sys
import tempfile
import time
from collections import Counter
from dataclasses import asdict, dataclass
from pathlib import Path

import click
import numpy as np
from tqdm import tqdm

from benchmarks.isolated import Outcome, file_size_limit, run, start, wait, warm_up
from benchmarks.variants import VARIANTS, make_master, make_variant
from syncfix.clip import probe, read_timeline

LIMIT_SECONDS = 300.0
_MOST_TRIES = 3


@dataclass(frozen=True)
class Trial:
    """One fault and what it left."""

    kind: str
    at_seconds: float
    code: int
    outputs: int
    parts: int
    scratch: int
    faults: tuple[str, ...]


class Bench:
    """A clip, the folder that outputs go to, and a temporary folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.outputs, self.scratch = folder / "out", folder / "tmp"
        for each in (self.outputs, self.scratch):
            each.mkdir()
        self.log = folder / "log"
        make_master(folder, seconds=2.0, fps=25, size_px=240)
        self.clip = make_variant(folder, VARIANTS[0])
        self.digest = _digest(self.clip)
        self.frames = len(read_timeline(self.clip).pts)
        tempfile.tempdir = str(self.scratch)

    def arguments(self, output: str, *more: str) -> list[str]:
        # A force that rewrites every time: a low price for moving pictures.
        search = ["--temporal-penalty", "0", "--change-penalty", "0", "--force"]
        return ["retime", str(self.clip), "-o", str(self.outputs / output), *search, *more]

    def left(self) -> tuple[list[Path], list[Path], list[Path]]:
        """Outputs, part files and scratch folders."""
        entries = list(self.outputs.iterdir())
        parts = [p for p in entries if p.name.endswith(".part")]
        return [p for p in entries if p not in parts], parts, list(self.scratch.iterdir())

    def is_whole(self, output: Path) -> bool:
        """Whether an output is a clip with all its frames and sound."""
        info = probe(output)
        return len(read_timeline(output).pts) == self.frames and len(info.audio) == 1

    def input_faults(self) -> list[str]:
        return [] if _digest(self.clip) == self.digest else ["the input was changed"]


@click.command()
@click.option("--kills", default=100, show_default=True, help="How many have to hit a run.")
@click.option("--seconds", type=float, help="Stop killing after so long.")
@click.option("--seed", default=0, show_default=True)
@click.option("--full", is_flag=True, help="With the chooser, not the frame-wise network alone.")
@click.option("--out", type=click.Path(path_type=Path), help="Folder for faults.json.")
def faults(kills: int, seconds: float | None, seed: int, full: bool, out: Path | None) -> None:
    """Kills at random moments, Ctrl-C, a full disk, runs side by side, eight at once."""
    rng, begin = np.random.default_rng(seed), time.monotonic()
    with tempfile.TemporaryDirectory(prefix="syncfix-faults-") as name:
        bench = Bench(Path(name))
        warm_up(bench.clip, quick=not full)
        whole = run(bench.arguments("whole.mp4"), bench.log, LIMIT_SECONDS)
        if whole.code != 0 or not bench.is_whole(bench.outputs / "whole.mp4"):
            raise click.ClickException(f"the undisturbed run failed: {whole.stderr}")
        again = [
            run(bench.arguments("whole.mp4", "--overwrite"), bench.log, LIMIT_SECONDS)
            for _ in range(2)
        ]
        lasts_seconds = min(each.seconds for each in (whole, *again))
        (bench.outputs / "whole.mp4").unlink()
        trials: list[Trial] = []

        def note(*new: Trial) -> None:
            trials.extend(new)
            for trial in new:
                words = "; ".join(trial.faults) or "ok"
                tqdm.write(f"{trial.kind} {trial.at_seconds:.2f} s: {words}", file=sys.stderr)

        sizes = np.geomspace(1000, 4 * (bench.clip.stat().st_size + 100_000), max(4, kills // 10))
        # A run that is over before its time comes was not hit: another one is begun.
        for index in range(_MOST_TRIES * kills):
            hit = sum(trial.kind == "kill" and trial.code != 0 for trial in trials)
            if hit == kills or (seconds is not None and time.monotonic() - begin > seconds):
                break
            at = rng.uniform(0, 1.05 * lasts_seconds, size=2)
            note(_killed(bench, "kill", at[0]))
            if index % 5 == 4:
                note(_killed(bench, "ctrl-c", at[1]))
        note(*_cleared(bench))
        note(*_together(bench, ["one.mp4", "two.mp4"], "two outputs"))
        note(*_together(bench, ["same.mp4", "same.mp4"], "one output twice"))
        note(*_together(bench, [f"{i}.mp4" for i in range(8)], "eight at once"))
        for size in sizes:
            note(_full_disk(bench, int(size)))
        tempfile.tempdir = None
    click.echo(_table(trials))
    if out is not None:
        out.mkdir(parents=True, exist_ok=True)
        (out / "faults.json").write_text(json.dumps([asdict(t) for t in trials], indent=1))
    if any(trial.faults for trial in trials):
        raise SystemExit(1)


def _killed(bench: Bench, kind: str, at_seconds: float) -> Trial:
    """One run, ended at a moment; the next one clears what is left."""
    before = {*bench.outputs.iterdir(), *bench.scratch.iterdir()}
    child = start(bench.arguments("out.mp4", "--overwrite"), bench.log)
    time.sleep(at_seconds)
    # An ended child is not yet waited for, so its number is still its own.
    os.kill(child, signal.SIGKILL if kind == "kill" else signal.SIGINT)
    outcome = wait(child, bench.log, LIMIT_SECONDS)
    outputs, parts, scratch = bench.left()
    found = bench.input_faults()
    found += [f"{p.name} is partial" for p in outputs if not bench.is_whole(p)]
    # One that comes before the run has cleared what a kill has left is not to blame for that.
    if kind == "ctrl-c" and {*parts, *scratch} - before:
        found.append("Ctrl-C left files")
    if len(parts) > 1 or len(scratch) > 1:
        found.append("what earlier runs left was not cleared")
    if kind == "ctrl-c" and "Traceback" in outcome.stderr:
        found.append("traceback")
    for output in outputs:
        output.unlink()
    return _trial(kind, at_seconds, outcome, (outputs, parts, scratch), found)


def _cleared(bench: Bench) -> list[Trial]:
    """An undisturbed run at the end clears all that is left."""
    outcome = run(bench.arguments("out.mp4"), bench.log, LIMIT_SECONDS)
    outputs, parts, scratch = bench.left()
    found = [f"left {p.name}" for p in (*parts, *scratch)]
    if outcome.code != 0 or not outputs or not bench.is_whole(outputs[0]):
        found.append(f"the run after the kills failed: {outcome.stderr}")
    for output in outputs:
        output.unlink()
    return [_trial("run after kills", 0.0, outcome, (outputs, parts, scratch), found)]


def _full_disk(bench: Bench, limit_bytes: int) -> Trial:
    """No file may grow beyond a limit: a whole output, or a line and nothing."""
    outcome = run(
        bench.arguments("out.mp4"), bench.log, LIMIT_SECONDS, file_size_limit(limit_bytes)
    )
    outputs, parts, scratch = bench.left()
    found = bench.input_faults()
    if outcome.code == 0:
        found += [f"{p.name} is partial" for p in outputs if not bench.is_whole(p)]
    else:
        lines = outcome.stderr.strip().splitlines()
        told = outcome.code == 2 and lines and lines[-1].startswith("syncfix: ")
        if not told or "Traceback" in outcome.stderr:
            found.append(f"code {outcome.code}: {lines[-1] if lines else ''}")
        if outputs:
            found.append("an output in spite of the failure")
    found += [f"left {p.name}" for p in (*parts, *scratch)]
    for output in outputs:
        output.unlink()
    return _trial("full disk", 0.0, outcome, (outputs, parts, scratch), found)


def _together(bench: Bench, names: list[str], kind: str) -> list[Trial]:
    """Runs at the same time on the same clip."""
    begin = time.monotonic()
    logs = [bench.log.with_name(f"log{i}") for i in range(len(names))]
    children = [start(bench.arguments(name), log) for name, log in zip(names, logs, strict=True)]
    outcomes = [
        wait(child, log, LIMIT_SECONDS, begin) for child, log in zip(children, logs, strict=True)
    ]
    left = bench.left()
    outputs, parts, scratch = left
    found = bench.input_faults() + [f"left {p.name}" for p in (*parts, *scratch)]
    found += [f"{p.name} is partial" for p in outputs if not bench.is_whole(p)]
    if len(outputs) != len(set(names)):
        found.append(f"{len(outputs)} outputs of {len(set(names))}")
    if len({_digest(p) for p in outputs}) > 1:
        found.append("equal runs wrote different files")
    good = sum(o.code == 0 for o in outcomes)
    if good != len(set(names)):
        told = "; ".join(o.stderr.strip() for o in outcomes if o.code)
        found.append(f"{good} of {len(set(names))} runs ended well: {told}")
    for output in outputs:
        output.unlink()
    return [
        _trial(kind, 0.0, outcome, left, found if index == 0 else [])
        for index, outcome in enumerate(outcomes)
    ]


def _trial(
    kind: str,
    at_seconds: float,
    outcome: Outcome,
    left: tuple[list[Path], list[Path], list[Path]],
    found: list[str],
) -> Trial:
    counts = [len(each) for each in left]
    if outcome.timed_out:
        found = [*found, f"no end within {LIMIT_SECONDS:.0f} s"]
    return Trial(kind, at_seconds, outcome.code, *counts, tuple(found))


def _table(trials: list[Trial]) -> str:
    lines = []
    for kind in dict.fromkeys(trial.kind for trial in trials):
        of = [trial for trial in trials if trial.kind == kind]
        codes = Counter(trial.code for trial in of)
        bad = [fault for trial in of for fault in trial.faults]
        lines.append(
            f"{kind}: {len(of)} runs, codes {dict(codes)}, part files left to clear "
            f"{sum(t.parts for t in of)}, scratch folders {sum(t.scratch for t in of)}, "
            f"faults {len(bad)}{': ' + '; '.join(bad[:5]) if bad else ''}"
        )
    return "\n".join(lines)


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()
