"""The rule of --adaptive, drawn: what is said, how fast, and how far the path may go there."""

from __future__ import annotations

from pathlib import Path

import click
import numpy as np

from syncfix.clip.clock import TICK_SECONDS
from syncfix.observe import open_clip
from syncfix.retime import RetimeOptions, adaptive_reach
from syncfix.retime.adaptive import syllable_rate
from syncfix.syncnet.mel import COLUMNS_PER_SECOND, mel_spectrogram
from syncfix.syncnet.speech import speech_ticks


@click.command()
@click.argument("clip", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--window", "window_ticks", default=RetimeOptions.window_ticks, show_default=True)
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), required=True)
def reach(clip: Path, window_ticks: int, out: Path) -> None:
    """Draw the reach that --adaptive gives the path at each tick of CLIP, as a PNG."""
    opened = open_clip(clip)
    ticks = opened.clock.tick_count
    mel = mel_spectrogram(opened.samples)
    speech = speech_ticks(opened.samples, ticks)
    seconds = np.arange(ticks) * TICK_SECONDS
    bound = adaptive_reach(mel, speech, window_ticks)

    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    figure, axes = plt.subplots(3, 1, figsize=(11, 6), sharex=True, constrained_layout=True)
    end = mel.shape[1] / COLUMNS_PER_SECOND
    axes[0].imshow(mel, origin="lower", aspect="auto", extent=(0, end, 0, len(mel)))
    axes[0].set(ylabel="mel band")
    axes[1].plot(seconds, syllable_rate(mel, ticks))
    axes[1].fill_between(seconds, 0, 8 * speech, alpha=0.15, step="mid", label="speech")
    axes[1].set(ylabel="syllables a second", ylim=(0, 8))
    axes[1].legend(loc="upper right")
    axes[2].fill_between(seconds, -bound, bound, alpha=0.3, step="mid", label="--adaptive")
    for side in (-window_ticks, window_ticks):
        axes[2].axhline(side, color="gray", linestyle=":")
    axes[2].set(ylabel="reach, ticks", xlabel="seconds", xlim=(0, end))
    axes[2].legend(loc="upper right")
    figure.savefig(out, dpi=90)
    click.echo(
        f"{out}: reach of {bound.min()} to {bound.max()} ticks, {bound.mean():.2f} on average"
    )
