"""`image-release ranking compare`: what other settings would change in the orders of all published hotels."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from image_release.cli.common import FILE, OUT_FOLDER, end, tell_problems
from image_release.cli.invocation import Invocation, workspace_options
from image_release.cli.ranking.workspace_orders import looks_by, stored_hotels
from image_release.lab.ordering import Comparison, HotelComparison, compare_orders
from image_release.lab.ordering.report import NoPlaceForPageError, check_page_folder, write_comparison
from image_release.one_machine.workspace import what_a_name_gives
from image_release.problems import Problem, printable
from image_release.settings import Settings
from image_release.settings_files import SettingsError, load_settings

BEYOND_THE_ORDER = (
    ("filter", ""),
    ("fingerprint", ""),
    ("grouping", ""),
    ("renditions", ""),
    ("publishing", "max_pictures"),
    ("publishing", "same_view"),
    ("tagging", "max_labels"),
)
"""Sections of the settings, or a key in them, that change what is published in other ways than by the order."""
MOST_LISTED = 20
"""Maximum number of hotels that are listed in the terminal and in the JSON document; the page shows more."""
CHARS_OF_SHA256 = 12


@click.command()
@click.argument("before", metavar="A.yaml", type=FILE)
@click.argument("after", metavar="B.yaml", type=FILE)
@click.option("--report", type=OUT_FOLDER, help="Write a page that shows both orders side by side into this folder.")
@workspace_options
def compare(invocation: Invocation, before: Path, after: Path, report: Path | None) -> None:
    """Compare the orders that two settings files give every published hotel.

    Only stored state is read: manifests, ranks, labels, looks and people's decisions. Nothing is downloaded, decoded,
    tagged or written in the workspace. An empty file stands for the shipped settings. Only the order is compared: other
    settings that differ are named in a warning. The rank correlation is Kendall's tau: 1 for the same order, -1 for the
    opposite one. Pictures beyond a hotel's limit are left out.

    Example: image-release ranking compare settings.yaml new-settings.yaml --workspace my-workspace --report compared
    """
    try:
        one, other = load_settings(before), load_settings(after)
    except SettingsError as error:
        raise click.UsageError(str(error)) from error
    problems: list[Problem] = []
    with invocation.open() as workspace:
        folder = workspace.root if isinstance(workspace.root, Path) else None
        try:
            if report is not None:
                check_page_folder(report, folder)
            model = looks_by(workspace)
            hotels = stored_hotels(workspace, model, problems, quiet=invocation.as_json)
            gives = what_a_name_gives(workspace.tagger)
            resolved = (settings.resolved_for(gives).prioritising for settings in (one, other))
            comparison = compare_orders(hotels, *resolved)
            warnings = list(_warnings(one, other, comparison, model))
            page = None
            if report is not None:
                published = folder / "published" if folder else None
                names = (str(before), str(after))
                page = write_comparison(report, comparison, names, warnings, workspace.published, published)
        except NoPlaceForPageError as error:
            raise click.UsageError(str(error)) from error
        except OSError as error:
            raise click.ClickException(f"--report {report}: {error.strerror}") from error
    document = _document(comparison, warnings, problems, page)
    invocation.show(document, lambda: _print(comparison, page))
    tell_problems(problems, warnings)
    end(failed=bool(problems))


def _warnings(one: Settings, other: Settings, comparison: Comparison, model: str | None) -> Iterator[str]:
    differing = []
    for section, key in BEYOND_THE_ORDER:
        values = [getattr(settings, section) for settings in (one, other)]
        if key:
            values = [getattr(value, key) for value in values]
        if values[0] != values[1]:
            differing.append(f"{section}.{key}" if key else section)
    if differing:
        yield f"only the order is compared; the settings also differ in {', '.join(differing)}"
    if comparison.over_limit:
        yield f"{comparison.over_limit} hotels have pictures beyond their limit, which are left out"
    if model is not None and comparison.without_looks:
        yield (
            f"{comparison.without_looks} hotels have pictures that {model} has not looked at: their appeal counts as "
            "unknown; `image-release run` looks at them"
        )


def _document(
    comparison: Comparison, warnings: list[str], problems: list[Problem], page: Path | None
) -> dict[str, Any]:
    return {
        "hotels": comparison.hotels,
        "first_changed": comparison.first_changed,
        "order_changed": comparison.order_changed,
        "kendall_tau": {"mean": comparison.mean_correlation, "median": comparison.median_correlation},
        "first_kinds": {"before": dict(comparison.kinds_before), "after": dict(comparison.kinds_after)},
        "published_first": {"before": comparison.published_first_before, "after": comparison.published_first_after},
        "largest": [_hotel(hotel) for hotel in comparison.largest[:MOST_LISTED]],
        "warnings": warnings,
        "problems": [str(problem) for problem in problems],
        "report": None if page is None else str(page),
    }


def _hotel(hotel: HotelComparison) -> dict[str, Any]:
    before, after = hotel.before[0], hotel.after[0]
    return {
        "hotel_id": hotel.hotel_id,
        "kendall_tau": hotel.correlation,
        "first_before": asdict(before),
        "first_after": asdict(after),
    }


def _print(comparison: Comparison, page: Path | None) -> None:
    rows = [
        ("hotels", f"{comparison.hotels:,}"),
        ("first picture changes", f"{comparison.first_changed:,}"),
        ("order changes", f"{comparison.order_changed:,}"),
        ("published first: A's, B's", f"{comparison.published_first_before:,}, {comparison.published_first_after:,}"),
    ]
    if comparison.mean_correlation is not None:
        tau = f"mean {comparison.mean_correlation:.3f}, median {comparison.median_correlation:.3f}"
        rows.append(("Kendall's tau", tau))
    for name, value in rows:
        click.echo(f"{name:26} {value}")
    kinds = comparison.kinds_before.keys() | comparison.kinds_after.keys()
    click.echo(f"{'first pictures by kind':26} {'A':>8} {'B':>8}" if kinds else "no published hotel")
    for kind in sorted(kinds, key=lambda kind: (-comparison.kinds_before[kind], kind)):
        click.echo(f"  {printable(kind):24} {comparison.kinds_before[kind]:8,} {comparison.kinds_after[kind]:8,}")
    for hotel in comparison.largest[:MOST_LISTED]:
        click.echo(f"{printable(hotel.hotel_id)}: {_change(hotel)}")
    if page is not None:
        click.echo(f"report: {page}")


def _change(hotel: HotelComparison) -> str:
    tau = "" if hotel.correlation is None else f"tau {hotel.correlation:.2f}, "
    first = [f"{item.kind} {item.sha256[:CHARS_OF_SHA256]}" for item in (hotel.before[0], hotel.after[0])]
    return f"{tau}first {first[0]} -> {first[1]}" if hotel.first_changes else f"{tau}same first picture"
