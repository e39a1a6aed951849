"""Timing errors that are known, because they were put in."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def injections(ticks: int, rng: np.random.Generator) -> dict[str, NDArray[np.intp]]:
    """Known errors e: at tick i the picture of tick i + e[i] is shown."""
    place = np.arange(ticks)
    size = int(rng.integers(2, 9)) * (1 if rng.random() < 0.5 else -1)
    slope = float(rng.choice([-0.03, -0.01, 0.01, 0.03]))
    wanted = {
        "none": np.zeros(ticks),
        "constant ±2…8": np.full(ticks, size),
        "drift ±1, ±3 %": slope * place,
        "local ±3": local_path(ticks, rng),
        "constant + local": size + local_path(ticks, rng),
    }
    return {name: playable(path) for name, path in wanted.items()}


def local_path(ticks: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Segments of 0.6 to 1.6 s, each with an offset within ±3 ticks."""
    out = np.zeros(ticks)
    start = 0
    while start < ticks:
        end = start + int(rng.integers(15, 41))
        out[start:end] = rng.integers(-3, 4)
        start = end
    return out


def playable(path: NDArray[np.float64]) -> NDArray[np.intp]:
    """Whole ticks, inside the clip, and time never runs backwards."""
    place = np.arange(len(path))
    shown = np.clip(place + np.round(path).astype(np.intp), 0, len(path) - 1)
    kept: NDArray[np.intp] = np.maximum.accumulate(shown) - place
    return kept
