"""Select hotels on the command line: the options, the request that is made of them, and the index that answers it."""

from __future__ import annotations

import functools
import json
import secrets
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import click

from image_release.cli.pasting import command
from image_release.folding import folded
from image_release.ingest import (
    Current,
    ReleaseIndex,
    Request,
    RequestError,
    open_index,
    parse_request,
    read_current,
    select,
    unmatched,
)
from image_release.one_machine.workspace import Workspace
from image_release.problems import printable

FORCES = ("none", "redownload", "retag", "rerender")


def _parse_bbox(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees. Their ranges are checked with the request."""
    del context, parameter
    if value is None:
        return None
    try:
        west, south, east, north = (float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{printable(value)!r} must be four numbers: west,south,east,north") from error
    return west, south, east, north


def _upper(context: click.Context, parameter: click.Parameter, values: tuple[str, ...]) -> tuple[str, ...]:
    """Country codes in capitals, as a request has them."""
    del context, parameter
    return tuple(folded(value).upper() for value in values)


SELECTORS = {
    "all": click.option("--all", is_flag=True, help="Every hotel of the release."),
    "partners": click.option(
        "--partner", "partners", multiple=True, help="Hotels with an accommodation of this partner."
    ),
    "hotel_ids": click.option("--hotel", "hotel_ids", multiple=True, metavar="ID", help="The hotel of this id."),
    "bbox": click.option(
        "--bbox",
        metavar="W,S,E,N",
        callback=_parse_bbox,
        help="Hotels in a box, in degrees; west > east crosses the date line.",
    ),
    "cities": click.option(
        "--city", "cities", multiple=True, help="Hotels of this city; case and accents do not matter."
    ),
    "countries": click.option(
        "--country", "countries", multiple=True, callback=_upper, help="Hotels of this country, ISO 3166-1 alpha-2."
    ),
}
"""Field of a request -> the option that sets it. The help shows the last one first."""


def selectors(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options that select hotels; the command is given them as `selection`, with the fields of a request."""

    @functools.wraps(command)
    def with_selection(*args: Any, **options: Any) -> None:
        selection = {field: options.pop(field) for field in SELECTORS}
        command(*args, selection=selection, **options)

    return functools.reduce(lambda wrapped, option: option(wrapped), SELECTORS.values(), with_selection)


def new_request(document: Mapping[str, object]) -> Request:
    """Make a request with a new id. A request that cannot be used ends the command with status 2."""
    request_id = f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(3)}"
    try:
        return parse_request(json.dumps({**document, "request_id": request_id}).encode(), "command line")
    except RequestError as error:
        raise click.UsageError(str(error)) from error


def selected(index: ReleaseIndex, request: Request) -> list[str]:
    """Ids of the hotels that a request selects. A selector that matches nothing ends the command with status 2."""
    if told := list(unmatched(index, request)):
        raise click.UsageError("\n".join(told))
    found = list(select(index, request))
    if not found and not request.all:
        raise click.UsageError("no hotel of the release in force matches all of these selectors")
    return found


def release_in_force(workspace: Workspace) -> Current:
    """The release in force. Without one the command ends with status 2: a wrong folder is no empty workspace."""
    current = read_current(workspace.state)
    if current is None:
        raise click.UsageError(
            f"--workspace {printable(str(workspace.root))}: no release is in force yet; first: "
            + command(str(workspace.root), ["run"])
        )
    return current


@contextmanager
def release_index(workspace: Workspace) -> Iterator[ReleaseIndex]:
    """Open the index of the release in force. Without a release the command ends with status 2."""
    current = release_in_force(workspace)
    with tempfile.TemporaryDirectory() as folder, open_index(workspace.state, current, Path(folder) / "index") as index:
        yield index
