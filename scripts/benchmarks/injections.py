"""Known timing errors, put into the order of a clip's frames."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["KINDS", "injections", "local_error", "playable"]

KINDS = (
    "none",
    "constant ±1",
    "constant ±2…8",
    "drift ±1 %",
    "drift ±3 %",
    "25 at 29.97",
    "local ±3",
    "constant + local",
)


def injections(ticks: int, rng: np.random.Generator) -> dict[str, NDArray[np.intp]]:
    """One error e of each kind: at tick i of the broken clip the picture of tick i + e[i] is shown.

    A clip that runs too fast ends early, as its file would: such an error is shorter than
    ``ticks``. The others have ``ticks`` of them; past the clip's ends its first and last picture
    stay.
    """
    place = np.arange(ticks)
    size = int(rng.integers(2, 9)) * _sign(rng)
    wanted = {
        "none": np.zeros(ticks),
        "constant ±1": np.full(ticks, _sign(rng)),
        "constant ±2…8": np.full(ticks, size),
        "drift ±1 %": 0.01 * _sign(rng) * place,
        "drift ±3 %": 0.03 * _sign(rng) * place,
        "25 at 29.97": (29.97 / 25.0 - 1.0) * place,
        "local ±3": local_error(ticks, rng),
        "constant + local": size + local_error(ticks, rng),
    }
    found = {}
    for kind in KINDS:
        error = wanted[kind]
        if kind.startswith(("drift", "25")):
            error = error[: int((place + error <= ticks - 1).sum())]
        found[kind] = playable(error, ticks)
    return found


def local_error(ticks: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """Segments of 0.6 to 1.6 s, each with an offset within ±3 ticks."""
    out = np.zeros(ticks)
    start = 0
    while start < ticks:
        end = start + int(rng.integers(15, 41))
        out[start:end] = rng.integers(-3, 4)
        start = end
    return out


def playable(path: NDArray[np.float64], ticks: int | None = None) -> NDArray[np.intp]:
    """Whole ticks, inside the clip of ``ticks``, and time never runs backwards."""
    place = np.arange(len(path))
    last = (len(path) if ticks is None else ticks) - 1
    shown = np.clip(place + np.round(path).astype(np.intp), 0, last)
    kept: NDArray[np.intp] = np.maximum.accumulate(shown) - place
    return kept


def _sign(rng: np.random.Generator) -> int:
    return 1 if rng.random() < 0.5 else -1
