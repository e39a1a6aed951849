"""What each offset costs at each tick, and what it costs to change it."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from syncfix.clip.shots import shot_limits
from syncfix.retime.slips import Slips
from syncfix.syncnet.vectors import Vectors

__all__ = ["PathCosts", "path_costs"]

# The pictures of all offsets are looked at for so many ticks at once, or memory would grow with
# ticks times offsets times dimensions.
_PIECE_TICKS = 512


@dataclass(frozen=True)
class PathCosts:
    """The problem that a path solves.

    Attributes:
        offsets_ticks: ``[ticks, m]``, the offsets that the m states stand for at each tick.
        unary: ``[ticks, m]``, distance of speech and mouth; 0 where nobody speaks, infinite
            where a state is out of reach.
        change: ``[ticks, m, m]``, cost at tick i of going from state j (at i - 1) to state k;
            infinite where time would run backwards or more than ``max_skip`` ticks be skipped;
            all zero at a cut, because each shot has a path of its own.
        cuts: ``[shots - 1]``, first ticks of the shots other than the first.
    """

    offsets_ticks: NDArray[np.intp]
    unary: NDArray[np.float64]
    change: NDArray[np.float64]
    cuts: NDArray[np.intp] = field(default_factory=lambda: np.zeros(0, dtype=np.intp))


def path_costs(
    audio: Vectors,
    video: Vectors,
    counts: NDArray[np.bool_],
    *,
    window_ticks: int,
    centre_ticks: NDArray[np.intp],
    reach_ticks: int | NDArray[np.intp],
    temporal_penalty: float,
    change_penalty: float,
    max_skip: int,
    cuts: NDArray[np.intp] | None = None,
    slips: Slips | None = None,
) -> PathCosts:
    """Costs of all offsets about a centre that may drift.

    The cost of a path d = centre + k is ``sum u[i, d_i] + lambda |V(i + d_i) - V(i + d_{i-1})|
    + mu |k_i - k_{i-1}|``, with ``-1 <= d_i - d_{i-1} <= max_skip``: the second term is how far
    the picture is from the one that simply going on would show. Following the centre costs
    neither.

    Args:
        audio, video: unit vectors ``[windows, dimension]``.
        counts: ``[ticks]``, where the distance counts: speech, and a face is seen.
        window_ticks: frames in a window.
        centre_ticks: ``[ticks]``, the clip's global alignment.
        reach_ticks: how far k may leave 0, either way; one number, or one for each tick.
        temporal_penalty: lambda.
        change_penalty: mu, for each tick of change.
        max_skip: most ticks that may be skipped at once.
        cuts: ``[shots - 1]``, first ticks of the shots other than the first, increasing.
        slips: traces at which a change of offset costs less, both by lambda and by mu.
    """
    ticks = len(counts)
    place = np.arange(ticks)
    reach = np.broadcast_to(np.asarray(reach_ticks), (ticks,))
    widest = int(reach.max())
    about = np.arange(-widest, widest + 1)
    first, last = shot_limits(cuts, ticks)
    # An offset that would show a tick outside the shot shows its first or last one instead, and
    # costs what that one costs.
    wanted = place[:, None] + centre_ticks[:, None] + about
    shown = np.clip(wanted, first[:, None], last[:, None])
    unary = _distances(audio, video, shown - place[:, None], window_ticks)
    unary = np.where(counts[:, None], unary, 0.0)
    unary = np.where(np.abs(about) <= reach[:, None], unary, np.inf)

    leave = about[None, :] - about[:, None]  # [from, to]
    price = change_penalty * np.abs(leave)
    drift = np.diff(centre_ticks, prepend=centre_ticks[:1])
    change = np.empty((ticks, *leave.shape))
    for value in np.unique(drift):
        step = leave + value
        change[drift == value] = np.where((step >= -1) & (step <= max_skip), price, np.inf)
    if temporal_penalty > 0:
        start = np.clip(shown - window_ticks // 2, 0, len(video) - 1)
        on = np.clip(shown - drift[:, None] - window_ticks // 2, 0, len(video) - 1)
        diagonal = np.arange(len(about))
        for begin in range(0, ticks, _PIECE_TICKS):
            piece = slice(begin, begin + _PIECE_TICKS)
            going_on, shown_now = video[on[piece]], video[start[piece]]  # [piece, m, dimension]
            cosine = np.einsum("ijd,ikd->ijk", going_on, shown_now, dtype=np.float64)
            jump = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosine))
            jump[:, diagonal, diagonal] = 0.0
            change[piece] += temporal_penalty * jump
    if slips is not None:
        for begin in range(0, ticks, _PIECE_TICKS):
            piece = slice(begin, begin + _PIECE_TICKS)
            forward = 1 + leave + drift[piece, None, None]  # how far the picture shown goes on
            change[piece] *= _price(slips, shown[np.maximum(place[piece] - 1, 0)], forward)
    own = np.zeros(0, dtype=np.intp) if cuts is None else np.asarray(cuts, dtype=np.intp)
    change[own] = 0.0
    return PathCosts(centre_ticks[:, None] + about, unary, change, own)


def _price(
    slips: Slips, shown_before: NDArray[np.intp], forward: NDArray[np.intp]
) -> NDArray[np.float64]:
    """What is left of the price of each step.

    Args:
        slips: the traces.
        shown_before: ``[n, m]``, the tick that each state shows one tick before.
        forward: ``[n, m, m]``, how far on the picture lies that is shown next: 0 repeats, 1 goes
            on, s leaves s - 1 of the s borders' pictures out.

    Returns:
        ``[n, m, m]`` in (0, 1].
    """
    last = len(slips.skipping) - 1
    held = np.minimum(slips.holding[shown_before], slips.holding[shown_before + 1])
    price = np.where(forward == 0, held[:, :, None], 1.0)
    for step in range(2, int(forward.max(initial=0)) + 1):
        ahead = np.minimum(shown_before[..., None] + np.arange(1, step + 1), last)
        # Of the borders that are crossed one is the next picture's own; the cheapest are left out.
        passed = np.sort(slips.skipping[ahead], axis=-1)[..., :-1].mean(axis=-1)
        price = np.where(forward == step, passed[:, :, None], price)
    return price


def _distances(
    audio: Vectors,
    video: Vectors,
    offsets: NDArray[np.intp],
    window_ticks: int,
) -> NDArray[np.float64]:
    """``|A(s) - V(s + d)|`` for offsets d ``[ticks, m]``; near the ends the pair is clamped, as
    in :func:`syncfix.syncnet.scores.offset_distances`."""
    windows = len(audio)
    middle = np.arange(len(offsets)) - window_ticks // 2
    out = np.empty(offsets.shape)
    for begin in range(0, len(offsets), _PIECE_TICKS):
        part = slice(begin, begin + _PIECE_TICKS)
        for column in range(offsets.shape[1]):
            offset = offsets[part, column]
            low, high = np.maximum(0, -offset), np.minimum(windows - 1, windows - 1 - offset)
            heard = np.clip(np.minimum(np.maximum(middle[part], low), high), 0, windows - 1)
            seen = np.clip(heard + offset, 0, windows - 1)
            cosine = np.einsum("nd,nd->n", audio[heard], video[seen], dtype=np.float64)
            distance = np.sqrt(np.maximum(0.0, 2.0 - 2.0 * cosine))
            # Unit vectors are never farther apart than 2.
            out[part, column] = np.where(high < low, 2.0, distance)
    return out
