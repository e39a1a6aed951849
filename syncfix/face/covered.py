"""Whether a mouth can be seen where the landmarks say that it is.

The landmark model draws a mouth on a hand, a cup or a microphone without complaint. A small
network, trained on faces with all kinds of things laid over them, looks at the aligned lower half
instead. One frame is not enough: the evidence of its neighbours is averaged with its own, and
some faces (drawn ones, faces from the side) look odd to the network all the time. So what counts
is how much more is to be said for a thing in front than where this face was seen best so far.
"""

from __future__ import annotations

import functools
import importlib.resources
import itertools
from collections.abc import Sequence
from pathlib import Path

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from safetensors import SafetensorError
from safetensors.torch import load_file
from torch import Tensor, nn

from syncfix.errors import CheckpointError
from syncfix.face.align import half_matrix

__all__ = [
    "COVERED_REACH",
    "VIEW_HEIGHT_PX",
    "VIEW_WIDTH_PX",
    "CoverJudge",
    "CoverNetwork",
    "cover_evidence",
    "view_of",
]

VIEW_WIDTH_PX, VIEW_HEIGHT_PX = 64, 32
_FILE = "covered.safetensors"
_BACKGROUND = (127, 127, 127)
_CHANNELS = (3, 16, 32, 48)
# Frames on either side whose evidence counts.
COVERED_REACH = 1
# Log odds: the least that is enough, how much more it has to be than where the mouth was seen
# best, and what is enough whatever was seen before.
_LEVEL, _MORE, _SURE = 1.0, 8.0, 10.0
# A frame counts for no more than this, and not for more than this against.
_MOST = 16.0


class CoverNetwork(nn.Module):
    """Log odds that something covers the mouth, from lower halves."""

    def __init__(self) -> None:
        super().__init__()
        layers: list[nn.Module] = []
        for before, after in itertools.pairwise(_CHANNELS):
            layers += [nn.Conv2d(before, after, 3, stride=2, padding=1), nn.ReLU()]
        layers += [nn.Conv2d(_CHANNELS[-1], 32, 3, padding=1), nn.ReLU(), nn.Flatten()]
        size = 32 * (VIEW_HEIGHT_PX // 8) * (VIEW_WIDTH_PX // 8)
        self.layers = nn.Sequential(*layers, nn.Dropout(0.3), nn.Linear(size, 1))

    def forward(self, views: Tensor) -> Tensor:
        """Log odds ``[n]`` of uint8 views ``[n, 32, 64, 3]``."""
        x = views.permute(0, 3, 1, 2).float()
        # Brightness and contrast are the camera's.
        x = x - x.mean(dim=(1, 2, 3), keepdim=True)
        x = x / (x.square().mean(dim=(1, 2, 3), keepdim=True).sqrt() + 8)
        return self.layers(x)[:, 0]


def cover_evidence(views: Sequence[NDArray[np.uint8]]) -> list[float]:
    """Log odds, of each frame alone, that the mouth is covered; see :func:`view_of`.

    Several at once: each call wakes PyTorch's threads, which then wait for more for a while, and
    take the time of whatever else runs.
    """
    if not views:
        return []
    with torch.inference_mode():
        evidence: list[float] = _network()(torch.from_numpy(np.stack(views))).tolist()
    return evidence


class CoverJudge:
    """Says of one face after the other, frame by frame through a clip, whether they are covered.

    It knows what was before, not what comes: a thing that is there from a shot's begin is told
    only if the network is very sure, until it goes away.

    Args:
        places: how many faces are followed.
    """

    def __init__(self, places: int) -> None:
        self._best = [np.inf] * places

    def restart(self) -> None:
        """A shot begins: other faces."""
        self._best = [np.inf] * len(self._best)

    def __call__(self, place: int, evidence: Sequence[float | None]) -> bool:
        """Whether the mouth is covered in the middle one of some frames of one shot.

        Args:
            place: whose mouth.
            evidence: log odds in order of time, None where no face is seen.
        """
        known = [min(max(each, -_MOST), _MOST) for each in evidence if each is not None]
        if not known:
            return False
        mean = float(np.mean(known))
        self._best[place] = min(self._best[place], mean)
        return mean > min(_SURE, max(_LEVEL, self._best[place] + _MORE))


def view_of(bgr: NDArray[np.uint8], landmarks: NDArray[np.floating]) -> NDArray[np.uint8]:
    """The aligned lower half as the network sees it, BGR ``[32, 64, 3]``.

    Args:
        bgr: the upright picture ``[h, w, 3]``.
        landmarks: ``[68, 2]`` (x, y in pixels), as found in this frame.
    """
    matrix = half_matrix(landmarks, VIEW_WIDTH_PX, VIEW_HEIGHT_PX)
    corners = np.array(
        [(0, 0), (VIEW_WIDTH_PX, 0), (0, VIEW_HEIGHT_PX), (VIEW_WIDTH_PX, VIEW_HEIGHT_PX)]
    )
    back = cv2.invertAffineTransform(matrix)
    corners = corners @ back[:, :2].T + back[:, 2]
    left, top = np.maximum(0, np.floor(corners.min(axis=0)) - 2).astype(int)
    right, bottom = np.ceil(corners.max(axis=0)).astype(int) + 3
    part = bgr[top : max(bottom, 0), left : max(right, 0)]
    # Averaged first where it shrinks a lot: warpAffine looks at four pixels only.
    factor = max(1, round(1 / np.hypot(matrix[1, 0], matrix[1, 1])))
    height, width = part.shape[0] // factor, part.shape[1] // factor
    if height == 0 or width == 0:
        return np.full((VIEW_HEIGHT_PX, VIEW_WIDTH_PX, 3), _BACKGROUND, np.uint8)
    small = part
    if factor > 1:
        whole = part[: height * factor, : width * factor]
        small = cv2.resize(whole, (width, height), interpolation=cv2.INTER_AREA)  # type: ignore[assignment]
    # Pixel centres: x + ½ = left + factor · (x' + ½).
    half = (factor - 1) / 2
    local = matrix.copy()
    local[:, 2] += matrix[:, :2] @ (left + half, top + half)
    local[:, :2] *= factor
    return cv2.warpAffine(  # type: ignore[return-value]
        small,
        local,
        (VIEW_WIDTH_PX, VIEW_HEIGHT_PX),
        flags=cv2.INTER_LINEAR,
        borderMode=cv2.BORDER_CONSTANT,
        borderValue=_BACKGROUND,
    )


@functools.cache
def _network() -> CoverNetwork:
    folder = importlib.resources.files("syncfix.checkpoints")
    path = Path(str(folder.joinpath(_FILE)))
    network = CoverNetwork()
    try:
        network.load_state_dict(load_file(str(path)))
    except (OSError, SafetensorError, RuntimeError) as error:
        raise CheckpointError(f"{path} can't be read: reinstall syncfix") from error
    return network.eval()
