"""Where a network runs, and in which precision."""

from __future__ import annotations

import torch

__all__ = ["bfloat16_pays", "choose_device"]


def choose_device() -> torch.device:
    """The first CUDA device, or else the CPU."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def bfloat16_pays(device: torch.device) -> bool:
    """Whether bfloat16 is faster there: a GPU that has it, or a CPU with AMX tiles."""
    if device.type == "cuda":
        return torch.cuda.is_bf16_supported(including_emulation=False)
    has_tiles = getattr(torch.cpu, "_is_amx_tile_supported", None)
    return bool(has_tiles()) if has_tiles else False
