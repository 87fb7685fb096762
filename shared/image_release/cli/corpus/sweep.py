"""`image-release corpus sweep`: compares methods and thresholds of grouping on a labelled corpus."""

from __future__ import annotations

import csv
from dataclasses import asdict, astuple
from pathlib import Path

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
from image_release.lab.grouping import CorpusUnreadableError, WorkerDiedError
from image_release.lab.grouping.method_comparison import (
    METHODS,
    MethodComparison,
    MethodUnavailableError,
    choose_methods,
    compare_methods,
    shifted,
)
from image_release.lab.grouping.report import NoReportFolderError, prepare, write_comparison
from image_release.settings import GroupingSettings
from image_release.settings_files import SettingsError, load_settings

MAX_LOST = 0.0025
"""Default of --max-lost: the value of the gate."""
COLUMNS = ("method", "threshold", "groups", "purity", "completeness", "duplicates", "lost")


@click.command()
@click.argument("directory", metavar="DIR", type=FOLDER)
@click.option(
    "--methods",
    "names",
    default="",
    metavar="A,B…",
    help=f"Methods to compare; default: {', '.join(METHODS)}. Most need the extra `lab`.",
)
@click.option(
    "--max-lost",
    type=click.FloatRange(0, 1),
    default=MAX_LOST,
    show_default=True,
    help="Maximum share of photographs that the recommended threshold may lose.",
)
@click.option(
    "--table-out", type=click.Path(dir_okay=False, path_type=Path), help="Write the measures of every threshold as CSV."
)
@click.option(
    "--report", type=OUT_FOLDER, help="Write the curves into this folder, where `corpus evaluate --report` shows them."
)
@workers_option
@settings_option
@json_option
def sweep(
    directory: Path,
    names: str,
    max_lost: float,
    table_out: Path | None,
    report: Path | None,
    workers: int,
    settings_file: Path | None,
    as_json: bool,
) -> None:
    """Try every threshold of several methods on a labelled corpus, and recommend one.

    Only thresholds that lose at most --max-lost of the photographs are considered, and the one with the highest
    completeness, then purity, is recommended. The exit status is 1 if rows are bad, or if no threshold of any method is
    good enough.

    Example: image-release corpus sweep my-corpus --methods crops-phash,ours --max-lost 0.0025
    """
    try:
        settings = load_settings(settings_file)
        methods = choose_methods([name.strip() for name in names.split(",") if name.strip()])
        if report is not None:
            prepare(report)
        with corpus_progress(quiet=as_json) as on_hotel:
            result = compare_methods(directory, settings, methods, max_lost, workers, on_hotel)
        if report is not None:
            write_comparison(report, directory.resolve().name, result)
    except (SettingsError, MethodUnavailableError, CorpusUnreadableError, NoReportFolderError) as error:
        raise click.UsageError(str(error)) from error
    except WorkerDiedError as error:
        raise click.ClickException(str(error)) from error
    if table_out is not None:
        _write_table(table_out, result)
    show(asdict(result), lambda: _print(result, settings.grouping), as_json=as_json)
    tell_problems(result.problems)
    end(failed=bool(result.problems) or result.recommended is None)


def _print(result: MethodComparison, grouping: GroupingSettings) -> None:
    click.echo(f"{'method':30} {'threshold':>9}  purity  complete  duplicates   lost")
    for curve in result.curves:
        point = curve.recommended
        if point is None:
            click.echo(f"{curve.title:30} {'-':>9}  loses more than {result.max_lost:g} at every threshold")
            continue
        click.echo(
            f"{curve.title:30} {point.threshold:9g}  {point.purity:.4f}  {point.completeness:8.4f}  "
            f"{point.duplicates:10.4f}  {point.lost:.4f}"
        )
    best = next((curve for curve in result.curves if curve.method == result.recommended), None)
    if best is None or best.recommended is None:
        click.echo(f"no method loses at most {result.max_lost:g}")
        return
    click.echo(f"recommended: {best.title}, {best.unit}: {best.recommended.threshold:g}")
    if METHODS[best.method].hashes is None:
        shifted_scores = shifted(grouping, best.recommended.threshold).model_dump()
        scores = {name: value for name, value in shifted_scores.items() if isinstance(value, float)}
        click.echo("grouping: {" + ", ".join(f"{name}: {value:g}" for name, value in scores.items()) + "}")
    elif best.method in ("crops-phash", "crops-dhash"):
        click.echo(f"fingerprint: {{hash: {best.method.removeprefix('crops-')}}}")
        click.echo(f"grouping: {{method: hashes, max_bits: {best.recommended.threshold:g}}}")


def _write_table(path: Path, result: MethodComparison) -> None:
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(COLUMNS)
        for curve in result.curves:
            writer.writerows((curve.method, *astuple(point)) for point in curve.points)
