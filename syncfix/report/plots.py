"""Plans and curves as pictures."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from syncfix.clip import TICK_SECONDS

__all__ = ["plot_plans"]


def plot_plans(path: Path, plans: Mapping[str, NDArray[np.intp]]) -> None:
    """Draw plans ``[ticks]`` over time and write a PNG."""
    # Without pyplot: no global state, no window system.
    figure = Figure(figsize=(10, 3.2), dpi=110)
    FigureCanvasAgg(figure)
    axes = figure.add_subplot()
    for name, plan in plans.items():
        axes.step(np.arange(len(plan)) * TICK_SECONDS, plan, where="post", label=name)
    axes.set(xlabel="seconds", ylabel="offset in ticks of 40 ms")
    axes.axhline(0, color="gray", linewidth=0.5)
    axes.legend()
    figure.tight_layout()
    figure.savefig(path)
