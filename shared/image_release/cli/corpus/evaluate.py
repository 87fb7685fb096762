"""`image-release corpus evaluate`: measures the product's own grouping on a labelled corpus."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Any

import click

from image_release.cli.common import (
    FOLDER,
    OUT_FOLDER,
    end,
    json_option,
    settings_option,
    show,
    tell_problems,
    workers_option,
)
from image_release.cli.corpus.progress import corpus_progress
from image_release.lab.grouping import (
    FEW_PAIRS,
    MEANINGS,
    CorpusUnreadableError,
    GroupingEvaluation,
    WorkerDiedError,
    evaluate_and_collect,
    missed,
)
from image_release.lab.grouping import evaluate as evaluate_corpus
from image_release.lab.grouping.report import (
    EvaluationRun,
    ImageUnreadableError,
    NoReportFolderError,
    commit_of_the_program,
    prepare,
    write_hotel_section,
    write_report,
)
from image_release.problems import Problem, printable
from image_release.settings_files import SettingsError, load_settings

COSTS = {
    "decode": ("decode ms", "CPU per image"),
    "print": ("fingerprint ms", "CPU per image"),
    "group": ("group ms", "CPU per image"),
    "best": ("best ms", "CPU per image"),
    "group_pair": ("group pair ms", "CPU per pair of one hotel"),
}
"""Stage -> its name in the table and what it is measured per."""


@click.command()
@click.argument("directory", metavar="DIR", type=FOLDER)
@click.option(
    "--groups-out", type=click.Path(dir_okay=False, path_type=Path), help="Write the group of every image as CSV."
)
@click.option("--gate", is_flag=True, help="End with status 1 if a measure is worse than the shipped gate.")
@click.option("--report", type=OUT_FOLDER, help="Write pages that show every mistake into this folder.")
@workers_option
@settings_option
@json_option
def evaluate(
    directory: Path,
    groups_out: Path | None,
    gate: bool,
    report: Path | None,
    workers: int,
    settings_file: Path | None,
    as_json: bool,
) -> None:
    """Group a labelled corpus as the product does, and measure the result.

    DIR holds labels.csv (image,hotel_id,label[,attacks[,best]]) and images/. The exit status is 1 if rows are bad. A
    report keeps its history: every further run into the same folder adds a point to its curves.

    Example: image-release corpus evaluate my-corpus --report report
    """
    problems: list[Problem] = []
    try:
        settings = load_settings(settings_file)
        if report is not None:
            prepare(report)
        with corpus_progress(quiet=as_json) as on_hotel:
            if report is None:
                result = evaluate_corpus(directory, settings, workers, on_hotel)
            else:
                write_section = partial(write_hotel_section, report)
                result, sections = evaluate_and_collect(directory, settings, workers, on_hotel, write_section)
                problems = write_report(report, _run(directory, result), result, sections)
    except (SettingsError, CorpusUnreadableError, NoReportFolderError) as error:
        raise click.UsageError(str(error)) from error
    except (WorkerDiedError, ImageUnreadableError) as error:
        raise click.ClickException(str(error)) from error
    if groups_out is not None:
        _write_groups(groups_out, result)
    worse = missed(result.measures)
    closing = [f"gate: {line}" for line in worse if gate]
    closing += [f"report: {report / 'index.html'}"] if report is not None else []
    show(_document(result, worse), lambda: _print(result, closing), as_json=as_json)
    tell_problems([*result.problems, *problems])
    end(failed=bool(result.problems or problems or (gate and worse)))


def _run(directory: Path, result: GroupingEvaluation) -> EvaluationRun:
    values = asdict(result.measures)
    return EvaluationRun(
        at=datetime.now(UTC),
        commit=commit_of_the_program(),
        corpus=directory.resolve().name,
        measures={name: values[name] for name in MEANINGS},
        cost_ms=result.cost.milliseconds(),
    )


def _document(result: GroupingEvaluation, worse: tuple[str, ...]) -> dict[str, Any]:
    attacks = {name: {"found": found, "pairs": pairs} for name, (found, pairs) in result.measures.attacks.items()}
    return {
        **asdict(result.measures),
        "attacks": attacks,
        "rejected_images": dict(result.rejected),
        "cost": result.cost.milliseconds(),
        "gate_missed": worse,
    }


def _print(result: GroupingEvaluation, closing: Sequence[str]) -> None:
    values = asdict(result.measures)
    for name in ("images", "labels", "groups", "rejected"):
        click.echo(f"{name:15} {values[name]}")
    for name in MEANINGS:
        click.echo(f"{name:15} {'-' if values[name] is None else format(values[name], '.4f')}")
    for name, value in result.cost.milliseconds().items():
        title, unit = COSTS[name]
        click.echo(f"{title:15} {value}  ({unit})")
    for name, (found, pairs) in result.measures.attacks.items():
        click.echo(f"  {printable(name):14} {found:.3f} of {pairs} pairs" + ("" if pairs >= FEW_PAIRS else "  (few)"))
    for wrong in result.measures.wrong:
        labels = ", ".join(printable(label) for label in wrong.labels)
        click.echo(f"  wrong: {printable(wrong.hotel_id)} {labels} <- {', '.join(map(printable, wrong.images))}")
    for image, why in result.rejected.items():
        click.echo(f"  rejected: {printable(image)}: {printable(why)}")
    for line in closing:
        click.echo(line)


def _write_groups(path: Path, result: GroupingEvaluation) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(("image", "hotel_id", "group", "best"))
        for item in result.grouped_images:
            writer.writerow((item.image, item.hotel_id, item.group, int(item.best)))
