"""Whole commands as a user waits for them: a process each, start-up included."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import click
import numpy as np

from benchmarks.ffmpeg import ffmpeg
from syncfix.clip import probe, shift
from syncfix.report import columns

_DELAY_MS = 160.0
# A path that changes often and is written whatever comes of it, so that pictures are encoded.
_ENCODED = ("--force", "--change-penalty", "0.1")
_MEGABYTE = 1e6


@click.command()
@click.argument("clip", type=click.Path(path_type=Path, exists=True))
@click.option("--seconds", default=10.0, show_default=True, help="Of the clip, from its start.")
@click.option("--runs", default=5, show_default=True, help="Of each command.")
@click.option("--only", default="", help="Commands whose name holds this text.")
@click.option(
    "--against",
    type=click.Path(path_type=Path, exists=True),
    help="Another syncfix, such as that of an older checkout, run in turn with this one.",
)
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of results.")
def commands(
    clip: Path, seconds: float, runs: int, only: str, against: Path | None, out: Path
) -> None:
    """Time, processor time and memory of measure, retime and warp; commands.json, commands.txt."""
    out.mkdir(parents=True, exist_ok=True)
    programs = {"this": Path(sys.executable).with_name("syncfix")}
    if against is not None:
        programs["other"] = against
    rows = []
    with tempfile.TemporaryDirectory(prefix="syncfix-commands-") as name:
        folder = Path(name)
        part, delayed = folder / f"part{clip.suffix}", folder / f"delayed{clip.suffix}"
        ffmpeg("-i", clip, "-t", str(seconds), "-c", "copy", part)
        shift(probe(part), delayed, _DELAY_MS)
        output = ("-o", str(folder / f"out{clip.suffix}"), "--overwrite")
        cases = {
            "measure": ("measure", str(part)),
            "retime, shifted": ("retime", str(delayed), *output),
            "retime, rewritten": ("retime", str(part), *output, *_ENCODED),
            "warp, rewritten": ("warp", str(part), *output, *_ENCODED),
        }
        for number in range(runs):
            for case, arguments in cases.items():
                if only not in case:
                    continue
                for version, program in programs.items():
                    row = _run([str(program), *arguments, "-q", "--json", "-"])
                    decision = case.partition(", ")[2]
                    if decision and row["decision"] != decision:
                        raise click.ClickException(f"{case}: the clip was {row['decision']}")
                    rows.append({"run": number, "case": case, "version": version, **row})
                    told = f"{row['seconds']:.1f} s, {row['peak_mb']:.0f} MB"
                    click.echo(f"{case}, {version}: {told}", err=True)
    text = _table(rows, list(programs))
    click.echo(text)
    (out / "commands.json").write_text(json.dumps(rows, indent=1))
    (out / "commands.txt").write_text(text + "\n")


def _run(command: list[str]) -> dict[str, float | str | None]:
    with tempfile.TemporaryFile() as said:
        start = time.perf_counter()
        process = subprocess.Popen(command, stdout=said)
        _, status, used = os.wait4(process.pid, 0)
        seconds = time.perf_counter() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise click.ClickException(f"{' '.join(command)}: exit code {process.returncode}")
        said.seek(0)
        result = json.load(said)
    return {
        "decision": result.get("decision"),
        "seconds": seconds,
        "cpu_seconds": used.ru_utime + used.ru_stime,
        "peak_mb": used.ru_maxrss * 1024 / _MEGABYTE,
    }


def _table(rows: list[dict[str, float | str | None]], versions: list[str]) -> str:
    head = ("command", "version", "s, median", "s, least", "s, most", "CPU s", "peak MB")
    cells = [(*head, "of the other's s") if len(versions) > 1 else head]
    for case in dict.fromkeys(row["case"] for row in rows):
        times = {
            version: np.array(
                [
                    (r["seconds"], r["cpu_seconds"], r["peak_mb"])
                    for r in rows
                    if (r["case"], r["version"]) == (case, version)
                ],
                dtype=float,
            )
            for version in versions
        }
        for version, each in times.items():
            seconds, cpu = each[:, 0], float(np.median(each[:, 1]))
            told = (float(np.median(seconds)), float(seconds.min()), float(seconds.max()), cpu)
            row = (str(case), version, *(f"{v:.1f}" for v in told), f"{each[:, 2].max():.0f}")
            if len(versions) > 1:
                ratio = float(np.median(seconds / times["other"][:, 0]))
                row = (*row, f"{ratio:.2f}" if version == "this" else "")
            cells.append(row)
    return columns(cells)
