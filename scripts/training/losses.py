"""Which speech belongs to which mouth: InfoNCE within groups of one speaker."""

from __future__ import annotations

import torch
import torch.nn.functional as F
from torch import Tensor

__all__ = ["group_nce"]


def group_nce(
    vision: Tensor,
    audio: Tensor,
    log_scale: Tensor,
    near: Tensor | None = None,
    use: Tensor | None = None,
) -> tuple[Tensor, Tensor]:
    """Symmetric InfoNCE (van den Oord et al. 2018, arXiv:1807.03748) in each group.

    Args:
        vision, audio: unit vectors ``[groups, n, d]``; row i of one belongs to row i of the other.
        log_scale: logarithm of the inverse temperature.
        near: bool ``[n, n]``: pairs that count neither as right nor as wrong, because they are
            neighbours in time.
        use: bool ``[groups, n]``: rows that ask a question; all are candidates for an answer.

    Returns:
        The loss, and the share of questions answered right.
    """
    logits = log_scale.exp() * vision @ audio.transpose(1, 2)
    if near is not None:
        logits = logits.masked_fill(near, -1e4)
    groups, n, _ = logits.shape
    target = torch.arange(n, device=logits.device).expand(groups, n)
    losses = 0.5 * (
        F.cross_entropy(logits.transpose(1, 2), target, reduction="none")
        + F.cross_entropy(logits, target, reduction="none")
    )
    right = (logits.argmax(dim=2) == target).float()
    if use is None:
        return losses.mean(), right.mean()
    weight = use.float() / use.float().sum().clamp(min=1.0)
    return (losses * weight).sum(), (right * weight).sum()
