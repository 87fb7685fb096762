"""`image-release ranking fit`: proposes weights of the score from what people think of pictures; applies nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import click

from image_release.cli.common import FILE, FOLDER, end, tell_problems
from image_release.cli.invocation import Invocation, common_options
from image_release.cli.progress import progress_bar
from image_release.cli.ranking.taggers import NAMES, tagger_called, usual_tagger
from image_release.cli.ranking.workspace_orders import looks_by, stored_hotels
from image_release.lab.ordering import (
    CorpusUnreadableError,
    JudgedHotel,
    NamedPicture,
    NothingToFitError,
    WeightFit,
    chosen_hotels,
    fit_weights,
    graded_hotels,
    named_of_corpus,
    named_of_workspace,
    pinned_hotels,
    read_graded_corpus,
    tagged_pictures,
)
from image_release.lab.ordering.fitting import FOLDS, REPEATS
from image_release.one_machine.workspace import WorkspaceError, what_a_name_gives
from image_release.problems import Problem
from image_release.settings import Gives, PrioritisingSettings
from image_release.settings_files import SettingsError, load_settings
from image_release.tag import what_it_gives

NDCG, SHARE_RIGHT = "nDCG of the first 5 pictures", "share of choices that are right"


@dataclass(frozen=True, slots=True)
class _Task:
    """What is fitted: hotels with what people think of their pictures, and the settings in force."""

    source: str
    measure: str
    hotels: list[JudgedHotel]
    settings: PrioritisingSettings
    problems: list[Problem]


@click.command()
@click.option(
    "--corpus",
    "--scenes",
    "directories",
    type=FOLDER,
    multiple=True,
    help="A graded corpus, as `ranking evaluate` reads it; may be repeated.",
)
@click.option("--pairs", type=FILE, help="A CSV file of choices: hotel_id,better,worse; in place of grades and pins.")
@click.option(
    "--tagger",
    metavar=NAMES,
    help="Whose labels and looks count in a corpus. Default: its recorded labels. `google` costs money.",
)
@common_options
def fit(invocation: Invocation, directories: tuple[Path, ...], pairs: Path | None) -> None:
    """Propose weights of the score, and say what they gain. Nothing is applied.

    They are fitted to the grades of a corpus, or without one to people's pins in the workspace, or to the choices of
    --pairs, whose rows name images by name or by the first 8 digits or more of their SHA-256. The gain is measured on
    hotels that were held out, and has a standard error; a gain that is not larger is no evidence. To apply weights,
    put the printed lines into a settings file; `ranking compare` shows what they change. The same inputs give the same
    bytes. A local model that was fitted on the same corpus flatters the weight of appeal.

    Example: image-release ranking fit --corpus my-corpus
    """
    try:
        task = _of_corpora(invocation, directories, pairs) if directories else _of_workspace(invocation, pairs)
    except (SettingsError, CorpusUnreadableError, WorkspaceError, OSError) as error:
        raise click.UsageError(str(error)) from error
    try:
        with progress_bar(FOLDS * REPEATS, quiet=invocation.as_json, unit="fits") as advance:
            found = fit_weights(task.hotels, task.settings, lambda: advance(0))
    except NothingToFitError as error:
        document = {"choices": task.source, "hotels": len(task.hotels), "evidence": False, "reason": str(error)}
        invocation.show(document, f"no evidence of a gain: {error}")
    else:
        document = {"choices": task.source, "measure": task.measure, "evidence": found.is_evident, **asdict(found)}
        invocation.show(document, "\n".join(_lines(task, found)))
    tell_problems(task.problems)
    end(failed=bool(task.problems))


def _of_corpora(invocation: Invocation, directories: tuple[Path, ...], pairs: Path | None) -> _Task:
    settings = load_settings(invocation.settings_file)
    gives: Gives = "labels"
    hotels: list[JudgedHotel] = []
    problems: list[Problem] = []
    named: dict[str, Sequence[NamedPicture]] = {}
    for directory in directories:
        corpus = read_graded_corpus(directory)
        name = invocation.tagger or usual_tagger(directory)
        count = len({grade.hotel_id for grade in corpus.grades.values()})
        with (
            tagger_called(name, settings) as (tagger, bad_lines),
            progress_bar(count, quiet=invocation.as_json) as on_hotel,
        ):
            gives = what_it_gives(tagger)
            pictures = tagged_pictures(corpus, tagger, settings.tagging, on_hotel)
        problems += (*corpus.problems, *bad_lines, *pictures.problems)
        hotels += graded_hotels(corpus, pictures.by_hotel)
        named |= named_of_corpus(corpus, pictures.by_hotel)
    source, measure = "grades", NDCG
    if pairs is not None:
        hotels, bad_rows = chosen_hotels(pairs, named)
        problems += bad_rows
        source, measure = "pairs", SHARE_RIGHT
    return _Task(source, measure, hotels, settings.resolved_for(gives).prioritising, problems)


def _of_workspace(invocation: Invocation, pairs: Path | None) -> _Task:
    with invocation.open() as workspace:
        settings = workspace.settings.resolved_for(what_a_name_gives(workspace.tagger)).prioritising
        problems: list[Problem] = []
        hotels = list(stored_hotels(workspace, looks_by(workspace), problems, quiet=invocation.as_json))
    if pairs is None:
        return _Task("pins", SHARE_RIGHT, pinned_hotels(hotels, settings), settings, problems)
    judged, bad_rows = chosen_hotels(pairs, named_of_workspace(hotels, settings))
    return _Task("pairs", SHARE_RIGHT, judged, settings, [*problems, *bad_rows])


def _lines(task: _Task, found: WeightFit) -> Iterator[str]:
    yield f"{task.source} of {found.hotels} hotels; measure: {task.measure}"
    yield f"{'':12} {'in force':>9} {'proposed':>9}"
    for name, weight in found.weights.items():
        error = "  equal within every hotel: kept" if weight.error is None else f" ± {weight.error:.2f}"
        yield f"{name:12} {weight.in_force:9g} {weight.proposed:9g}{error}"
    yield f"{'measure':12} {found.measure_in_force:9.3f} {found.measure_proposed:9.3f}  on the hotels fitted on"
    yield f"gain on hotels held out ({FOLDS} folds, {REPEATS} times): {found.gain:+.4f} ± {found.gain_error:.4f}"
    yield ""
    if not found.is_evident:
        yield "# no evidence of a gain: it is not more than its standard error; keep the weights in force"
    yield "prioritising:"
    weights = ", ".join(f"{name}: {weight.proposed:g}" for name, weight in found.weights.items())
    yield f"  weights: {{{weights}}}"
