"""`image-release reprocess`: a geography, partners or hotels again, urgently."""

from __future__ import annotations

import json
import secrets
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

import click

from image_release.cli.common import (
    F,
    common_options,
    emit,
    end,
    existing,
    failed,
    opened,
    progress,
    tell_totals,
    totals_document,
    work_options,
)
from image_release.gallery import write_index
from image_release.ingest import (
    ReleaseIndex,
    Request,
    RequestError,
    mark_failed,
    open_index,
    parse_request,
    read_current,
    select,
    store_request,
)
from image_release.one_machine.workers import HotelResult, Totals, run_nudges
from image_release.one_machine.workspace import Workspace
from image_release.problems import printable
from image_release.values import Nudge

FORCES = ("none", "redownload", "retag", "rerender")


def box(
    context: click.Context, parameter: click.Parameter, value: str | None
) -> tuple[float, float, float, float] | None:
    """West, south, east, north in degrees; whether they make sense is the request's question."""
    del context, parameter
    if value is None:
        return None
    try:
        west, south, east, north = (float(part) for part in value.split(","))
    except ValueError as error:
        raise click.BadParameter(f"{printable(value)!r} must be four numbers: west,south,east,north") from error
    return west, south, east, north


def selectors(command: F) -> F:
    """The options that select hotels."""
    for option in (
        click.option("--all", "everything", is_flag=True, help="Every hotel of the release."),
        click.option("--partner", "partners", multiple=True, help="Hotels with an accommodation of this partner."),
        click.option("--hotel", "hotel_ids", multiple=True, metavar="ID", help="This hotel."),
        click.option(
            "--bbox",
            metavar="W,S,E,N",
            callback=box,
            help="Hotels in a box, degrees; west > east crosses the date line.",
        ),
        click.option("--city", "cities", multiple=True, help="Hotels of this city, whatever its case."),
        click.option("--country", "countries", multiple=True, help="Hotels of this country, ISO 3166-1 alpha-2."),
    ):
        command = option(command)
    return command


@click.command()
@selectors
@click.option("--force", type=click.Choice(FORCES), default="none", help="Do again what was done already.")
@click.option("--dry-run", is_flag=True, help="Say which hotels are meant, and do nothing.")
@work_options
@common_options
def reprocess(
    countries: tuple[str, ...],
    cities: tuple[str, ...],
    bbox: tuple[float, float, float, float] | None,
    hotel_ids: tuple[str, ...],
    partners: tuple[str, ...],
    everything: bool,
    force: str,
    dry_run: bool,
    workers: int,
    tagger: str,
    address: str,
    settings_file: Path | None,
    as_json: bool,
) -> None:
    """Do a geography, partners or hotels again, urgently. Selectors of different kinds narrow, of one kind widen.

    Example: image-release reprocess --country ES --city Bilbao --force rerender
    """
    with opened(address, settings_file, tagger) as workspace, release_index(existing(workspace)) as index:
        document = {
            "countries": [country.upper() for country in countries],
            "cities": list(cities),
            "bbox": bbox,
            "hotel_ids": list(hotel_ids),
            "partners": list(partners),
            "all": everything,
            "force": force,
            "dry_run": dry_run,
        }
        selected = sorted(select(index, new_request(document)))
        if dry_run:
            if as_json:
                emit({"hotels": len(selected), "hotel_ids": selected[:1000]})
            else:
                click.echo(f"{len(selected)} hotels: " + ", ".join(printable(name) for name in selected[:20]))
            end(failed=False)
        request_id = begin_request(workspace, document, len(selected))
        totals = Totals()
        with progress(len(selected), quiet=as_json) as tell:

            def observe(done: HotelResult) -> None:
                totals.add(done)
                if done.status == "failed":
                    mark_failed(workspace.state, request_id, done.nudge.hotel_id, done.error)
                tell(done)

            run_nudges(workspace, (Nudge(name, "request", request_id) for name in selected), workers, observe)
        if totals.hotels["processed"]:
            write_index(workspace.published)
        if as_json:
            emit({"request_id": request_id, **totals_document(totals)})
        else:
            click.echo(f"request  {request_id}")
            tell_totals(totals)
    end(failed=failed(totals))


def begin_request(workspace: Workspace, document: Mapping[str, object], total: int) -> str:
    """Keep a request before its first nudge; returns its id."""
    request = new_request(document)
    store_request(workspace.state, request, total)
    return request.request_id


@contextmanager
def release_index(workspace: Workspace) -> Iterator[ReleaseIndex]:
    """The index of the release in force."""
    current = read_current(workspace.state)
    if current is None:
        raise click.UsageError(f"--workspace {workspace.root}: no release is in force yet; `image-release run` first")
    with tempfile.TemporaryDirectory() as folder, open_index(workspace.state, current, Path(folder) / "index") as index:
        yield index


def new_request(document: Mapping[str, object]) -> Request:
    """A request of the command line, with an id of its own."""
    request_id = f"{datetime.now(UTC).strftime('%Y%m%dT%H%M%S')}-{secrets.token_hex(3)}"
    try:
        return parse_request(json.dumps({**document, "request_id": request_id}).encode(), "command line")
    except RequestError as error:
        raise click.UsageError(str(error)) from error
