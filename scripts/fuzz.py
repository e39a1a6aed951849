"""Hostile files with a fixed seed: each must end in a result, or in one clear line and code 2.

python scripts/fuzz.py [--files 200] [--seconds 60] [--seed 0]
"""

from __future__ import annotations

import hashlib
import shutil
import tempfile
import time
from collections import Counter
from pathlib import Path

import click
import numpy as np
from benchmarks.hostile import Attack, attacks, make_bases
from benchmarks.isolated import CRASHED, Outcome, run, warm_up
from benchmarks.variants import make_master

TIME_LIMIT_SECONDS = 60.0
MEMORY_LIMIT_MB = 2000.0
COMMANDS = ("measure", "retime", "warp")


@click.command(help=__doc__)
@click.option("--files", default=200, show_default=True, help="How many hostile files at most.")
@click.option("--seconds", type=float, help="Stop after so long.")
@click.option("--seed", default=0, show_default=True)
@click.option("--only", help="Attacks whose name holds this text.")
@click.option("-v", "--verbose", is_flag=True, help="A line for each file.")
def main(files: int, seconds: float | None, seed: int, only: str | None, verbose: bool) -> None:
    begin = time.monotonic()
    rng = np.random.default_rng(seed)
    counts: Counter[str] = Counter()
    with tempfile.TemporaryDirectory(prefix="syncfix-fuzz-") as name:
        folder = Path(name)
        make_master(folder, seconds=2.0, fps=25)
        bases = make_bases(folder)
        warm_up(bases[0], quick=True)
        kept, marker = {p: _digest(p) for p in bases}, folder / "code-was-run"
        if seconds is not None:
            # A part of them in a minute: every kind of attack comes about, not only the first.
            chosen = [a for i, a in zip(range(files), attacks(folder, bases, marker, seed))]  # noqa: B905
            order = rng.permutation(len(chosen))
            queue = [chosen[i] for i in order]
        else:
            queue = [a for _, a in zip(range(files), attacks(folder, bases, marker, seed))]  # noqa: B905
        for attack in queue:
            if only is not None and only not in attack.name:
                continue
            if seconds is not None and time.monotonic() - begin > seconds:
                break
            command = COMMANDS[int(rng.integers(len(COMMANDS)))]
            outcome, faults = _one(folder, attack, command)
            if marker.exists():
                faults.append("code in the file was run")
                marker.unlink()
            faults += [f"{p} was changed" for p in bases if _digest(p) != kept[p]]
            counts["bad" if faults else "refused" if outcome.code == 2 else "result"] += 1
            if faults or verbose:
                last = (outcome.stderr.strip().splitlines() or [""])[-1]
                click.echo(
                    f"{command} {attack.name}: {'; '.join(faults) or 'ok'} "
                    f"[{outcome.code}, {outcome.seconds:.1f} s, {outcome.max_rss_mb:.0f} MB] {last}"
                )
    click.echo(
        f"{sum(counts.values())} hostile files: {counts['refused']} clean refusals, "
        f"{counts['result']} results, {counts['bad']} faults; {time.monotonic() - begin:.0f} s"
    )
    if counts["bad"]:
        raise SystemExit(1)


def _one(folder: Path, attack: Attack, command: str) -> tuple[Outcome, list[str]]:
    place = folder / "out"
    place.mkdir()
    temporary = folder / "tmp"
    temporary.mkdir()
    output = place / "out.mkv"
    arguments = [command, *attack.options]
    if command != "measure":
        arguments += ["-o", str(output)]
    tempfile.tempdir = str(temporary)
    outcome = run([*arguments, "--", str(attack.clip)], folder / "log", TIME_LIMIT_SECONDS)
    tempfile.tempdir = None
    faults = _faults(outcome, attack)
    left = sorted(p.name for p in place.iterdir())
    wanted = [output.name] if outcome.code == 0 and command != "measure" else []
    if left != wanted:
        faults.append(f"left {left}")
    if any(temporary.iterdir()):
        faults.append(f"left in the temporary folder: {[p.name for p in temporary.iterdir()]}")
    shutil.rmtree(place)
    shutil.rmtree(temporary)
    return outcome, faults


def _faults(outcome: Outcome, attack: Attack) -> list[str]:
    faults = []
    if outcome.timed_out:
        return [f"no end within {TIME_LIMIT_SECONDS:.0f} s"]
    if outcome.code not in (0, 2):
        faults.append(f"crashed ({outcome.code})" if outcome.code != CRASHED else "traceback")
    if outcome.code == 0 and attack.refused:
        faults.append("was not refused")
    if outcome.max_rss_mb > MEMORY_LIMIT_MB:
        faults.append(f"took {outcome.max_rss_mb:.0f} MB")
    lines = outcome.stderr.strip().splitlines()
    if "Traceback" in outcome.stderr:
        faults.append("traceback")
    if outcome.code == 2:
        told = [line for line in lines if line.startswith(("syncfix: ", "Error: "))]
        if not told or lines[-1] != told[-1]:
            faults.append("the last line does not say what is wrong")
    if len(lines) > 8:
        faults.append(f"{len(lines)} lines of warnings")
    return faults


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


if __name__ == "__main__":
    main()
