"""Train a sync network from a configuration.

    python scripts/train_syncnet.py scripts/configs/chooser.json DATA CACHE --out RUN

CACHE is what prepare_talkers.py made of DATA. RUN receives ``last.pt`` (resumed from when the
command is given again), ``log.csv``, ``log.png`` and, at the end of the schedule, the network
as ``network.safetensors`` (weights averaged over the last steps, without calibration).
"""

from __future__ import annotations

import csv
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import click
import numpy as np
import torch
from tqdm import tqdm
from training.augment import PictureCrop, crop_frames, vary_mel
from training.data import GroupSampler, Place, load_talkers
from training.losses import group_nce
from training.teach import Lessons, distill
from training.validate import validate

from syncfix.syncnet.checkpoint import load_network, write_checkpoint
from syncfix.syncnet.frontend import FrontEnd
from syncfix.syncnet.network import FramewiseEmbedder, StackedEmbedder, build_embedder

EMA_DECAY = 0.998


class Trainer:
    """One training run: data, network, optimiser and their state on disk."""

    def __init__(
        self, config: dict[str, Any], data: Path, cache: Path, run: Path, teacher: Path | None
    ) -> None:
        self.config, self.run_folder, self.data = config, run, data
        self.recipe = config["train"]
        seed = int(self.recipe["seed"])
        torch.manual_seed(seed)
        self.rng = np.random.default_rng(seed)
        self.device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
        self.autocast = self.device.type == "cuda" or bool(self.recipe.get("bfloat16"))
        front_end = FrontEnd.of(config["front_end"])
        self.embedder = build_embedder(config["kind"], config["network"], front_end)
        self.average = build_embedder(config["kind"], config["network"], front_end)
        self.average.model.load_state_dict(self.embedder.model.state_dict())
        self.model = self.embedder.model.to(self.device)
        self.log_scale = torch.nn.Parameter(torch.tensor(np.log(1 / 0.1), device=self.device))
        decayed = [p for p in self.model.parameters() if p.ndim > 1]
        plain = [p for p in self.model.parameters() if p.ndim <= 1]
        self.optimiser = torch.optim.AdamW(
            [
                {"params": decayed, "weight_decay": float(self.recipe["weight_decay"])},
                {"params": [*plain, self.log_scale], "weight_decay": 0.0},
            ],
            lr=float(self.recipe["learning_rate"]),
        )
        top, left, height, width = front_end.crop_px
        self.crop = PictureCrop(top, left, height, width, *front_end.picture_px)
        talkers = load_talkers(data, cache, "train", tuple(self.recipe["kinds"]))
        left_out = set(self.recipe.get("leave_out_speakers", []))
        talkers = [t for t in talkers if t.speaker not in left_out]
        self.sampler = GroupSampler(
            talkers, self.embedder.window_ticks, float(self.recipe["balance"][0]), self.rng
        )
        self.lessons = None
        if teacher is not None:
            self.lessons = Lessons.of(load_network(teacher).embedder, talkers)
        self.val = load_talkers(data, cache, "val", ("natural",))
        self.step, self.windows, self.seconds = 0, 0, 0.0

    # -- one step ------------------------------------------------------------------------------

    def batch_loss(self) -> tuple[torch.Tensor, torch.Tensor, int]:
        if isinstance(self.embedder, StackedEmbedder):
            return self._stacked_loss(self.embedder)
        return self._framewise_loss(self.embedder)

    def _stacked_loss(self, embedder: StackedEmbedder) -> tuple[torch.Tensor, torch.Tensor, int]:
        groups, count = int(self.recipe["groups"]), int(self.recipe["group_windows"])
        places: list[Place] = []
        for _ in range(groups):
            places += self.sampler.windows(count, int(self.recipe["apart_ticks"]))
        # Speech is the easier half to learn: with a teacher, every second group is heard.
        heard = count * (groups if self.lessons is None else max(1, groups // 2))
        pictures = []
        for place in places:
            end = place.first_tick + embedder.window_ticks
            frames = np.asarray(place.talker.mouths[place.first_tick : end])
            pictures.append(crop_frames(frames, self.crop, self.rng))
        mels = [
            vary_mel(place.talker.mel_window(place.first_tick, 52), self.rng)
            for place in places[:heard]
        ]
        stacked = torch.from_numpy(np.stack(pictures)).flatten(1, 2).to(self.device)
        bands = torch.from_numpy(embedder.front_end.bands(np.stack(mels))[:, None])
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            vision = embedder.model.embed_vision(stacked).float()
            audio = embedder.model.embed_audio(bands.to(self.device)).float()
        loss, right = group_nce(
            vision[:heard].unflatten(0, (-1, count)),
            audio.unflatten(0, (-1, count)),
            self.log_scale,
        )
        if self.lessons is not None:
            right_vision, right_audio, near_vision, near_audio = (
                lesson.to(self.device) for lesson in self.lessons.batch(places, self.rng)
            )
            scale = float(self.recipe["teacher_scale"])
            taught = distill(vision, right_vision, near_audio, scale)
            taught = taught + distill(audio, right_audio[:heard], near_vision[:heard], scale)
            loss = taught + float(self.recipe["own_weight"]) * loss
        return loss, right, len(places)

    def _framewise_loss(
        self, embedder: FramewiseEmbedder
    ) -> tuple[torch.Tensor, torch.Tensor, int]:
        # Steps of short pieces, which every clip has, and of long ones take turns.
        length, count = self.recipe["pieces"][self.step % len(self.recipe["pieces"])]
        groups, window = int(self.recipe["groups"]), embedder.window_ticks
        each = length - window + 1
        columns = int(3.2 * (each - 1)) + embedder.model.mel_columns
        pictures, mels, use = [], [], []
        for _ in range(groups):
            for place in self.sampler.pieces(count, length):
                end = place.first_tick + length
                frames = np.asarray(place.talker.mouths[place.first_tick : end])
                pictures.append(crop_frames(frames, self.crop, self.rng))
                mels.append(vary_mel(place.talker.mel_window(place.first_tick, columns), self.rng))
                good = np.zeros(place.talker.ticks, dtype=bool)
                good[place.talker.first_ticks(window)] = True
                use.append(good[place.first_tick : place.first_tick + each])
        firsts = torch.arange(each, device=self.device)
        with torch.autocast(self.device.type, torch.bfloat16, enabled=self.autocast):
            vision = embedder.model.embed_frames(
                torch.from_numpy(np.stack(pictures)).to(self.device)
            )
            audio = embedder.model.embed_mel(
                torch.from_numpy(np.stack(mels)).to(self.device), firsts
            )
        shape = (groups, count * each, -1)
        place_of = torch.arange(count * each, device=self.device)
        gap = (place_of[:, None] - place_of).abs()
        same_piece = (place_of[:, None] // each) == (place_of // each)
        near = same_piece & (gap > 0) & (gap < int(self.recipe["apart_ticks"]))
        asked = torch.from_numpy(np.stack(use).reshape(groups, -1)).to(self.device)
        loss, right = group_nce(
            vision.float().reshape(shape), audio.float().reshape(shape), self.log_scale, near, asked
        )
        return loss, right, groups * count * each

    def train_step(self) -> tuple[float, float]:
        share = self.windows / float(self.recipe["windows"])
        warm = min(1.0, (self.step + 1) / 300)
        cosine = 0.5 * (1 + math.cos(math.pi * min(1.0, share)))
        for group in self.optimiser.param_groups:
            group["lr"] = float(self.recipe["learning_rate"]) * warm * (0.03 + 0.97 * cosine)
        # Easy material first (one studio speaker, many minutes), then speaker by speaker.
        first, last = (float(v) for v in self.recipe["balance"])
        self.sampler.set_balance(first + (last - first) * min(1.0, 2.0 * share))
        began = time.monotonic()
        self.model.train()
        loss, right, count = self.batch_loss()
        self.optimiser.zero_grad(set_to_none=True)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimiser.step()
        with torch.no_grad():
            self.log_scale.clamp_(max=float(np.log(60.0)))
            decay = min(EMA_DECAY, (1 + self.step) / (10 + self.step))
            for mean, now in zip(
                self.average.model.state_dict().values(),
                self.model.state_dict().values(),
                strict=True,
            ):
                if mean.is_floating_point():
                    mean.lerp_(now.to(mean.device), 1 - decay)
                else:
                    mean.copy_(now)
        self.step, self.windows = self.step + 1, self.windows + count
        self.seconds += time.monotonic() - began
        return float(loss.detach()), float(right.detach())

    # -- the state on disk ---------------------------------------------------------------------

    def save(self) -> None:
        part = self.run_folder / "last.pt.part"
        torch.save(
            {
                "model": self.model.state_dict(),
                "average": self.average.model.state_dict(),
                "log_scale": self.log_scale.detach(),
                "optimiser": self.optimiser.state_dict(),
                "counts": [int(self.step), int(self.windows), float(self.seconds)],
            },
            part,
        )
        os.replace(part, self.run_folder / "last.pt")
        write_checkpoint(
            self.run_folder / "network.safetensors",
            name=self.config["name"],
            kind=self.config["kind"],
            config=self.config["network"],
            front_end=self.embedder.front_end,
            tensors=self.average.model.state_dict(),
            notes={"windows": self.windows, "recipe": self.recipe},
        )

    def resume(self) -> None:
        path = self.run_folder / "last.pt"
        if not path.exists():
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.average.model.load_state_dict(state["average"])
        self.optimiser.load_state_dict(state["optimiser"])
        with torch.no_grad():
            self.log_scale.copy_(state["log_scale"])
        self.step, self.windows, self.seconds = state["counts"]
        self.rng.bit_generator.state = np.random.default_rng(
            [int(self.recipe["seed"]), self.step]
        ).bit_generator.state


def plot_log(log: Path) -> None:
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    with open(log, newline="", encoding="utf-8") as file:
        rows = [{k: float(v) for k, v in row.items()} for row in csv.DictReader(file)]
    figure, (left, right) = plt.subplots(1, 2, figsize=(11, 4))
    x = [row["windows"] / 1000 for row in rows]
    left.plot(x, [row["loss"] for row in rows])
    left.set(xlabel="thousand windows", ylabel="loss (InfoNCE)")
    for key in ("val_windows", "val_windows_trusted", "val_clips", "val_clips_trusted"):
        right.plot(x, [row[key] for row in rows], label=key)
    right.axhline(3 / 31, color="gray", linestyle=":")
    right.set(xlabel="thousand windows", ylabel="within ±1 tick of ±15", ylim=(0, 1))
    right.legend()
    figure.tight_layout()
    figure.savefig(log.with_suffix(".png"), dpi=90)
    plt.close(figure)


@click.command(help=__doc__)
@click.argument("config_path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("cache", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option(
    "--teacher",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Checkpoint whose embeddings are learned (stacked networks).",
)
@click.option("--threads", default=0, help="CPU threads; 0: all.")
@click.option("--windows", type=int, help="Length of the schedule, instead of the configured.")
def main(
    config_path: Path,
    data: Path,
    cache: Path,
    out: Path,
    teacher: Path | None,
    threads: int,
    windows: int | None,
) -> None:
    config = json.loads(config_path.read_text(encoding="utf-8"))
    if windows:
        config["train"]["windows"] = windows
    if threads:
        torch.set_num_threads(threads)
    out.mkdir(parents=True, exist_ok=True)
    trainer = Trainer(config, data, cache, out, teacher)
    trainer.resume()
    recipe = trainer.recipe
    log = out / "log.csv"
    fields = ["step", "windows", "seconds", "loss", "right", "scale", "val_windows",
              "val_windows_trusted", "val_clips", "val_clips_trusted"]  # fmt: skip
    if not log.exists():
        log.write_text(",".join(fields) + "\n", encoding="utf-8")
    recent: list[tuple[float, float]] = []
    total = int(recipe["windows"])
    bar = tqdm(total=total, initial=trainer.windows, unit="win", mininterval=10)
    next_check = trainer.windows + int(recipe["validate_every"])
    while trainer.windows < total:
        before = trainer.windows
        recent.append(trainer.train_step())
        bar.update(trainer.windows - before)
        if trainer.step % 20 == 0:
            mean = np.mean(recent[-100:], axis=0)
            bar.set_postfix(loss=f"{mean[0]:.3f}", right=f"{mean[1]:.2f}")
        if trainer.windows >= next_check or trainer.windows >= total:
            next_check = trainer.windows + int(recipe["validate_every"])
            result = validate(trainer.average, trainer.val)
            mean = np.mean(recent, axis=0).tolist()
            recent.clear()
            row = [trainer.step, trainer.windows, round(trainer.seconds), f"{mean[0]:.4f}",
                   f"{mean[1]:.4f}", f"{float(trainer.log_scale.detach().exp()):.2f}",
                   f"{result.windows:.4f}", f"{result.windows_trusted:.4f}",
                   f"{result.clips:.4f}", f"{result.clips_trusted:.4f}"]  # fmt: skip
            with open(log, "a", newline="", encoding="utf-8") as file:
                csv.writer(file).writerow(row)
            tqdm.write(", ".join(f"{k} {v}" for k, v in zip(fields, row, strict=True)))
            trainer.save()
            plot_log(log)


if __name__ == "__main__":
    main()
