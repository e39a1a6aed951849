"""A world in which the truth is known: a talker whose picture at each moment is a number.

Its network reads the number and looks up what is to be seen there, with a noise of its own for
each picture; its speech is the same world without noise. So a plan that shows the right picture
at each tick is the one that scores best, as far as the noise lets it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from syncfix.syncnet.calibration import Calibration
from syncfix.syncnet.checkpoint import Network
from syncfix.syncnet.observation import Observation, observation

# Pictures before and after the clip, which a late or early clip shows.
MARGIN_TICKS = 80


@dataclass(frozen=True)
class SceneEmbedder:
    """Embeds windows of numbered pictures as the mean of what is to be seen in them."""

    looks: NDArray[np.float32]
    window_ticks: int = 16

    def embed_video(
        self, pictures: NDArray[np.uint8], done: Callable[[float], None] | None = None
    ) -> NDArray[np.float32]:
        number = pictures[:, 0, 0, 0].astype(int) * 256 + pictures[:, 0, 0, 1]
        looks = self.looks[number]
        windows = np.stack(
            [
                looks[i : i + self.window_ticks].mean(0)
                for i in range(len(looks) - self.window_ticks + 1)
            ]
        )
        return (windows / np.linalg.norm(windows, axis=1, keepdims=True)).astype(np.float32)


def pictures_of(numbers: NDArray[np.intp]) -> NDArray[np.uint8]:
    """``[ticks, 1, 1, 3]``, numbered."""
    out = np.zeros((len(numbers), 1, 1, 3), np.uint8)
    out[:, 0, 0, 0], out[:, 0, 0, 1] = numbers // 256, numbers % 256
    return out


def scene(
    error_ticks: NDArray[np.intp],
    *,
    noise: float = 0.3,
    seed: int = 0,
    roles: int = 2,
    speech: NDArray[np.bool_] | None = None,
    unrelated_judge: bool = False,
) -> tuple[Observation, ...]:
    """Observations of a clip that shows at tick i the picture of tick i + error[i].

    Args:
        error_ticks: ``[ticks]``.
        noise: how unlike its speech each picture looks; networks differ in it.
        roles: how many networks look.
        speech: ``[ticks]``; all of them if not given.
        unrelated_judge: the last network sees nothing of the speech.
    """
    ticks = len(error_ticks)
    rng = np.random.default_rng(seed)
    total = ticks + 2 * MARGIN_TICKS
    # Mouths move smoothly: neighbours in time look alike.
    raw = rng.standard_normal((total + 4, 24))
    truth = np.stack([raw[i : i + 4].mean(0) for i in range(total)])
    spoken = SceneEmbedder(truth.astype(np.float32))
    place = np.arange(ticks)
    found = []
    for role in range(roles):
        own = truth
        if unrelated_judge and role == roles - 1:
            own = rng.permutation(truth)
        looks = own + noise * 0.5 * rng.standard_normal(truth.shape)
        embedder = SceneEmbedder(looks.astype(np.float32))
        network = Network(
            name=f"scene {role}",
            path=Path("scene"),
            sha256="",
            embedder=embedder,  # type: ignore[arg-type]
            calibration=Calibration(can_tell=0.8),
        )
        found.append(
            observation(
                network,
                pictures_of(place + MARGIN_TICKS + error_ticks),
                spoken.embed_video(pictures_of(place + MARGIN_TICKS)),
                np.ones(ticks, bool) if speech is None else speech,
                np.ones(ticks, bool),
            )
        )
    return tuple(found)
