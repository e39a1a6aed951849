"""How well the networks tell, on speakers they never saw, beside untrained ones.

    python scripts/evaluate_syncnet.py DATA CACHE --out RUN [--checkpoint X ...]
    python scripts/evaluate_syncnet.py DATA CACHE --timing

Natural ``val`` clips of 3 s and more, offsets over ±15 ticks, right within one tick:

\b
split halves    clips of 4 s and more; the second half's sound is moved by -10 to 10 ticks, and
                the two halves must differ by that
clips           the whole clip's offset: about its source's constant, and about 0
windows         single windows in speech whose 31 shifts all exist: about what the windows of
                the clip tell that do not overlap it, and about 0
can tell        how often the confidence suffices, and how often it is right then; also fitted
                on half of the speakers and tried on the others

Writes evaluation.json and evaluation.png into RUN and prints the table. Two runs write the same.
"""

from __future__ import annotations

import json
from pathlib import Path

import click
from evaluation.network import Contender, evaluate, seconds_for_10_s, untrained
from evaluation.plot import draw
from evaluation.tables import curve_table, groups_table, shares_table
from training.data import load_talkers

from syncfix.errors import SyncfixError
from syncfix.report import columns
from syncfix.syncnet.checkpoint import Network, load_network
from syncfix.syncnet.registry import Role, bundled_folder


def chosen(checkpoints: tuple[Path, ...], role: Role | None) -> dict[str, Network]:
    """The networks that are asked for, by the name they get in the table."""
    if checkpoints:
        networks = [load_network(path) for path in checkpoints]
        names = [network.name for network in networks]
        return {
            name if names.count(name) == 1 else f"{name} {network.sha256[:6]}": network
            for name, network in zip(names, networks, strict=True)
        }
    roles: tuple[Role, ...] = (role,) if role else ("chooser", "judge")
    # Not find_network: a user's own weights must not pass for the bundled ones.
    index = json.loads((bundled_folder() / "index.json").read_text(encoding="utf-8"))
    return {
        each: load_network(bundled_folder() / index[each]["file"], index[each]["sha256"])
        for each in roles
    }


@click.command(help=__doc__)
@click.argument("data", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.argument("cache", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--out", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--checkpoint",
    "checkpoints",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="instead of the bundled ones",
)
@click.option("--role", type=click.Choice(["chooser", "judge"]), help="one bundled network alone")
@click.option("--timing", is_flag=True, help="only measure how long 10 s of video take")
def main(
    data: Path,
    cache: Path,
    out: Path | None,
    checkpoints: tuple[Path, ...],
    role: Role | None,
    timing: bool,
) -> None:
    try:
        networks = chosen(checkpoints, role)
    except SyncfixError as error:
        raise click.UsageError(str(error)) from None
    for name, network in networks.items():
        if network.embedder.front_end.sees != "half":
            raise click.UsageError(
                f"{name} sees whole faces, and prepared clips hold lower halves alone: "
                "choose another checkpoint"
            )
    if timing:
        kinds = ("pictures", "sound", "both", "processor")
        rows = [["seconds for 10 s", *kinds]]
        for name, network in networks.items():
            spent = seconds_for_10_s(network)
            rows.append([name, *(f"{spent[kind]:.2f}" for kind in kinds)])
        click.echo(columns(rows))
        return
    if out is None:
        raise click.UsageError("say where the figures go: --out RUN")
    talkers = load_talkers(data, cache, "val", ("natural",))
    if not talkers:
        raise click.UsageError(f"{cache} holds no val clips: run prepare_talkers.py first")
    results = []
    for name, network in networks.items():
        results.append(evaluate(Contender(name, True, network), talkers))
        random = untrained(network)
        results.append(evaluate(Contender(f"{name}, untrained", False, random), talkers))
    out.mkdir(parents=True, exist_ok=True)
    (out / "evaluation.json").write_text(
        json.dumps(results, indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
    )
    draw(out / "evaluation.png", results)
    click.echo(shares_table(results))
    for result in results:
        if result["trained"]:
            click.echo("\n" + curve_table(result) + "\n\n" + groups_table(result))


if __name__ == "__main__":
    main()
