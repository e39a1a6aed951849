"""Do no harm: a rewrite is kept only if the written clip is better by more than its own noise.

Choosing the least of several distances always looks better to the network that chose, on pure
noise too. So the written file is embedded afresh, and a second network that took no part in
choosing has to agree.
"""

from __future__ import annotations

from dataclasses import dataclass

from syncfix.observe import Observed
from syncfix.syncnet.gain import gain_of
from syncfix.syncnet.observation import Observation
from syncfix.syncnet.scores import REACH_TICKS

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
    gain = gain_of(old.distances[:ticks, REACH_TICKS], new.distances[:ticks, REACH_TICKS], both)
    return gain.proven, f"the written file, {role}: {gain}"
