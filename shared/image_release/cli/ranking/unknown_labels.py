"""`image-release ranking unknown-labels`: the labels that pictures have and the table of labels lacks."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

import click
from click.core import ParameterSource

from image_release.cli.common import FILE, end, tell_problems
from image_release.cli.invocation import Invocation, common_options
from image_release.lab.unknown_labels import LabelledPicture, UnknownLabels, labels_of_file, published_labels
from image_release.lab.unknown_labels import unknown_labels as unknown_labels_of
from image_release.problems import ProblemList, printable
from image_release.rank import CategoryScorer
from image_release.settings import Settings
from image_release.settings_files import SettingsError, load_settings

MOST = 50
"""Number of labels that are listed, unless the command says another one."""
LONGEST = 90
"""Maximum number of characters of an example that is shown."""


@click.command()
@click.option("--labels", "file", type=FILE, help="A file of recorded labels (JSON Lines, .gz too), and no workspace.")
@click.option("--most", type=click.IntRange(0), default=MOST, show_default=True, help="Number of labels in the list.")
@common_options
def unknown_labels(invocation: Invocation, file: Path | None, most: int) -> None:
    """List the labels that pictures have and the table of labels lacks, the most frequent first.

    Shows how often each occurs, which share of all labels that is, and a picture that has it. `prioritising.labels` of
    the settings adds entries to the table. The exit status is 1 if lines of the file are bad.

    Example: image-release ranking unknown-labels --workspace my-workspace

    Example: image-release ranking unknown-labels --labels labels.jsonl --most 20 --json
    """
    if file is None:
        with invocation.open() as workspace:
            found = _found(published_labels(workspace.published), workspace.settings)
        _show(invocation, found, most)
        return
    if click.get_current_context().get_parameter_source("address") is ParameterSource.COMMANDLINE:
        raise click.UsageError("--labels and --workspace: give one of them")
    problems = ProblemList(str(file))
    try:
        found = _found(labels_of_file(file, problems), load_settings(invocation.settings_file))
    except (SettingsError, OSError) as error:
        raise click.UsageError(str(error)) from error
    _show(invocation, found, most)
    tell_problems(problems.all())
    end(failed=bool(problems.all()))


def _found(pictures: Iterable[LabelledPicture], settings: Settings) -> UnknownLabels:
    return unknown_labels_of(pictures, CategoryScorer(settings.prioritising).knows)


def _show(invocation: Invocation, found: UnknownLabels, most: int) -> None:
    document = {
        "pictures": found.pictures,
        "occurrences": found.occurrences,
        "unknown": found.unknown,
        "different": len(found.labels),
        "labels": [asdict(item) for item in found.labels[:most]],
    }
    invocation.show(document, lambda: _print(found, most))


def _print(found: UnknownLabels, most: int) -> None:
    if not found.pictures:
        click.echo("no picture has labels")
        return
    share = found.unknown / found.occurrences
    click.echo(
        f"{found.pictures:,} pictures with {found.occurrences:,} labels; the table lacks {found.unknown:,} of them "
        f"({share:.1%}), {len(found.labels):,} different ones"
    )
    for item in found.labels[:most]:
        example = printable(item.example, LONGEST)
        click.echo(f"{item.count:>8,}  {item.share:>6.2%}  {printable(item.label, 40):40}  {example}")
    if len(found.labels) > most:
        click.echo(f"and {len(found.labels) - most:,} more; --most lists them")
