"""What a network's distances mean: fitted on clips it never saw, stored in its checkpoint."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from typing import Any

__all__ = ["UNCALIBRATED", "UNCALIBRATED_LENGTHS", "Calibration"]


@dataclass(frozen=True)
class Calibration:
    """How to read a network's figures.

    Attributes:
        sync_cosine: a tick whose cosine is above this counts as in sync (``sync_acc``).
        chance_distance: mean distance of unrelated speech and mouths, or None.
        confidence_weights: bias, and weights of the logit of the bootstrap's agreement, of
            ``lse_c`` and of the logarithm of the number of speech ticks; their sum, through a
            logistic, is the probability that the offset is right within a tick. None: the
            bootstrap's agreement itself is told.
        can_tell: the confidence from which an offset can be trusted.
        sync_weights: bias and weight of a tick's distance; through a logistic, the probability
            that the tick is in sync. None: not known.
        unit_vectors: whether embeddings have length one. If not, distances have a unit of their
            own, and neither cosine nor ``sync_acc`` is told.
    """

    sync_cosine: float = 0.5
    chance_distance: float | None = None
    confidence_weights: tuple[float, float, float, float] | None = None
    can_tell: float = 0.8
    sync_weights: tuple[float, float] | None = None
    unit_vectors: bool = True

    @classmethod
    def of(cls, values: Mapping[str, Any]) -> Calibration:
        """From a checkpoint's card.

        Raises:
            KeyError, TypeError, ValueError: values are missing, or no finite numbers.
        """
        confidence, sync = values["confidence_weights"], values["sync_weights"]
        made = cls(
            sync_cosine=float(values["sync_cosine"]),
            chance_distance=float(values["chance_distance"]),
            confidence_weights=_four(confidence) if confidence else None,
            can_tell=float(values["can_tell"]),
            sync_weights=_two(sync) if sync else None,
            unit_vectors=bool(values.get("unit_vectors", True)),
        )
        told = (made.sync_cosine, made.chance_distance, made.can_tell)
        weights = (*(made.confidence_weights or ()), *(made.sync_weights or ()))
        if not all(math.isfinite(v) for v in (*told, *weights) if v is not None):
            raise ValueError("its calibration is not of finite numbers")
        return made

    def to_dict(self) -> dict[str, Any]:
        return asdict(self)

    def confidence(self, agreement: float, lse_c: float, speech_ticks: int) -> float:
        """Probability, in [0, 1], that the offset is right within a tick.

        Args:
            agreement: share of bootstrap curves whose least lies within a tick of the offset.
            lse_c: median minus least of the curve.
            speech_ticks: how many ticks the curve is the mean of.
        """
        if self.confidence_weights is None:
            return agreement
        features = confidence_features(agreement, lse_c, speech_ticks)
        bias, *weights = self.confidence_weights
        return _logistic(bias + sum(w * f for w, f in zip(weights, features, strict=True)))


def confidence_features(
    agreement: float, lse_c: float, speech_ticks: int
) -> tuple[float, float, float]:
    """What the confidence is made of, as the weights take it."""
    inside = min(max(agreement, 0.01), 0.99)
    return math.log(inside / (1.0 - inside)), lse_c, math.log(max(speech_ticks, 1))


def _four(values: Iterable[Any]) -> tuple[float, float, float, float]:
    a, b, c, d = (float(v) for v in values)
    return a, b, c, d


def _two(values: Iterable[Any]) -> tuple[float, float]:
    a, b = (float(v) for v in values)
    return a, b


def _logistic(x: float) -> float:
    return 1.0 / (1.0 + math.exp(-min(max(x, -50.0), 50.0)))


# The released network: "in sync" is a cosine over 0.5; nothing else is published.
UNCALIBRATED = Calibration()
# The original SyncNet: distances of vectors of any length.
UNCALIBRATED_LENGTHS = Calibration(unit_vectors=False)
