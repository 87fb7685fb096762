"""`image-release corpus label`: labels a corpus by hand, on a local web page."""

from __future__ import annotations

import webbrowser
from pathlib import Path
from threading import Thread

import click

from image_release.child_process import IsolatedCaller
from image_release.cli import status_after
from image_release.cli.common import FOLDER, json_option, settings_option, show, tell_problems
from image_release.lab.grouping import CorpusUnreadableError
from image_release.lab.grouping.labelling import (
    BusyError,
    FoundHotel,
    LabelServer,
    Session,
    Thumbnails,
    find_hotels,
    lock_corpus,
    read_rows,
)
from image_release.problems import Problem, printable
from image_release.settings_files import SettingsError, load_settings

GROUPING_TIMEOUT_S = 1800
"""Time limit for grouping one hotel. A hotel of 5,000 images takes a few minutes."""
GROUPING_MEMORY_MB = 8_192
"""Memory limit for grouping one hotel."""


@click.command("label")
@click.argument("directory", metavar="DIR", type=FOLDER)
@click.option("--port", type=click.IntRange(0, 65535), default=0, help="Port of the page; default: any free port.")
@click.option(
    "--hotel", "hotel_id", help="Open this hotel first; default: the first hotel with images without a label."
)
@click.option("--no-browser", is_flag=True, help="Print the address, but do not open a browser.")
@settings_option
@json_option
@click.pass_context
def label(
    ctx: click.Context,
    directory: Path,
    port: int,
    hotel_id: str | None,
    no_browser: bool,
    settings_file: Path | None,
    as_json: bool,
) -> None:
    """Label a corpus by hand, on a local web page.

    DIR holds images/<hotel>/<partner>/<file>. The page shows the groups that the program proposes for each hotel, and
    saves every change to DIR/labels.csv at once. Ctrl-C ends it.

    Example: image-release corpus label my-corpus --hotel h1
    """
    group = IsolatedCaller(GROUPING_TIMEOUT_S, GROUPING_MEMORY_MB)
    try:
        settings = load_settings(settings_file)
        with lock_corpus(directory), IsolatedCaller() as decode:
            hotels, problems = find_hotels(directory, read_rows(directory / "labels.csv"))
            session = Session(directory, hotels, settings, group, decode)
            first = _first(session, directory, hotel_id)
            with _server(session, Thumbnails(decode), port) as server:
                _print_address(server, first, problems, as_json=as_json)
                if not no_browser:  # in a thread, because the call may last until the browser is closed
                    Thread(target=webbrowser.open, args=(f"{server.address}#{first}",), daemon=True).start()
                server.serve_forever()
    except (SettingsError, CorpusUnreadableError, BusyError) as error:
        raise click.UsageError(str(error)) from error
    except KeyboardInterrupt as error:
        click.echo(f"ended: all labels are in {printable(str(directory / 'labels.csv'), 400)}", err=True)
        ctx.exit(status_after(error))
    finally:
        group.kill()  # do not wait for a large hotel that is being grouped


def _first(session: Session, directory: Path, hotel_id: str | None) -> int:
    """The index of the hotel to open first. Raises click.UsageError if there is no such hotel."""
    hotels: list[FoundHotel] = session.hotels
    if not hotels:
        raise click.UsageError(f"{directory}: no images; expected images/<hotel>/<partner>/<file>")
    if hotel_id is None:
        counts = zip(hotels, session.labelled(), strict=True)
        return next((at for at, (hotel, labelled) in enumerate(counts) if labelled < len(hotel.images)), 0)
    found = [at for at, hotel in enumerate(hotels) if hotel.hotel_id == hotel_id]
    if not found:
        raise click.UsageError(f"--hotel {printable(hotel_id)}: no such hotel below {directory / 'images'}")
    return found[0]


def _server(session: Session, thumbnails: Thumbnails, port: int) -> LabelServer:
    try:
        return LabelServer(session, thumbnails, port)
    except OSError as error:
        raise click.UsageError(f"--port {port}: {error.strerror}") from error


def _print_address(server: LabelServer, first: int, problems: list[Problem], *, as_json: bool) -> None:
    hotels = server.session.hotels
    images = sum(len(hotel.images) for hotel in hotels)
    address = f"{server.address}#{first}"
    document = {"address": address, "hotels": len(hotels), "images": images, "problems": [str(p) for p in problems]}
    show(document, f"{len(hotels)} hotels, {images} images\n{address}\nCtrl-C ends it", as_json=as_json)
    tell_problems(problems)
