"""How long the exact path takes: an hour of clip, seven offsets, costs given."""

from __future__ import annotations

import time

import click
import numpy as np

from syncfix.retime import PathCosts, best_path, path_cost


@click.command()
@click.option("--ticks", default=90_000, show_default=True, help="25 a second.")
@click.option("--reach", default=3, show_default=True, help="Offsets from -reach to reach.")
@click.option("--seed", default=0, show_default=True)
def path(ticks: int, reach: int, seed: int) -> None:
    """Processor seconds of the cheapest path, the least of five runs, on one core.

    Beside it, so that machines can be compared: the time of 10 million multiply-adds in NumPy.
    """
    rng = np.random.default_rng(seed)
    about = np.arange(-reach, reach + 1)
    leave = about[None, :] - about[:, None]
    price = np.where((leave >= -1) & (leave <= 2), 0.8 * np.abs(leave), np.inf)
    states = len(about)
    costs = PathCosts(
        np.broadcast_to(about, (ticks, states)),
        rng.random((ticks, states)),
        price + 0.5 * rng.random((ticks, states, states)),
    )
    found = best_path(costs)
    times, scale = [], []
    numbers = rng.random(10_000_000)
    for _ in range(5):
        began = time.process_time()
        best_path(costs)
        times.append(time.process_time() - began)
        began = time.process_time()
        numbers * 0.5 + 1.0
        scale.append(time.process_time() - began)
    click.echo(f"{ticks} ticks x {states} offsets: {min(times):.2f} s (least of 5)")
    click.echo(f"10 million multiply-adds: {1000 * min(scale):.0f} ms")
    click.echo(f"the path costs {path_cost(costs, found):.3f}")
