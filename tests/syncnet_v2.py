"""A file with exactly the tensors of SyncNet's ``syncnet_v2.model``, and noise in them."""

from __future__ import annotations

import zlib

import numpy as np
import torch
from torch import Tensor

# Number of the layer, outputs, and what one output looks at.
_CONVOLUTIONS = {
    "netcnnaud": [
        (0, 64, (1, 3, 3)), (4, 192, (64, 3, 3)), (8, 384, (192, 3, 3)), (11, 256, (384, 3, 3)),
        (14, 256, (256, 3, 3)), (18, 512, (256, 5, 4)),
    ],
    "netcnnlip": [
        (0, 96, (3, 5, 7, 7)), (4, 256, (96, 1, 5, 5)), (8, 256, (256, 1, 3, 3)),
        (11, 256, (256, 1, 3, 3)), (14, 256, (256, 1, 3, 3)), (18, 512, (256, 1, 6, 6)),
    ],
    "netfcaud": [(0, 512, (512,))],
    "netfclip": [(0, 512, (512,))],
}  # fmt: skip


def shapes() -> dict[str, tuple[int, ...]]:
    """Every tensor's name and shape, written down apart from the class under test."""
    out: dict[str, tuple[int, ...]] = {}
    for part, layers in _CONVOLUTIONS.items():
        for number, outputs, inputs in layers:
            out[f"{part}.{number}.weight"] = (outputs, *inputs)
            out[f"{part}.{number}.bias"] = (outputs,)
            norm = f"{part}.{number + 1}"
            for name in ("weight", "bias", "running_mean", "running_var"):
                out[f"{norm}.{name}"] = (outputs,)
            out[f"{norm}.num_batches_tracked"] = ()
    for part in ("netfcaud", "netfclip"):
        out[f"{part}.3.weight"], out[f"{part}.3.bias"] = (1024, 512), (1024,)
    return out


def noise_weights() -> dict[str, Tensor]:
    """Noise seeded by each tensor's name, of a size that keeps the signal's."""
    return {name: _noise(name, shape) for name, shape in shapes().items()}


def _noise(name: str, shape: tuple[int, ...]) -> Tensor:
    if not shape:
        return torch.tensor(7)
    values = np.random.default_rng(zlib.crc32(name.encode())).standard_normal(shape, np.float32)
    if len(shape) > 1:
        values *= np.sqrt(2.0 / np.prod(shape[1:])).astype(np.float32)
        if name.startswith("netcnnlip.0."):
            values /= np.float32(100.0)  # pictures come as 0 to 255
    elif name.endswith("running_var") or name.endswith(".weight"):
        values = 1.0 + 0.1 * np.abs(values)
    else:
        values *= np.float32(0.1)
    return torch.from_numpy(values)
