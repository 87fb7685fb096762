"""`image-release ranking evaluate`: measures the order of pictures against grades that people gave."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

import click

from image_release.cli.common import FOLDER, end, json_option, settings_option, show
from image_release.cli.progress import progress_bar
from image_release.cli.ranking.taggers import NAMES, tagger_called, usual_tagger
from image_release.lab.ordering import (
    CorpusUnreadableError,
    GradedCorpus,
    OrderEvaluation,
    read_graded_corpus,
)
from image_release.lab.ordering import evaluate as evaluate_corpus
from image_release.one_machine.workspace import WorkspaceError
from image_release.problems import Problem, printable
from image_release.settings import Settings
from image_release.settings_files import SettingsError, load_settings

MEASURES = ("first_ok", "first_never", "ndcg5", "ndcg10", "same_kind3")
KIND_MEASURES = ("kinds_right", "groups_right")
COLUMN = 14
"""Width of a tagger's column, in characters."""


@dataclass(frozen=True, slots=True)
class _Judged:
    """What one tagger's labels and looks give."""

    tagger: str
    evaluation: OrderEvaluation
    problems: tuple[Problem, ...]

    def document(self) -> dict[str, Any]:
        kinds = asdict(self.evaluation.kinds)
        problems = [str(problem) for problem in self.problems]
        return {"tagger": self.tagger, **asdict(self.evaluation.measures), **kinds, "problems": problems}


@click.command()
@click.argument("directory", metavar="DIR", type=FOLDER)
@click.option(
    "--tagger",
    "taggers",
    multiple=True,
    metavar=NAMES,
    help="Whose labels and looks count; may be repeated, each tagger gets a column. Default: the recorded labels of "
    "DIR, or none where it has no vision_labels.jsonl. `google` costs money.",
)
@click.option("--wrong", is_flag=True, help="List the hotels that open wrongly also where several taggers are judged.")
@click.option(
    "--order-out", type=click.Path(dir_okay=False, path_type=Path), help="Write the order into this CSV file."
)
@settings_option
@json_option
def evaluate(
    directory: Path,
    taggers: tuple[str, ...],
    wrong: bool,
    order_out: Path | None,
    settings_file: Path | None,
    as_json: bool,
) -> None:
    """Order the graded pictures of a corpus, and measure the order against people's grades.

    DIR holds ranking.csv, labels.csv and images/, or scenes.csv (image,hotel_id,category,grade) and images/. In the
    second form each image is a picture, and hotels with fewer than 4 pictures are not measured. The shipped model
    was fitted on such corpora. On a corpus that it has seen, the figures of `local` are better than on unseen hotels.
    The exit status is 1 if rows or images are bad.

    Example: image-release ranking evaluate my-corpus --tagger none --order-out order.csv
    """
    if order_out is not None and len(taggers) > 1:
        raise click.UsageError("--order-out writes the order of one tagger; name one --tagger")
    try:
        settings = load_settings(settings_file)
        corpus = read_graded_corpus(directory)
        judged = [_judge(name, corpus, settings, quiet=as_json) for name in taggers or (usual_tagger(directory),)]
    except (SettingsError, CorpusUnreadableError, WorkspaceError, OSError) as error:
        raise click.UsageError(str(error)) from error
    if order_out is not None:
        _write_order(order_out, judged[0].evaluation)
    first = judged[0].document()
    document = {**first, "taggers": [item.document() for item in judged]}
    show(document, lambda: _print(judged, list_wrong=wrong or len(judged) == 1), as_json=as_json)
    problems = dict.fromkeys(str(problem) for item in judged for problem in item.problems)
    for problem in problems:
        click.echo(problem, err=True)
    end(failed=bool(problems))


def _judge(name: str, corpus: GradedCorpus, settings: Settings, *, quiet: bool) -> _Judged:
    hotels = len({grade.hotel_id for grade in corpus.grades.values()})
    with tagger_called(name, settings) as (tagger, problems), progress_bar(hotels, quiet=quiet) as on_hotel:
        evaluation = evaluate_corpus(corpus, settings, tagger, on_hotel)
    return _Judged(name, evaluation, (*corpus.problems, *problems, *evaluation.problems))


def _write_order(path: Path, evaluation: OrderEvaluation) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        rows = csv.writer(file)
        rows.writerow(("hotel_id", "image", "position"))
        for hotel_id, order in evaluation.orders.items():
            rows.writerows((hotel_id, placed.image, position) for position, placed in enumerate(order, start=1))


def _print(judged: Sequence[_Judged], *, list_wrong: bool) -> None:
    if len(judged) > 1:
        click.echo(f"{'':12} " + " ".join(f"{_short(item.tagger):>{COLUMN}}" for item in judged))
    documents = [item.document() for item in judged]
    for name in ("hotels", *MEASURES, *KIND_MEASURES):
        values = [document[name] for document in documents]
        if name not in KIND_MEASURES or any(value is not None for value in values):
            click.echo(f"{name:12} " + " ".join(_cell(value, len(judged)) for value in values))
    for item in judged if list_wrong else ():
        for line in item.evaluation.measures.wrong:
            click.echo(printable(f"{_short(item.tagger)}: {line}" if len(judged) > 1 else line))


def _cell(value: float | None, columns: int) -> str:
    text = "-" if value is None else str(value) if isinstance(value, int) else format(value, ".3f")
    return f"{text:>{COLUMN}}" if columns > 1 else text


def _short(tagger: str) -> str:
    """A tagger's name that fits a column: of a recorded file the end of its path."""
    return printable(tagger if len(tagger) <= COLUMN else f"…{tagger[1 - COLUMN :]}")
