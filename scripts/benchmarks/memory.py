"""Memory and time against length: one talker in a loop, at several lengths, each in a process."""

from __future__ import annotations

import json
import tempfile
from pathlib import Path

import click

from benchmarks.ffmpeg import ffmpeg
from benchmarks.isolated import run, warm_up
from benchmarks.variants import make_master
from syncfix.report import columns

_LIMIT_SECONDS = 6 * 3600.0
_LOOP_SECONDS = 6.0


@click.command()
@click.option("--minutes", multiple=True, type=float, default=(1, 5, 20), show_default=True)
@click.option("--size", default="1920x1080", show_default=True, help="Of the pictures, in pixels.")
@click.option("--command", type=click.Choice(["measure", "retime", "warp"]), default="retime")
@click.option("--quick", is_flag=True, help="The frame-wise network alone.")
@click.option("--out", type=click.Path(path_type=Path), required=True, help="Folder of results.")
def memory(minutes: tuple[float, ...], size: str, command: str, quick: bool, out: Path) -> None:
    """Peak memory and time against length; memory.json, memory.txt and memory.png."""
    width, height = (int(v) for v in size.split("x"))
    out.mkdir(parents=True, exist_ok=True)
    results = []
    with tempfile.TemporaryDirectory(prefix="syncfix-memory-") as name:
        folder = Path(name)
        side = min(width, height) // 2 * 2
        make_master(folder, seconds=_LOOP_SECONDS, fps=25, size_px=side)
        wide = folder / "wide.mp4"
        ffmpeg("-i", folder / "master.mp4", "-vf", f"pad={width}:{height}:(ow-iw)/2:(oh-ih)/2",
               "-c:v", "libx264", "-preset", "veryfast", "-threads", "1", "-c:a", "copy",
               wide)  # fmt: skip
        warm_up(wide, quick)
        for each in sorted(minutes):
            clip = folder / f"{each:g}.mp4"
            ffmpeg("-stream_loop", "-1", "-i", wide, "-t", str(60 * each), "-c", "copy", clip)
            arguments = [command, str(clip)]
            if command != "measure":
                # A rewrite whatever comes of it: plan, encoding and the second look are all run.
                output = ["-o", str(folder / "out.mp4"), "--overwrite"]
                arguments += [*output, "--change-penalty", "0", "--temporal-penalty", "0.1"]
            outcome = run([*arguments, *_force(command)], folder / "log", _LIMIT_SECONDS)
            if outcome.code:
                raise click.ClickException(outcome.stderr)
            results.append(
                {"minutes": each, "peak_mb": outcome.max_rss_mb, "seconds": outcome.seconds}
            )
            click.echo(f"{each:g} min: {outcome.max_rss_mb:.0f} MB, {outcome.seconds:.0f} s")
            clip.unlink()
    first = results[0]["peak_mb"]
    rows = [("minutes", "peak MB", "of the first", "seconds", "seconds per minute")]
    for r in results:
        ratio, pace = r["peak_mb"] / first, r["seconds"] / r["minutes"]
        cells = (f"{r['minutes']:g}", f"{r['peak_mb']:.0f}", f"{ratio:.3f}")
        rows.append((*cells, f"{r['seconds']:.0f}", f"{pace:.1f}"))
    text = f"{command}, {size}, {'frame-wise network' if quick else 'both networks'}\n"
    text += columns(rows)
    click.echo(text)
    (out / "memory.json").write_text(json.dumps(results, indent=1))
    (out / "memory.txt").write_text(text + "\n")
    _plot(results, out / "memory.png")


def _force(command: str) -> list[str]:
    return [] if command == "measure" else ["--force"]


def _plot(results: list[dict[str, float]], path: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot

    figure, axes = pyplot.subplots(1, 2, figsize=(9, 3.5), constrained_layout=True)
    minutes = [r["minutes"] for r in results]
    for axis, key, label in (
        (axes[0], "peak_mb", "peak memory, MB"),
        (axes[1], "seconds", "time, s"),
    ):
        axis.plot(minutes, [r[key] for r in results], marker="o")
        axis.set_xlabel("length of the clip, minutes")
        axis.set_ylabel(label)
        axis.set_ylim(bottom=0)
    figure.savefig(path, dpi=100)
