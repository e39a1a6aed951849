"""The retime benchmark's figures: over clips, with 95 % intervals; CSV, table and plot."""

from __future__ import annotations

import csv
import math
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from evaluation.intervals import mean_interval_over_clips, wilson
from numpy.typing import NDArray

from benchmarks.injections import KINDS
from syncfix.report import columns
from syncfix.syncnet.scores import TICK_MS

if TYPE_CHECKING:
    from benchmarks.retime import Row


_SCORES = [
    f"{network}{score}{when}"
    for network in ("", "judge_")
    for score in ("lse_d", "lse_c")
    for when in ("", "_after")
]


def write_rows(path: Path, rows: Sequence[Row]) -> None:
    """All rows, one a line."""
    with open(path, "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(asdict(rows[0])))
        writer.writeheader()
        writer.writerows(asdict(row) for row in rows)


def summarise(rows: Sequence[Row]) -> list[dict[str, Any]]:
    """One entry for each kind of error and strategy.

    ``within_tick``: the mean residual about the clip's own constant is at most 40 ms.
    ``left_alone``: moved about the plan's median by less than half a tick on average.
    ``made_worse``: the error about the median grew by more than half a tick.
    """
    summary = []
    for kind in KINDS:
        for strategy in dict.fromkeys(r.strategy for r in rows):
            group = [r for r in rows if r.kind == kind and r.strategy == strategy]
            if not group:
                continue
            away = np.array([TICK_MS * abs(r.median_ticks) for r in group])
            about = np.array([r.residual_about_ms for r in group])
            injected = np.array([r.injected_about_ms for r in group])
            entry: dict[str, Any] = {
                "kind": kind,
                "strategy": strategy,
                "clips": len(group),
                "injected_ms": _mean([r.injected_ms for r in group]),
                "residual_ms": _mean([r.residual_ms for r in group]),
                "median_away_ms": _mean(away),
                "injected_about_ms": _mean(injected),
                "residual_about_ms": _mean(about),
                "residual_about_interval_ms": _interval(about),
                "residual_own_ms": _mean([r.residual_own_ms for r in group]),
                "residual_p90_ms": _mean([r.residual_p90_ms for r in group]),
                "ratio_about": None
                if injected.mean() < 1.0
                else round(float(about.mean() / injected.mean()), 3),
                "within_tick": _share(np.array([r.residual_own_ms for r in group]) <= TICK_MS),
                "left_alone": _share(np.array([r.moved_about_ms for r in group]) < TICK_MS / 2),
                "made_worse": _share(about > injected + TICK_MS / 2),
                "changes_per_minute": _mean([r.changes_per_minute for r in group]),
                "lse_d_fall": round(float(np.mean([r.lse_d_fall for r in group])), 4),
                "judge_lse_d_fall": round(float(np.mean([r.judge_lse_d_fall for r in group])), 4),
                **{key: _known_mean([getattr(r, key) for r in group]) for key in _SCORES},
                "windows": round(float(np.mean([r.windows for r in group]))),
                "seconds": round(float(np.mean([r.seconds for r in group])), 2),
            }
            summary.append(entry)
    return summary


def table_of(summary: Sequence[dict[str, Any]]) -> str:
    """The summary as plain text."""
    head = ["error: strategy", "clips", "injected", "residual", "injected about", "residual about",
            "p90", "ratio", "within a tick", "left alone", "made worse", "changes/min",
            "LSE-D", "after", "LSE-C", "after", "judge LSE-D", "after", "LSE-C", "after",
            "windows", "s"]  # fmt: skip
    body = [
        [
            f"{e['kind']}: {e['strategy']}",
            str(e["clips"]),
            str(e["injected_ms"]),
            str(e["residual_ms"]),
            str(e["injected_about_ms"]),
            "{} [{}–{}]".format(e["residual_about_ms"], *e["residual_about_interval_ms"]),
            str(e["residual_p90_ms"]),
            "-" if e["ratio_about"] is None else f"{e['ratio_about']:.2f}",
            _words(e["within_tick"]),
            _words(e["left_alone"]),
            _words(e["made_worse"]),
            str(e["changes_per_minute"]),
            *(f"{e[key]:.3f}" for key in _SCORES),
            str(e["windows"]),
            str(e["seconds"]),
        ]
        for e in summary
    ]
    return columns([head, *body])


def plot_summary(path: Path, summary: Sequence[dict[str, Any]]) -> None:
    """Residual about the median, and the share of clips within a tick, by kind and strategy."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    strategies = list(dict.fromkeys(e["strategy"] for e in summary))
    kinds = [k for k in KINDS if any(e["kind"] == k for e in summary)]
    figure, axes = plt.subplots(2, 1, figsize=(13, 8), sharex=True)
    width = 0.85 / len(strategies)
    for index, strategy in enumerate(strategies):
        entries = {e["kind"]: e for e in summary if e["strategy"] == strategy}
        place = np.arange(len(kinds)) + (index - len(strategies) / 2) * width
        about = np.array([entries[k]["residual_about_ms"] for k in kinds])
        bounds = np.array([entries[k]["residual_about_interval_ms"] for k in kinds]).T
        colour = plt.get_cmap("tab20")(index)
        axes[0].bar(place, about, width, label=strategy, color=colour, yerr=np.abs(bounds - about))
        share = np.array([entries[k]["within_tick"]["share"] for k in kinds])
        limits = np.array([entries[k]["within_tick"]["interval"] for k in kinds]).T
        axes[1].bar(place, share, width, color=colour, yerr=np.abs(limits - share))
    axes[0].set(ylabel="residual about its median, ms")
    axes[1].set(ylabel="share of clips within a tick", ylim=(0, 1))
    axes[1].set_xticks(np.arange(len(kinds)), kinds)
    axes[0].legend(fontsize=8, ncols=3)
    figure.tight_layout()
    figure.savefig(path, dpi=90)
    plt.close(figure)


def _mean(values: Sequence[float] | NDArray[np.float64]) -> float:
    return round(float(np.mean(values)), 1)


def _known_mean(values: Sequence[float]) -> float:
    known = [value for value in values if not math.isnan(value)]
    return round(float(np.mean(known)), 4) if known else math.nan


def _interval(values: NDArray[np.float64]) -> list[float]:
    return [round(bound, 1) for bound in mean_interval_over_clips(values)]


def _share(hits: NDArray[np.bool_]) -> dict[str, Any]:
    found = wilson(hits)
    assert found.share is not None and found.low is not None and found.high is not None
    return {
        "share": round(found.share, 3),
        "count": int(hits.sum()),
        "interval": [round(found.low, 3), round(found.high, 3)],
    }


def _words(share: dict[str, Any]) -> str:
    low, high = share["interval"]
    return f"{100 * share['share']:.0f} % [{100 * low:.0f}–{100 * high:.0f}]"
