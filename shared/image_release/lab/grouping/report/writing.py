"""Writing the report's folder: pages of pairs by the workers, then the sweep's page, the history and the index."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from pydantic import TypeAdapter, ValidationError

from image_release.lab.grouping.evaluation import Evaluation
from image_release.lab.grouping.gate import FEW_PAIRS, GATE, LEAST_OF_AN_ATTACK, LESS_IS_BETTER, missed
from image_release.lab.grouping.measures import MEANINGS
from image_release.lab.grouping.report.curves import history_charts, method_charts, trade_off
from image_release.lab.grouping.report.history import Run, append, read
from image_release.lab.grouping.report.looking import PAIRS, THUMBS, HotelLook
from image_release.lab.grouping.report.templating import rendered
from image_release.lab.grouping.sweep import Sweep
from image_release.problems import Problem

INDEX = "index.html"
SWEEP_DATA = "sweep.json"
SWEEP_PAGE = "sweep.html"
NO_SCORE = float("-inf")
"""Of a pair that could not be laid over each other: less than any."""
MARK = ".image-release-report"
"""A file that says: this folder is a report, and what lies in its sub-folders may be replaced."""


class NoReportFolderError(Exception):
    """A folder that holds something else; the message says what to do."""


@dataclass(frozen=True, slots=True)
class _MeasureRow:
    name: str
    meaning: str
    value: float | None
    worst: float
    less_is_better: bool
    misses: bool


def prepare(folder: Path) -> None:
    """Make a report's folder if there is none. Raises NoReportFolderError where it holds anything else."""
    if folder.exists() and any(folder.iterdir()) and not (folder / MARK).is_file():
        raise NoReportFolderError(f"{folder}: is neither empty nor a report; choose another folder")
    for name in (PAIRS, THUMBS):
        (folder / name).mkdir(parents=True, exist_ok=True)
    (folder / MARK).touch()


def write_sweep(folder: Path, corpus: str, swept: Sweep) -> None:
    """Write the page of a sweep, and its numbers for the index of the next evaluation."""
    (folder / SWEEP_DATA).write_bytes(TypeAdapter(Sweep).dump_json(swept, indent=1))
    page = rendered(
        "sweep.html", sweep=swept, corpus=corpus, trade_off=trade_off(swept), methods=method_charts(swept), home=INDEX
    )
    (folder / SWEEP_PAGE).write_text(page, encoding="utf-8")


def write_report(folder: Path, run: Run, evaluation: Evaluation, looks: Sequence[HotelLook]) -> list[Problem]:
    """Add the run to the history, write the index, and take away what only the last one showed.

    Returns what of the folder's own files could not be read.
    """
    append(folder, run)
    runs, problems = read(folder, run.corpus)
    swept, broken = _last_sweep(folder)
    nearest = [(look.hotel_id, pair) for look in looks for pair in look.nearest]
    nearest.sort(
        key=lambda found: (-(found[1].score if found[1].score is not None else NO_SCORE), found[0], found[1].href)
    )
    page = rendered(
        "index.html",
        run=run,
        evaluation=evaluation,
        missed=missed(evaluation.measures),
        rows=[_row(name, evaluation) for name in MEANINGS],
        mixed=[group for look in looks for group in look.mixed],
        split=[label for look in looks for label in look.split],
        nearest=nearest,
        few_pairs=FEW_PAIRS,
        least_of_an_attack=LEAST_OF_AN_ATTACK,
        history=history_charts(runs),
        runs=len(runs),
        trade_off=trade_off(swept) if swept else None,
        sweep=swept,
        sweep_page=SWEEP_PAGE,
    )
    (folder / INDEX).write_text(page, encoding="utf-8")
    _sweep_up(folder, looks)
    return problems + broken


def _sweep_up(folder: Path, looks: Sequence[HotelLook]) -> None:
    """Delete pages of pairs and thumbnails that the index does not lead to any more."""
    shown = {link for look in looks for link in look.links()}
    for name, pattern in ((PAIRS, "*.html"), (THUMBS, "*.jpg")):
        for path in (folder / name).glob(pattern):
            if f"{name}/{path.name}" not in shown:
                path.unlink()


def _row(name: str, evaluation: Evaluation) -> _MeasureRow:
    value = getattr(evaluation.measures, name)
    less = name in LESS_IS_BETTER
    misses = value is not None and (value > GATE[name] if less else value < GATE[name])
    return _MeasureRow(name, MEANINGS[name], value, GATE[name], less, misses)


def _last_sweep(folder: Path) -> tuple[Sweep | None, list[Problem]]:
    path = folder / SWEEP_DATA
    if not path.is_file():
        return None, []
    try:
        return TypeAdapter(Sweep).validate_json(path.read_bytes()), []
    except ValidationError:
        return None, [Problem(str(path), 0, SWEEP_DATA, "is no sweep of this version; run `corpus sweep` again")]
