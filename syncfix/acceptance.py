"""Do no harm: a rewrite is kept only if the written clip is better by more than its own noise.

Choosing the least of several distances always looks better to the network that chose, on pure
noise too. So the written file is embedded afresh, and a second network that took no part in
choosing has to agree.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from syncfix.observe import Observation, Observed
from syncfix.syncnet.scores import MIN_SPEECH_TICKS, REACH_TICKS, mean_interval

__all__ = ["Verdict", "judge_rewrite"]


@dataclass(frozen=True)
class Verdict:
    """Whether a rewrite may stand, and why."""

    accepted: bool
    reasons: tuple[str, ...]


def judge_rewrite(before: Observed, after: Observed) -> Verdict:
    """Compare two files tick by tick, in the eyes of every network.

    Args:
        before, after: observations by the same networks, of the clip and of the rewrite.

    Returns:
        Accepted only if for each network the 95 % interval of the fall in distance at shift 0
        lies above zero.
    """
    accepted, reasons = True, []
    for role, old, new in zip(
        ("chooser", "judge"), before.by_network, after.by_network, strict=False
    ):
        better, reason = _compare(role, old, new)
        accepted &= better
        reasons.append(reason)
    if len(before.by_network) < 2:
        reasons.append("no judge: the network that chose the plan is the only one that was asked")
    return Verdict(accepted, tuple(reasons))


def _compare(role: str, old: Observation, new: Observation) -> tuple[bool, str]:
    # A shifted file is longer at one end, so only the common ticks are compared.
    ticks = min(len(old.counts), len(new.counts))
    both = old.counts[:ticks] & new.counts[:ticks]
    if both.sum() < MIN_SPEECH_TICKS:
        return False, f"{role}: too little speech to tell"
    fall = (old.distances[:ticks] - new.distances[:ticks])[both, REACH_TICKS]
    low, high = mean_interval(np.asarray(fall))
    words = f"LSE-D falls by {fall.mean():.3f} (95 % interval {low:.3f} to {high:.3f})"
    if low > 0:
        return True, f"{role}: {words}"
    return False, f"{role}: {words}, which is no proof of a gain"
