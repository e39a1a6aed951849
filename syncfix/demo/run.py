"""The main job on a clip whose truth is known: break, measure, retime, warp, measure again."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from syncfix.demo.broken import DemoClip, render_talker
from syncfix.demo.truth import residual_ticks, true_plan
from syncfix.errors import InputError
from syncfix.models import Models
from syncfix.pipeline import measure, retime, warp
from syncfix.progress import Progress
from syncfix.report import columns
from syncfix.report.plots import plot_plans
from syncfix.results import Measurement, NetworkReading, Rewrite

__all__ = ["run_demo"]


def run_demo(
    folder: Path,
    *,
    seed: int = 0,
    say: Callable[[str], None] = print,
    shown: Callable[[], AbstractContextManager[Progress | None]] = nullcontext,
) -> str:
    """Render a talker, break its timing by a known path, mend it, and tell how well that went.

    Args:
        folder: where clips, plot and JSON go; made if it is not there.
        seed: which path breaks the timing.
        say: told what goes on.
        shown: gives each step something to tell how far it is.

    Returns:
        The table, for a person.

    Raises:
        InputError: the folder can't be made.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise InputError(
            f"{folder}: can't be made ({error.strerror}); name another folder"
        ) from None
    say("rendering a talker and breaking its timing ...")
    with shown() as progress:
        demo = render_talker(folder, seed=seed, progress=progress)
    models = Models.load()
    say("measuring ...")
    with shown() as progress:
        measured = {
            "as rendered": measure(demo.good, models=models, progress=progress),
            "broken": measure(demo.broken, models=models, progress=progress),
        }
    say("retiming ...")
    output = folder / "retimed.mp4"
    with shown() as progress:
        retimed = retime(demo.broken, output, overwrite=True, models=models, progress=progress)
    say("warping ...")
    output = folder / "warped.mp4"
    with shown() as progress:
        warped = warp(demo.broken, output, overwrite=True, models=models, progress=progress)
    rewrites = {"retimed": retimed, "warped": warped}
    found, truth = retimed.offset_ticks, true_plan(demo.injected_offset_ticks)
    plot = folder / "plan.png"
    plot_plans(plot, {"the true plan": truth, "the plan that was found": found})
    content = _content(demo, measured, rewrites, truth)
    (folder / "result.json").write_text(json.dumps(content, indent=2) + "\n", encoding="utf-8")
    return _told(folder, demo, measured, rewrites, truth)


def _applied(rewrite: Rewrite) -> NDArray[np.intp]:
    """The plan that the output follows: none if the clip was passed through."""
    if rewrite.decision == "unchanged":
        return np.zeros_like(rewrite.offset_ticks)
    return rewrite.offset_ticks


def _error_ticks(demo: DemoClip, plan: NDArray[np.intp]) -> float:
    """Mean absolute timing error in ticks, from the known order of frames, not from scores."""
    return float(np.abs(residual_ticks(demo.injected_offset_ticks, plan)).mean())


def _content(
    demo: DemoClip,
    measured: dict[str, Measurement],
    rewrites: dict[str, Rewrite],
    truth: NDArray[np.intp],
) -> dict[str, Any]:
    return {
        "injected_offset_ticks": demo.injected_offset_ticks.tolist(),
        "true_plan_offset_ticks": truth.tolist(),
        "measured": {name: each.to_dict() for name, each in measured.items()},
        "rewrites": {name: each.to_dict() for name, each in rewrites.items()},
        "mean_error_ticks": {
            "broken": _error_ticks(demo, np.zeros_like(truth)),
            **{name: _error_ticks(demo, _applied(each)) for name, each in rewrites.items()},
            "with the true plan": _error_ticks(demo, truth),
        },
        "scores": {name: asdict(each.chooser.scores) for name, each in measured.items()},
    }


def _told(
    folder: Path,
    demo: DemoClip,
    measured: dict[str, Measurement],
    rewrites: dict[str, Rewrite],
    truth: NDArray[np.intp],
) -> str:
    start = _error_ticks(demo, np.zeros_like(truth))
    rows = [("", "LSE-D", "LSE-C", "offset", "judge LSE-D", "judge LSE-C", "timing error", "gone")]

    def row(name: str, seen: Measurement, error_ticks: float | None) -> None:
        error = "-" if error_ticks is None else f"{40 * error_ticks:.0f} ms"
        gone = "-" if error_ticks is None else f"{100 * (1 - error_ticks / start):.0f} %"
        rows.append((name, *_cells(seen.chooser), *_cells(seen.judge)[:2], error, gone))

    row("as rendered", measured["as rendered"], 0.0)
    row("broken", measured["broken"], start)
    for name, each in rewrites.items():
        row(f"{name} ({each.decision})", each.after, _error_ticks(demo, _applied(each)))
    found = rewrites["retimed"].offset_ticks
    lines = [
        "",
        columns(rows),
        "",
        f"plan found   {_short(found)}",
        f"true plan    {_short(truth)}",
        f"the found plan would leave {40 * _error_ticks(demo, found):.0f} ms of "
        f"{40 * start:.0f} ms, the true one {40 * _error_ticks(demo, truth):.0f} ms",
        *(f"- {name}: {why}" for name, each in rewrites.items() for why in each.reasons),
        "",
        f"clips, plan.png and result.json are in {folder}",
    ]
    return "\n".join(lines)


def _cells(reading: NetworkReading | None) -> tuple[str, str, str]:
    if reading is None or reading.scores.lse_d is None:
        return "-", "-", "-"
    s = reading.scores
    told = f"{s.offset_ms:+.0f} ms" if s.can_tell else f"({s.offset_ms:+.0f} ms)"
    return f"{s.lse_d:.4f}", f"{s.lse_c:.4f}", told


def _short(plan: NDArray[np.intp]) -> str:
    """A plan as runs: +2×30 stands for 30 ticks with an offset of +2."""
    edges = np.flatnonzero(np.diff(plan)) + 1
    runs = np.split(plan, edges)
    return " ".join(f"{int(run[0]):+d}×{len(run)}" for run in runs)
