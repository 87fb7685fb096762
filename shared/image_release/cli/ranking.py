"""`image-release ranking`: measures the order of pictures against grades that people gave."""

from __future__ import annotations

import csv
import sys
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from image_release.cli.common import json_option, settings_option, show
from image_release.problems import printable
from image_release.settings_files import SettingsError, load_settings

MEASURES = ("first_ok", "first_never", "ndcg5", "ndcg10", "same_kind3")


@click.group()
def ranking() -> None:
    """Measure the order of pictures against people's grades.

    Example: image-release ranking evaluate my-corpus
    """


@ranking.command()
@click.argument("directory", metavar="DIR", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option(
    "--order-out", type=click.Path(dir_okay=False, path_type=Path), help="Write the order into this CSV file."
)
@settings_option
@json_option
def evaluate(directory: Path, order_out: Path | None, settings_file: Path | None, as_json: bool) -> None:
    """Order the graded pictures of a corpus, and measure the order against people's grades.

    DIR holds ranking.csv, labels.csv, vision_labels.jsonl and images/. The exit status is 1 if rows or images are bad.

    Example: image-release ranking evaluate my-corpus --order-out order.csv
    """
    from image_release.lab.ordering import CorpusUnreadableError
    from image_release.lab.ordering import evaluate as evaluate_corpus

    try:
        evaluation = evaluate_corpus(directory, load_settings(settings_file))
    except (SettingsError, CorpusUnreadableError, OSError) as error:
        raise click.UsageError(str(error)) from error
    if order_out is not None:
        with order_out.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(("hotel_id", "image", "position"))
            for hotel_id, order in evaluation.orders.items():
                rows.writerows((hotel_id, placed.image, position) for position, placed in enumerate(order, start=1))
    measures = asdict(evaluation.measures)
    document = {**measures, "problems": [str(problem) for problem in evaluation.problems]}
    show(document, lambda: _print(measures), as_json=as_json)
    for problem in evaluation.problems:
        click.echo(str(problem), err=True)
    sys.exit(1 if evaluation.problems else 0)


def _print(measures: dict[str, Any]) -> None:
    click.echo(f"{'hotels':12} {measures['hotels']}")
    for name in MEASURES:
        click.echo(f"{name:12} {'-' if measures[name] is None else format(measures[name], '.3f')}")
    for line in measures["wrong"]:
        click.echo(printable(line))
