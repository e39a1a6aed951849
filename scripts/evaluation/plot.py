"""The evaluation as a picture, drawn from its JSON alone."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

_SHOWN = (
    "split halves, 5 moves",
    "clips, trusted, about constant",
    "clips, all, about 0",
    "windows about reference",
    "windows about 0",
    "clips it can tell",
    "right where it can tell",
)
_COLOURS = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown")
_CHANCE = 3 / 31


def draw(path: Path, results: list[dict[str, Any]]) -> None:
    """Write a PNG: shares, reliability, and the distances of each trained network."""
    trained = [r for r in results if r["trained"]]
    names = list(dict.fromkeys(r["name"].removesuffix(", untrained") for r in results))
    colours = {name: _COLOURS[i % len(_COLOURS)] for i, name in enumerate(names)}
    # Without pyplot: no global state, no window system.
    figure = Figure(figsize=(13, 4.2 * (1 + (len(trained) + 1) // 2)), dpi=100)
    FigureCanvasAgg(figure)
    grid = figure.add_gridspec(1 + (len(trained) + 1) // 2, 2)
    _shares(figure.add_subplot(grid[0, 0]), results, colours)
    _reliability(figure.add_subplot(grid[0, 1]), trained, colours)
    for index, result in enumerate(trained):
        axes = figure.add_subplot(grid[1 + index // 2, index % 2])
        _distances(axes, result, colours[result["name"]])
    figure.tight_layout()
    figure.savefig(path, metadata={"Software": None})


def _shares(axes: Axes, results: list[dict[str, Any]], colours: dict[str, str]) -> None:
    height = 0.8 / len(results)
    for index, result in enumerate(results):
        shares = [result["shares"][name] for name in _SHOWN]
        place = np.arange(len(_SHOWN)) + index * height
        value = np.array([s["share"] or 0.0 for s in shares])
        low, high = (
            np.array([v if s[end] is None else s[end] for v, s in zip(value, shares, strict=True)])
            for end in ("low", "high")
        )
        axes.barh(
            place,
            value,
            height,
            xerr=[value - low, high - value],
            color=colours[result["name"].removesuffix(", untrained")],
            alpha=1.0 if result["trained"] else 0.35,
            error_kw={"elinewidth": 0.8},
            label=result["name"],
        )
    axes.axvline(_CHANCE, color="black", linestyle=":", linewidth=0.8)
    axes.set_yticks(np.arange(len(_SHOWN)) + 0.4 - height / 2, _SHOWN)
    axes.invert_yaxis()
    axes.set(xlim=(0, 1), title="right within a tick (dotted: chance of a window)")
    axes.legend(fontsize=7, loc="center right")


def _reliability(axes: Axes, trained: list[dict[str, Any]], colours: dict[str, str]) -> None:
    axes.plot([0, 1], [0, 1], color="gray", linewidth=0.5)
    for result in trained:
        for key, style in (("pieces", "-"), ("crossed", "--")):
            rows = [r for r in result["reliability"][key]["curve"] if r["told"] is not None]
            told = [r["told"] for r in rows]
            right = np.array([r["share"] for r in rows])
            spread = [right - [r["low"] for r in rows], np.array([r["high"] for r in rows]) - right]
            axes.errorbar(
                told,
                right,
                spread,
                color=colours[result["name"]],
                linestyle=style,
                marker=".",
                elinewidth=0.5,
                label=result["name"] + (", cross-validated" if key == "crossed" else ""),
            )
    axes.set(xlabel="confidence told", ylabel="share right", title="pieces of clips of 1 to 10 s")
    axes.legend(fontsize=7, loc="upper left")


def _distances(axes: Axes, result: dict[str, Any], colour: str) -> None:
    spread = result["distances"]["all"]
    edges = np.array(spread["histogram"]["edges"])
    for part, options in (
        ("in sync", {"color": colour, "alpha": 0.7}),
        ("out of sync", {"color": "gray", "alpha": 0.5}),
    ):
        axes.stairs(spread["histogram"][part], edges, fill=True, label=part, **options)
    filled = np.flatnonzero(
        np.add(spread["histogram"]["in sync"], spread["histogram"]["out of sync"])
    )
    axes.set(
        xlim=(edges[filled[0]], edges[filled[-1] + 1]),
        xlabel="distance",
        ylabel="share of speech ticks",
        title=f"{result['name']}: AUC {spread['auc']:.3f}",
    )
    axes.legend(fontsize=7)
