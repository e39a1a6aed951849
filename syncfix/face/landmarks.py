"""The 68 landmarks of a face (300-W layout), by dlib's shape predictor."""

from __future__ import annotations

import functools
import importlib.util
from pathlib import Path
from typing import Any

import dlib
import numpy as np
from numpy.typing import NDArray

from syncfix.errors import CheckpointError

__all__ = ["LANDMARK_COUNT", "Box", "LandmarkModel", "landmark_model_path"]

LANDMARK_COUNT = 68
FILE_NAME = "shape_predictor_68_face_landmarks.dat"

# left, top, right, bottom in pixels
Box = tuple[float, float, float, float]


def landmark_model_path(explicit: Path | None = None) -> Path:
    """Where the landmark model lies.

    Looked for, in this order: ``explicit``; ``checkpoints/dlib/`` under the working directory;
    the package ``face-recognition-models``.

    Raises:
        CheckpointError: there is none.
    """
    if explicit is not None:
        if not explicit.is_file():
            raise CheckpointError(f"no landmark model at {explicit}: check --landmarks")
        return explicit
    local = Path("checkpoints") / "dlib" / FILE_NAME
    if local.is_file():
        return local
    # Found, not imported: its __init__ needs pkg_resources, which new setuptools has not.
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        packaged = Path(folder) / "models" / FILE_NAME
        if packaged.is_file():
            return packaged
    raise CheckpointError(
        f"no landmark model {FILE_NAME}: install face-recognition-models or give --landmarks PATH"
    )


class LandmarkModel:
    """dlib's shape predictor."""

    def __init__(self, path: Path) -> None:
        self._predictor = _predictor(str(path.resolve()))

    def __call__(self, gray: NDArray[np.uint8], box: Box) -> NDArray[np.float32]:
        """Landmarks ``[68, 2]`` (x, y in pixels) of the face in ``box``."""
        rectangle = dlib.rectangle(*(round(v) for v in box))
        shape = self._predictor(gray, rectangle)
        if shape.num_parts != LANDMARK_COUNT:
            raise CheckpointError(
                f"the landmark model gives {shape.num_parts} points, not {LANDMARK_COUNT}: "
                "give a 68-point model with --landmarks"
            )
        return np.array([(p.x, p.y) for p in shape.parts()], dtype=np.float32)


@functools.cache
def _predictor(path: str) -> Any:
    # Read once a process: the file holds 100 MB.
    try:
        return dlib.shape_predictor(path)
    except RuntimeError as error:
        raise CheckpointError(
            f"{path} is not a dlib shape predictor: give another with --landmarks"
        ) from error
