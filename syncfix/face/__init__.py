"""Faces: detection, one tracked speaker, 68 landmarks, the aligned lower half, the whole face."""

from syncfix.face.landmarks import LandmarkModel, landmark_model_path
from syncfix.face.mouths import TickMouth, mouths_at_ticks, tracked_frames
from syncfix.face.track import Tracked

__all__ = [
    "LandmarkModel",
    "TickMouth",
    "Tracked",
    "landmark_model_path",
    "mouths_at_ticks",
    "tracked_frames",
]
