"""Two sync curves over time, drawn once, with a cursor that moves."""

from __future__ import annotations

import cv2
import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from numpy.typing import NDArray

from syncfix.clip import TICK_SECONDS
from syncfix.results import Measurement

__all__ = ["CurveStrip"]

_DPI = 100
_CURSOR_BGR = (40, 40, 200)
# Apart in brightness too, for those who see no red or green.
_COLOURS = ("#c8772b", "#1f5fa8")


class CurveStrip:
    """Distance of speech and mouth at each tick, before and after; smaller is better.

    Args:
        before, after: what was measured; ticks without speech or face leave gaps.
        size: (width, height) in pixels.
    """

    def __init__(self, before: Measurement, after: Measurement, size: tuple[int, int]) -> None:
        # Without pyplot: no global state, no window system.
        figure = Figure(figsize=(size[0] / _DPI, size[1] / _DPI), dpi=_DPI)
        canvas = FigureCanvasAgg(figure)
        axes = figure.add_subplot()
        seconds = 0.0
        known = False
        for name, each, colour in zip(("before", "after"), (before, after), _COLOURS, strict=True):
            distances = np.array(each.chooser.distance_by_tick, np.float64)  # None becomes NaN
            times = np.arange(len(distances)) * TICK_SECONDS
            seconds = max(seconds, len(distances) * TICK_SECONDS)
            known |= bool(np.isfinite(distances).any())
            mean = each.chooser.scores.lse_d
            label = name if mean is None else f"{name}, mean {mean:.3f}"
            axes.plot(times, distances, color=colour, label=label, linewidth=1.3)
        axes.set_xlim(0, max(seconds, TICK_SECONDS))
        axes.set_ylabel("distance", fontsize=8)
        axes.set_xlabel("seconds; speech and mouth are in sync where the curve is low", fontsize=8)
        axes.tick_params(labelsize=7)
        for side in ("top", "right"):
            axes.spines[side].set_visible(False)
        if known:
            figure.legend(loc="upper right", ncols=2, fontsize=8, frameon=False)
        else:
            axes.text(0.5, 0.5, "too little speech to tell", transform=axes.transAxes, ha="center")
        figure.subplots_adjust(
            left=56 / size[0], right=1 - 12 / size[0], top=1 - 22 / size[1], bottom=40 / size[1]
        )
        canvas.draw()
        rgba = np.asarray(canvas.buffer_rgba())
        drawn = np.ascontiguousarray(rgba[:, :, 2::-1])
        self._drawn = cv2.resize(drawn, size, interpolation=cv2.INTER_AREA)
        self._transform = axes.transData
        box = axes.get_window_extent()
        self._rows = (round(size[1] - box.y1), round(size[1] - box.y0))

    def at(self, seconds: float) -> NDArray[np.uint8]:
        """BGR ``[h, w, 3]`` with the cursor at a time."""
        picture = self._drawn.copy()
        x = round(float(self._transform.transform((seconds, 0.0))[0]))
        cv2.line(picture, (x, self._rows[0]), (x, self._rows[1]), _CURSOR_BGR, 1)
        return picture  # type: ignore[return-value]
