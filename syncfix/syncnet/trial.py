"""A network that anybody may have made is built without memory first, then tried on one window."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from typing import Any

import torch
from torch import Tensor, nn

from syncfix.syncnet.frontend import FrontEnd
from syncfix.syncnet.mel import WINDOW_COLUMNS
from syncfix.syncnet.network import FramewiseEmbedder, StackedEmbedder, build_embedder

__all__ = ["outline", "try_out"]

# A window of the released network holds 16 ticks and 52 columns; nothing sensible has many more.
_MAX_TICKS = 64
_MAX_COLUMNS = 256


def outline(kind: str, config: Mapping[str, Any], front_end: FrontEnd) -> nn.Module:
    """The network's shapes without its numbers: a card may ask for more than there is memory.

    Raises:
        ValueError, and all that torch raises for a configuration that makes no sense.
    """
    with torch.device("meta"), warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)  # of layers of no size, which do not fit
        embedder = build_embedder(kind, config, front_end)
    if not 1 <= embedder.window_ticks <= _MAX_TICKS:
        raise ValueError(f"a window of {embedder.window_ticks} ticks")
    if isinstance(embedder, FramewiseEmbedder) and embedder.model.mel_columns > _MAX_COLUMNS:
        raise ValueError(f"a window of {embedder.model.mel_columns} mel columns")
    return embedder.model


def try_out(embedder: StackedEmbedder | FramewiseEmbedder) -> None:
    """Embed one window of nothing on both sides.

    Raises:
        ValueError: other than one vector comes out on each side, they differ in length, or they
            are no numbers; and all that torch raises where layers do not fit.
    """
    ticks, (height, width) = embedder.window_ticks, embedder.front_end.picture_px
    with torch.inference_mode():
        if isinstance(embedder, StackedEmbedder):
            picture = torch.zeros(1, 3 * ticks, height, width)
            sound = torch.zeros(1, 1, embedder.front_end.mel_bands, WINDOW_COLUMNS)
            _check(embedder.model.embed_vision(picture), embedder.model.embed_audio(sound))
        else:
            frames = torch.zeros(1, ticks, 3, height, width)
            mel = torch.zeros(1, 80, embedder.model.mel_columns)
            seen = embedder.model.embed_frames(frames)
            heard = embedder.model.embed_mel(mel, torch.zeros(1, dtype=torch.int64))
            _check(seen.flatten(0, 1), heard.flatten(0, 1))


def _check(seen: Tensor, heard: Tensor) -> None:
    if len(seen) != 1 or seen.shape != heard.shape:
        raise ValueError(
            f"of one window it makes {list(seen.shape)} numbers by sight "
            f"and {list(heard.shape)} by ear"
        )
    if not (seen.isfinite().all() and heard.isfinite().all()):
        raise ValueError("its weights are no numbers")
