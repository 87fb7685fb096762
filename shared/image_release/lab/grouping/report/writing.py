"""Writes the folder of the report: the page of a method comparison, the history, and the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from image_release.lab.grouping.evaluation import GroupingEvaluation
from image_release.lab.grouping.gate import FEW_PAIRS, GATE, LESS_IS_BETTER, MIN_FOUND_OF_ATTACK, missed
from image_release.lab.grouping.measures import MEANINGS
from image_release.lab.grouping.method_comparison import MethodComparison
from image_release.lab.grouping.report.curves import history_charts, method_charts, trade_off
from image_release.lab.grouping.report.history import EvaluationRun, append, read
from image_release.lab.grouping.report.hotel_sections import PAIRS, THUMBS, HotelSection, PairLink
from image_release.lab.grouping.report.templating import render_report_page
from image_release.problems import Problem

INDEX = "index.html"
COMPARISON_DATA = "sweep.json"
COMPARISON_PAGE = "sweep.html"
NO_SCORE = float("-inf")
"""Score of a pair that could not be aligned: lower than any other."""
MARKER = ".image-release-report"
"""A file that marks the folder as a report, so that the files in its subfolders may be replaced."""


class NoReportFolderError(Exception):
    """The folder holds something else. The message says what to do."""


@dataclass(frozen=True, slots=True)
class _MeasureRow:
    """A row in the table of measures."""

    name: str
    meaning: str
    value: float | None
    worst: float
    less_is_better: bool
    misses: bool


def prepare(folder: Path) -> None:
    """Make the folder of a report if it is missing. Raises NoReportFolderError if it holds anything else."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARKER).is_file():
        raise NoReportFolderError(f"{folder}: is neither empty nor a report; choose another folder")
    for name in (PAIRS, THUMBS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / MARKER).touch()


def write_comparison(folder: Path, corpus: str, comparison: MethodComparison) -> None:
    """Write the page of a method comparison, and its numbers for the index of the next evaluation."""
    (folder / COMPARISON_DATA).write_bytes(TypeAdapter(MethodComparison).dump_json(comparison, indent=1))
    page = render_report_page(
        "method_comparison.html",
        comparison=comparison,
        corpus=corpus,
        trade_off=trade_off(comparison),
        methods=method_charts(comparison),
        home=INDEX,
    )
    (folder / COMPARISON_PAGE).write_text(page, encoding="utf-8")


def write_report(
    folder: Path, run: EvaluationRun, evaluation: GroupingEvaluation, sections: Sequence[HotelSection]
) -> list[Problem]:
    """Add the run to the history, write the index, and delete pages that only the last run needed.

    Returns a problem for each line of the history and each file of the folder that cannot be read.
    """
    append(folder, run)
    runs, problems = read(folder, run.corpus)
    comparison, broken = _last_comparison(folder)
    nearest = sorted(
        ((section.hotel_id, pair) for section in sections for pair in section.nearest), key=_highest_score_first
    )
    page = render_report_page(
        "index.html",
        run=run,
        evaluation=evaluation,
        missed=missed(evaluation.measures),
        rows=[_row(name, evaluation) for name in MEANINGS],
        mixed=[group for section in sections for group in section.mixed],
        split=[label for section in sections for label in section.split],
        nearest=nearest,
        few_pairs=FEW_PAIRS,
        min_found=MIN_FOUND_OF_ATTACK,
        history=history_charts(runs),
        runs=len(runs),
        trade_off=trade_off(comparison) if comparison else None,
        comparison=comparison,
        comparison_page=COMPARISON_PAGE,
    )
    (folder / INDEX).write_text(page, encoding="utf-8")
    _delete_unused(folder, sections)
    return problems + broken


def _delete_unused(folder: Path, sections: Sequence[HotelSection]) -> None:
    """Delete pages of pairs and thumbnails that the index does not link to any more."""
    shown = {link for section in sections for link in section.links()}
    for name, pattern in ((PAIRS, "*.html"), (THUMBS, "*.jpg")):
        for path in (folder / name).glob(pattern):
            if f"{name}/{path.name}" not in shown:
                path.unlink()


def _highest_score_first(found: tuple[str, PairLink]) -> tuple[float, str, str]:
    hotel_id, pair = found
    return (-(NO_SCORE if pair.score is None else pair.score), hotel_id, pair.href)


def _row(name: str, evaluation: GroupingEvaluation) -> _MeasureRow:
    value = getattr(evaluation.measures, name)
    less = name in LESS_IS_BETTER
    misses = value is not None and (value > GATE[name] if less else value < GATE[name])
    return _MeasureRow(name, MEANINGS[name], value, GATE[name], less, misses)


def _last_comparison(folder: Path) -> tuple[MethodComparison | None, list[Problem]]:
    path = folder / COMPARISON_DATA
    if not path.is_file():
        return None, []
    try:
        return TypeAdapter(MethodComparison).validate_json(path.read_bytes()), []
    except ValidationError:
        return None, [
            Problem(str(path), 0, COMPARISON_DATA, "was written by another version; run `corpus sweep` again")
        ]
