"""Known timing errors, put into the order of a clip's frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["injections", "local_error", "playable"]


def injections(ticks: int, rng: np.random.Generator) -> dict[str, NDArray[np.intp]]:
    """One error e of each kind, ``[ticks]``: at tick i the picture of tick i + e[i] is shown."""
    place = np.arange(ticks)
    size = int(rng.integers(1, 9)) * (1 if rng.random() < 0.5 else -1)
    wanted = {
        "none": np.zeros(ticks),
        "constant ±1…8": np.full(ticks, size),
        "drift ±1 %": float(rng.choice([-0.01, 0.01])) * place,
        "drift ±3 %": float(rng.choice([-0.03, 0.03])) * place,
        "25 at 29.97": (29.97 / 25.0 - 1.0) * place,
        "local ±3": local_error(ticks, rng),
        "constant + local": size + local_error(ticks, rng),
    }
    return {name: playable(path) for name, path in wanted.items()}


def local_error(ticks: int, rng: np.random.Generator) -> NDArray[np.float64]:
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
