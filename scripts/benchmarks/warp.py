"""Warp against injected truth: whose mouth is nearest to the one that was there."""

from __future__ import annotations

import csv
import importlib.util
import json
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import click
import numpy as np
from numpy.typing import NDArray
from tqdm import tqdm

from benchmarks.val_clips import natural_clips, spread
from benchmarks.warp_case import Case, Row, load_case, original, reordered, warped
from benchmarks.warp_measures import Reader, Seen, against_truth
from benchmarks.warp_sheet import sheet_row, write_sheet
from benchmarks.warp_summary import differences, finite, means, table
from benchmarks.warp_timing import frame_milliseconds
from syncfix.clip.shots import inside_shots
from syncfix.demo.truth import residual_ticks, true_plan
from syncfix.errors import SyncfixError
from syncfix.models import Models
from syncfix.retime import RetimeOptions, choose_plan
from syncfix.syncnet.checkpoint import Network
from syncfix.syncnet.mel import mel_spectrogram
from syncfix.syncnet.observation import OFFSETS_TICKS, Observation, observation
from syncfix.syncnet.scores import offset_distances, score
from syncfix.syncnet.speech import speech_ticks

_TIMED_CLIPS = 3
_LEAST_SECONDS = 3.0


@click.command()
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path), required=True)
@click.option("--clips", default=12, show_default=True, help="One of each source, then the next.")
@click.option("--seconds", default=3.0, show_default=True, help="Of each clip, from its begin.")
@click.option("--seed", default=0, show_default=True, help="Which errors are injected.")
@click.option("--plans", type=click.Choice(["all", "true", "found"]), default="all")
def warp(data: Path, out: Path, clips: int, seconds: float, seed: int, plans: str) -> None:
    """Mouths, flicker, heads and judges, recipes and retime side by side.

    Takes natural clips of speakers never trained on, breaks their timing by local errors within
    ±3 ticks, and mends it with the true plan and with the one that is found; that one is told
    about the clip's own constant (the offset that the chooser tells of the clip without the
    error), as it is the original frame that is the truth. "steady" is the way round: the original
    clip, whose head is steady, is given the errors as a plan, and the clip that retime makes of it
    is the truth; what jumps there is the head. Everything is measured before encoding.
    """
    models = Models.load()
    if models.judge is None:
        raise click.ClickException("there is no judge; put its checkpoint back")
    identity = _identity_path()
    rows: list[dict[str, Any]] = []
    lines: list[NDArray[np.uint8]] = []
    times: dict[str, list[float]] = {}
    for path, source in tqdm(spread(natural_clips(data, _LEAST_SECONDS), clips), disable=None):
        try:
            case = load_case(path, source, seconds, seed, models.landmarks)
            reader = Reader(case, models.landmarks, identity)
        except (SyncfixError, ValueError) as error:
            click.echo(f"{path.name}: left out, {error}", err=True)
            continue
        done, line = _clip(case, reader, models, plans)
        rows += done
        if plans == "all":
            rows += _steady(case, models, identity)
        lines.append(line)
        if len(lines) <= _TIMED_CLIPS:
            for name, value in frame_milliseconds(case).items():
                times.setdefault(name, []).append(value)
        # After each clip: what is there when somebody's patience ends is whole.
        content = _written(out, rows, lines, times, {"seconds": seconds, "seed": seed})
    if not rows:
        raise click.ClickException(f"{data}: no natural val clip of 3 s or more")
    click.echo(table(content))


def _written(
    out: Path,
    rows: list[dict[str, Any]],
    lines: list[NDArray[np.uint8]],
    times: dict[str, list[float]],
    options: dict[str, Any],
) -> dict[str, Any]:
    """Write CSV, contact sheet and JSON; returns what the JSON holds."""
    out.mkdir(parents=True, exist_ok=True)
    with open(out / "warp.csv", "w", newline="", encoding="utf-8") as file:
        writer = csv.DictWriter(file, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
    write_sheet(out / "warp.png", lines)
    content = {
        "clips": len(lines),
        **options,
        "rows": means(rows),
        "differences": differences(rows),
        "ms_for_1080x1920": {name: float(np.median(v)) for name, v in times.items()},
    }
    text = json.dumps(finite(content), indent=2, allow_nan=False, ensure_ascii=False)
    (out / "warp.json").write_text(text + "\n", encoding="utf-8")
    return content


def _clip(
    case: Case, reader: Reader, models: Models, plans: str
) -> tuple[list[dict[str, Any]], NDArray[np.uint8]]:
    """All rows of one clip, and its line of the contact sheet."""
    assert models.judge is not None
    mel = mel_spectrogram(case.samples)
    found = np.array([t.landmarks is not None for t in case.tracked])
    speech = speech_ticks(case.samples, case.ticks)
    counts = speech & found
    truth = reader.look(reordered(case, np.arange(case.ticks))())
    before = reader.look(reordered(case, case.shown)())
    wanted = {}
    if plans != "found":
        wanted["true"] = true_plan(case.injected)
    if plans != "true":
        own = _observed(models.chooser, truth, mel, speech, found, None).scores
        seen = _observed(models.chooser, before, mel, speech, found, case.motion)
        plan = choose_plan([seen], lambda: mel, speech, RetimeOptions(), force=True).plan
        constant = (own.offset_ticks or 0) if own.can_tell else 0
        wanted["found"] = inside_shots(plan.offset_ticks - constant, None)
    audio = models.judge.embedder.embed_audio(mel, case.ticks)
    rows: list[dict[str, Any]] = []

    def add(plan_name: str, name: str, seen: Seen, plan: NDArray[np.intp]) -> None:
        left = residual_ticks(case.injected, plan)
        rows.append(
            {
                "clip": case.name,
                "source": case.source,
                "ticks": case.ticks,
                "plan": plan_name,
                "row": name,
                "residual_ms": 40.0 * float(np.abs(left).mean()),
                **against_truth(seen, truth, before),
                **_judged(models.judge, seen, audio, counts),  # type: ignore[arg-type]
            }
        )

    add("-", "original", truth, -case.injected * 0)
    rows[-1]["residual_ms"] = 0.0
    add("-", "nothing", before, np.zeros_like(case.injected))
    line = None
    for plan_name, plan in wanted.items():
        order = case.shown[np.arange(case.ticks) + plan]
        warps: Mapping[str, Row] = {
            "seed": warped(case, plan, "seed"),
            "default": warped(case, plan, "default"),
        }
        for name, row in {"retime": reordered(case, order), **warps}.items():
            add(plan_name, name, reader.look(row()), plan)
        if line is None:
            line = sheet_row(case, plan, warps, _mouth_error(before, truth))
    assert line is not None
    return rows, line


def _steady(case: Case, models: Models, identity: Path) -> list[dict[str, Any]]:
    """A clip whose head is steady, given a plan that jumps: by retime, and by the warp."""
    steady = original(case, models.landmarks)
    reader = Reader(steady, models.landmarks, identity)
    before = reader.look(reordered(steady, np.arange(case.ticks))())
    retimed = reader.look(reordered(steady, case.shown)())
    mouths = reader.look(warped(steady, case.injected, "default")())
    told = {"clip": case.name, "source": case.source, "ticks": case.ticks, "plan": "steady"}
    judged = {"residual_ms": math.nan, "judge_lse_d": math.nan, "judge_lse_c": math.nan}
    return [
        {**told, "row": name, **judged, **against_truth(seen, retimed, before)}
        for name, seen in (("nothing", before), ("retime", retimed), ("default", mouths))
    ]


def _observed(
    network: Network,
    seen: Seen,
    mel: NDArray[np.float32],
    speech: NDArray[np.bool_],
    found: NDArray[np.bool_],
    motion: NDArray[np.float64] | None,
) -> Observation:
    """What the chooser makes of it; the judge is not asked, so that each clip has a plan."""
    front_end = network.embedder.front_end
    pictures = np.stack([front_end.picture(half) for half in seen.halves])
    audio = network.embedder.embed_audio(mel, len(speech))
    return observation(network, pictures, audio, speech, found, motion=motion)


def _judged(
    network: Network, seen: Seen, audio: NDArray[np.float32], counts: NDArray[np.bool_]
) -> dict[str, float]:
    embedder = network.embedder
    video = embedder.embed_video(np.stack([embedder.front_end.picture(h) for h in seen.halves]))
    distances = offset_distances(audio, video, OFFSETS_TICKS, embedder.window_ticks)
    scores, _ = score(distances, counts, network.calibration)
    return {
        "judge_lse_d": math.nan if scores.lse_d is None else scores.lse_d,
        "judge_lse_c": math.nan if scores.lse_c is None else scores.lse_c,
    }


def _mouth_error(before: Seen, truth: Seen) -> NDArray[np.float64]:
    mouths = before.mouths.astype(np.float64) - truth.mouths
    error: NDArray[np.float64] = np.abs(mouths).mean(axis=(1, 2, 3))
    return error


def _identity_path() -> Path:
    spec = importlib.util.find_spec("face_recognition_models")
    for folder in (spec.submodule_search_locations or []) if spec else []:
        path = Path(folder) / "models" / "dlib_face_recognition_resnet_model_v1.dat"
        if path.is_file():
            return path
    raise click.ClickException("no face recognition network: install face-recognition-models")
