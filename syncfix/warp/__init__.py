"""The right mouth on a steady head: frame k keeps its picture and gets the mouth of another."""

from syncfix.warp.composing import compose
from syncfix.warp.result import Box, Composed, Recipe, Skipped
from syncfix.warp.stream import Status, WarpedFrame, warp_frames

__all__ = [
    "Box",
    "Composed",
    "Recipe",
    "Skipped",
    "Status",
    "WarpedFrame",
    "compose",
    "warp_frames",
]
