"""Learning from a network that is cheap to train: its embeddings are the targets.

A stacked network sees a window's 16 frames anew for every window, so it learns slowly; one that
sees each frame once learns the same task ten times as fast. The second is trained first, embeds
every window of the training clips once, and the first learns to answer the same (knowledge
distillation, Hinton et al. 2015, arXiv:1503.02531, on embeddings and on their order in a clip).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor
from tqdm import tqdm

from syncfix.syncnet.network import FramewiseEmbedder, StackedEmbedder

from .data import Place, Talker

__all__ = ["Lessons", "distill"]

# Positions of a clip that an answer is compared with.
_CANDIDATES = 64


@dataclass(frozen=True)
class Lessons:
    """The teacher's unit vectors of every window of every clip, float16 ``[windows, d]``."""

    vision: dict[str, NDArray[np.float16]]
    audio: dict[str, NDArray[np.float16]]

    @classmethod
    def of(cls, teacher: FramewiseEmbedder | StackedEmbedder, talkers: list[Talker]) -> Lessons:
        vision, audio = {}, {}
        for talker in tqdm(talkers, desc="lessons", disable=None):
            if talker.ticks < teacher.window_ticks:
                continue
            pictures = talker.pictures(teacher.front_end)
            vision[talker.name] = teacher.embed_video(pictures).astype(np.float16)
            audio[talker.name] = teacher.embed_audio(talker.mel, talker.ticks).astype(np.float16)
        return cls(vision, audio)

    def batch(
        self, places: list[Place], rng: np.random.Generator
    ) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """For n places: the teacher's vision and audio there ``[n, d]``, and at candidates near
        by in the same clip ``[n, candidates, d]`` each."""
        right_vision, right_audio, near_vision, near_audio = [], [], [], []
        for place in places:
            vision, audio = self.vision[place.talker.name], self.audio[place.talker.name]
            low = max(0, min(place.first_tick - _CANDIDATES // 2, len(vision) - _CANDIDATES))
            window = low + np.arange(_CANDIDATES)
            # A short clip has fewer; some then stand twice, in both distributions alike.
            window = np.where(window < len(vision), window, rng.integers(len(vision)))
            right_vision.append(vision[place.first_tick])
            right_audio.append(audio[place.first_tick])
            near_vision.append(vision[window])
            near_audio.append(audio[window])
        stacks = (right_vision, right_audio, near_vision, near_audio)
        a, b, c, d = (torch.from_numpy(np.stack(stack).astype(np.float32)) for stack in stacks)
        return a, b, c, d


def distill(answer: Tensor, right: Tensor, opposite: Tensor, scale: float) -> Tensor:
    """How far answers are from the teacher's.

    Args:
        answer: the student's unit vectors ``[n, d]``.
        right: the teacher's ``[n, d]``.
        opposite: the teacher's vectors of the other side ``[n, candidates, d]``.
        scale: inverse temperature of the distributions over the candidates.

    Returns:
        Mean of 1 - cosine, plus the mean divergence of the student's distribution over the
        candidates from the teacher's.
    """
    near = (1.0 - (answer * right).sum(dim=1)).mean()
    student = scale * torch.einsum("nd,ncd->nc", answer, opposite)
    teacher = scale * torch.einsum("nd,ncd->nc", right, opposite)
    divergence = F.kl_div(
        F.log_softmax(student, dim=1),
        F.log_softmax(teacher, dim=1),
        reduction="batchmean",
        log_target=True,
    )
    return near + divergence
