"""What is loaded once and used for every clip."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from syncfix.face.landmarks import LandmarkModel, landmark_model_path
from syncfix.syncnet.checkpoint import Network
from syncfix.syncnet.registry import find_judge, find_network

__all__ = ["Models", "ready"]


@dataclass(frozen=True)
class Models:
    """The networks and the landmark model.

    Attributes:
        chooser: the network that plans are chosen with.
        judge: a network of another kind that only looks at results, or None.
        landmarks: the landmark model.
    """

    chooser: Network
    judge: Network | None
    landmarks: LandmarkModel

    @classmethod
    def load(
        cls,
        checkpoint: Path | None = None,
        judge: Path | None = None,
        landmarks: Path | None = None,
    ) -> Models:
        """Load what is named, or else what is found.

        Raises:
            CheckpointError: a model is missing, damaged or of another kind.
        """
        return cls(
            find_network("chooser", checkpoint),
            find_judge(judge),
            LandmarkModel(landmark_model_path(landmarks)),
        )

    @property
    def networks(self) -> tuple[Network, ...]:
        """The chooser first, then the judge."""
        return (self.chooser,) if self.judge is None else (self.chooser, self.judge)


def ready(models: Models | Callable[[], Models] | None) -> Models:
    """Models that were given, or are loaded now: late, so that bad input is told of at once."""
    if isinstance(models, Models):
        return models
    return Models.load() if models is None else models()
