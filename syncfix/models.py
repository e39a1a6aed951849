"""What is loaded once and used for every clip."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from syncfix.errors import CheckpointError
from syncfix.face.landmarks import LandmarkModel, landmark_model_path
from syncfix.syncnet.checkpoint import Network
from syncfix.syncnet.device import choose_device
from syncfix.syncnet.registry import find_judge, find_network

__all__ = ["Models", "ready"]

_log = logging.getLogger(__name__)


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
        found = cls(
            find_network("chooser", checkpoint),
            find_judge(judge),
            LandmarkModel(landmark_model_path(landmarks)),
        )
        names = ", ".join(network.name for network in found.networks)
        _log.info("networks: %s, on %s", names, choose_device())
        return found

    def require_planner(self) -> None:
        """Make sure that the chooser can choose plans.

        What a plan pays for jumps and changes is weighed against distances of unit vectors.

        Raises:
            CheckpointError: its distances have a unit of their own.
        """
        if not self.chooser.calibration.unit_vectors:
            raise CheckpointError(
                f"{self.chooser.name} can't choose a plan, as its embeddings are not normalised: "
                "give it as --judge, or to measure"
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
