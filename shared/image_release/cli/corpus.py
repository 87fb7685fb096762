"""`image-release corpus`: measure grouping on a labelled corpus."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import click

from image_release.cli.common import FILE, FOLDER, emit, end, tell_problems
from image_release.cli.corpus_label import label
from image_release.corpus import (
    CorpusUnreadableError,
    Evaluation,
    RecipeError,
    evaluate,
    make,
    read_originals,
    read_recipe,
)
from image_release.problems import printable
from image_release.settings import SettingsError, load_settings

GATE = {"purity": (0.997, 1), "completeness": (0.99, 1), "duplicates": (0.006, -1), "lost": (0.0025, -1)}
"""The worst value of each measure that passes, and which way is better."""
FEW_PAIRS = 30
"""An attack with fewer pairs says little; it is shown, and judged by nobody."""


@click.group()
def corpus() -> None:
    """Measure grouping on a labelled corpus.

    Example: image-release corpus evaluate my-corpus
    """


corpus.add_command(label)


@corpus.command("evaluate")
@click.argument("directory", metavar="DIR", type=FOLDER)
@click.option("--groups-out", type=click.Path(dir_okay=False, path_type=Path), help="Write every image's group as CSV.")
@click.option("--gate", is_flag=True, help="End with status 1 where a measure is worse than the shipped gate.")
@click.option("--workers", type=click.IntRange(1, 256), default=2, show_default=True, help="Processes.")
@click.option("--settings", "settings_file", type=FILE, help="Settings that differ from the shipped ones, YAML.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there.")
def evaluate_command(
    directory: Path, groups_out: Path | None, gate: bool, workers: int, settings_file: Path | None, as_json: bool
) -> None:
    """Group a labelled corpus as the product would, and measure the result.

    DIR holds labels.csv (image,hotel_id,label[,attacks[,best]]) and images/. Exit status 1 if rows are bad.

    Example: image-release corpus evaluate my-corpus --groups-out groups.csv
    """
    try:
        result = evaluate(directory, load_settings(settings_file), workers, _progress(quiet=as_json))
    except (SettingsError, CorpusUnreadableError) as error:
        raise click.UsageError(str(error)) from error
    if groups_out is not None:
        _write_groups(groups_out, result)
    missed = _missed(result)
    if as_json:
        click.echo(json.dumps(_document(result, missed)))
    else:
        _tell(result)
        for line in missed if gate else ():
            click.echo(f"gate: {line}")
    tell_problems(result.problems)
    sys.exit(1 if result.problems or (gate and missed) else 0)


@corpus.command("make")
@click.argument("source", type=FOLDER)
@click.argument("directory", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--recipe",
    default="ordinary",
    show_default=True,
    metavar="ordinary|hard|balanced|FILE.yaml",
    help="What is done to the copies, how strongly and how often.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same files.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there.")
def make_command(source: Path, directory: Path, recipe: str, seed: int, as_json: bool) -> None:
    """Make a labelled corpus of partner-like copies.

    SOURCE holds photographs that all differ: <hotel>/<photo>, a labelled corpus (its best copies), or a workspace (what
    it published). OUT must not hold a corpus already.

    Example: image-release corpus make photos my-corpus --recipe hard
    """
    if (directory / "labels.csv").exists():
        raise click.UsageError(f"{directory}: holds a corpus already")
    try:
        wanted, originals = read_recipe(recipe), read_originals(source)
    except (RecipeError, CorpusUnreadableError) as error:
        raise click.UsageError(str(error)) from error
    if not originals:
        raise click.UsageError(f"{source}: no photographs; expected <hotel>/<photo>, labels.csv or published/hotels")
    directory.mkdir(parents=True, exist_ok=True)
    images, problems = make(originals, directory, wanted, seed, _progress(quiet=as_json))
    if as_json:
        emit({"originals": len(originals) - len(problems), "images": images})
    else:
        click.echo(f"{images} images of {len(originals) - len(problems)} photographs in {directory}")
    tell_problems(problems)
    end(failed=bool(problems))


def _progress(*, quiet: bool) -> Callable[[str, int], None]:
    done = 0

    def tell(hotel: str, images: int) -> None:
        nonlocal done
        done += images
        if not quiet and sys.stderr.isatty():
            click.echo(f"\r{done} images, {printable(hotel, 30):30}", err=True, nl=False)

    return tell


def _missed(result: Evaluation) -> list[str]:
    """Measures that are worse than the gate."""
    values = asdict(result.measures)
    return [
        f"{name} {values[name]:.4f} is worse than {worst}"
        for name, (worst, way) in GATE.items()
        if (values[name] - worst) * way < 0
    ]


def _document(result: Evaluation, missed: list[str]) -> dict[str, object]:
    values = asdict(result.measures)
    attacks = {name: {"found": found, "pairs": pairs} for name, (found, pairs) in result.measures.attacks.items()}
    return {**values, "attacks": attacks, "cost": _milliseconds(result), "gate_missed": missed}


def _milliseconds(result: Evaluation) -> dict[str, float]:
    """CPU milliseconds an image, by stage."""
    cost, images = result.cost, max(result.cost.images, 1)
    stages = {"decode": cost.decode_s, "print": cost.print_s, "group": cost.group_s}
    return {name: round(1000 * seconds / images, 2) for name, seconds in stages.items()}


def _tell(result: Evaluation) -> None:
    values = asdict(result.measures)
    for name in ("images", "labels", "groups", "rejected"):
        click.echo(f"{name:15} {values[name]}")
    for name in (*GATE, "pair_precision", "pair_recall", "pair_f1", "best_right"):
        click.echo(f"{name:15} {'-' if values[name] is None else format(values[name], '.4f')}")
    for name, value in _milliseconds(result).items():
        click.echo(f"{name + ' ms':15} {value}  (CPU an image)")
    for name, (found, pairs) in result.measures.attacks.items():
        click.echo(f"  {printable(name):14} {found:.3f} of {pairs} pairs" + ("" if pairs >= FEW_PAIRS else "  (few)"))
    for wrong in result.measures.wrong:
        labels = ", ".join(printable(label) for label in wrong.labels)
        click.echo(f"  wrong: {printable(wrong.hotel_id)} {labels} <- {', '.join(map(printable, wrong.images))}")


def _write_groups(path: Path, result: Evaluation) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("image", "hotel_id", "group", "best"))
        for item in result.placed:
            writer.writerow((item.image, item.hotel_id, item.group, int(item.best)))
