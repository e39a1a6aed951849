"""The command line: it parses, calls one function, and prints."""

from __future__ import annotations

import functools
import json
import logging
import os
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from syncfix.errors import SyncfixError

if TYPE_CHECKING:
    from syncfix.models import Models
    from syncfix.results import Rewrite

__all__ = ["main"]

F = TypeVar("F", bound=Callable[..., Any])
_FILE = click.Path(path_type=Path)


def _told(function: F) -> F:
    """One clear line and exit code 2 for what a user can mend; no traceback."""

    @functools.wraps(function)
    def run(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except SyncfixError as error:
            click.echo(f"syncfix: {' '.join(str(error).split())}", err=True)
            sys.exit(2)
        except BrokenPipeError:
            # The reader of our output is gone (`| head`); nothing is left to say.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)

    return run  # type: ignore[return-value]


def _options(*options: Callable[[F], F]) -> Callable[[F], F]:
    def add(function: F) -> F:
        for option in reversed(options):
            function = option(function)
        return function

    return add


_listen = _options(
    click.option("--audio", type=_FILE, help="The speech, instead of the clip's own sound."),
    click.option("--audio-track", "track", default=0, show_default=True, help="Which audio track."),
    click.option("--checkpoint", type=_FILE, help="Network to measure and choose with."),
    click.option("--judge", type=_FILE, help="Network that only looks at results."),
    click.option("--landmarks", type=_FILE, help="68-point landmark model (dlib)."),
    click.option("--json", "json_path", type=_FILE, help="Write the result as JSON; - prints it."),
)
_rewrite = _options(
    click.argument("clip", type=_FILE),
    click.option("-o", "--output", type=_FILE, required=True, help="The file to write."),
    _listen,
    click.option(
        "--window",
        "window_ticks",
        type=click.IntRange(0, 15),
        default=3,
        show_default=True,
        help="How far frames may move about the clip's offset, in ticks of 40 ms.",
    ),
    click.option(
        "--temporal-penalty",
        type=click.FloatRange(0),
        default=0.5,
        show_default=True,
        help="Weight of a jump between pictures.",
    ),
    click.option(
        "--change-penalty",
        type=click.FloatRange(0),
        default=0.8,
        show_default=True,
        help="Cost of a tick's change of offset.",
    ),
    click.option(
        "--max-skip",
        type=click.IntRange(0, 15),
        default=2,
        show_default=True,
        help="Most ticks that may be skipped at once.",
    ),
    click.option(
        "--strategy",
        type=click.Choice(["viterbi", "greedy"]),
        default="viterbi",
        show_default=True,
        help="The cheapest path, or each tick by itself (the baseline).",
    ),
    click.option("--force", is_flag=True, help="Keep the rewrite whatever the scores say."),
    click.option("--overwrite", is_flag=True, help="Replace an output that exists."),
    click.option(
        "--crf", type=click.IntRange(0, 51), help="Quality of the video; smaller is better."
    ),
    click.option(
        "--side-by-side", type=_FILE, help="Also write a video of before and after, with curves."
    ),
)


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="syncfix")
@click.option("-v", "--verbose", is_flag=True, help="Say more.")
def main(verbose: bool) -> None:
    """Measure how well mouth and speech match in a clip, and mend what does not."""
    logging.basicConfig(
        level=logging.INFO if verbose else logging.WARNING, format="syncfix: %(message)s"
    )


@main.command("measure")
@click.argument("clip", type=_FILE)
@_listen
@_told
def measure_command(
    clip: Path, audio: Path | None, track: int, json_path: Path | None, **named: Any
) -> None:
    """Measure how well mouth and speech match in CLIP."""
    from syncfix.pipeline import measure
    from syncfix.report import measurement_table

    result = measure(clip, audio=audio, track=track, models=_models(**named))
    _print(measurement_table(result), result.to_dict(), json_path)


@main.command("retime")
@_rewrite
@_told
def retime_command(clip: Path, output: Path, json_path: Path | None, **named: Any) -> None:
    """Show the frames of CLIP at the times at which they fit the speech best."""
    from syncfix.pipeline import retime
    from syncfix.report import rewrite_table

    show = _shower(clip, output, named)
    result = retime(clip, output, **_arguments(named))
    show(result)
    _print(rewrite_table(result), result.to_dict(), json_path)


@main.command("warp")
@_rewrite
@click.option(
    "--recipe",
    type=click.Choice(["default", "seed"]),
    default="default",
    show_default=True,
    help="How the mouth is put in; seed is the proof of concept's way.",
)
@_told
def warp_command(clip: Path, output: Path, json_path: Path | None, **named: Any) -> None:
    """Keep the frames of CLIP, and give each the mouth that fits the speech."""
    from syncfix.pipeline import warp
    from syncfix.report import rewrite_table

    recipe = named.pop("recipe")
    show = _shower(clip, output, named)
    result = warp(clip, output, recipe=recipe, **_arguments(named))
    show(result)
    _print(rewrite_table(result), result.to_dict(), json_path)


@main.command("checkpoints")
@click.option("--checkpoint", type=_FILE, help="As for the other commands.")
@click.option("--judge", type=_FILE, help="As for the other commands.")
@click.option("--json", "json_path", type=_FILE, help="Write the list as JSON; - prints it.")
@_told
def checkpoints_command(
    checkpoint: Path | None, judge: Path | None, json_path: Path | None
) -> None:
    """List where checkpoints are looked for, what is there, its hash and its card."""
    from syncfix.report import checkpoint_entries, checkpoint_table

    entries = checkpoint_entries(checkpoint, judge)
    _print(checkpoint_table(entries), {"checkpoints": entries}, json_path)


@main.command("demo")
@click.argument("folder", type=_FILE)
@click.option("--seed", default=0, show_default=True, help="Which known path breaks the timing.")
@_told
def demo_command(folder: Path, seed: int) -> None:
    """Render a talking face into FOLDER, break its timing, mend it, and print how well."""
    from syncfix.demo.run import run_demo

    click.echo(run_demo(folder, seed=seed, say=click.echo))


def _models(checkpoint: Path | None, judge: Path | None, landmarks: Path | None) -> Models:
    from syncfix.models import Models

    return Models.load(checkpoint, judge, landmarks)


def _arguments(named: dict[str, Any]) -> dict[str, Any]:
    """The options of a rewrite as its function takes them."""
    from syncfix.retime import RetimeOptions

    models = {key: named.pop(key) for key in ("checkpoint", "judge", "landmarks")}
    search = ("window_ticks", "temporal_penalty", "change_penalty", "max_skip", "strategy")
    options = RetimeOptions(**{key: named.pop(key) for key in search})
    return {**named, "options": options, "models": _models(**models)}


def _shower(clip: Path, output: Path, named: dict[str, Any]) -> Callable[[Rewrite], None]:
    """What --side-by-side asks for, taken out of the options; the path is checked at once."""
    from syncfix.report.side_by_side import check_side_by_side, write_side_by_side

    path, overwrite = named.pop("side_by_side"), named["overwrite"]
    if path is None:
        return lambda result: None
    check_side_by_side(path, clip, output, overwrite)

    def show(result: Rewrite) -> None:
        write_side_by_side(result, path, overwrite=overwrite)

    return show


def _print(table: str, content: dict[str, Any], json_path: Path | None) -> None:
    if json_path is None:
        click.echo(table)
        return
    text = json.dumps(content, indent=2, allow_nan=False)
    if str(json_path) == "-":
        click.echo(text)
        return
    try:
        json_path.write_text(text + "\n", encoding="utf-8")
    except OSError as error:
        raise SyncfixError(f"{json_path}: can't be written ({error.strerror})") from error
    click.echo(table)
