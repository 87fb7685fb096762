"""`image-release shared`: pictures that many hotels have, and pairs of hotels that share several photographs."""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import click

from image_release.cli.common import end, tell_problems
from image_release.cli.invocation import Invocation, workspace_options
from image_release.cli.pasting import command
from image_release.cli.progress import progress_bar
from image_release.cli.selection import release_in_force
from image_release.one_machine.sharing import ask_for_round, families_of
from image_release.one_machine.workspace import Workspace
from image_release.problems import cell, printable
from image_release.sharing import (
    AS_USUAL,
    PAIR_COLUMNS,
    PICTURE_COLUMNS,
    REASONS,
    Counting,
    HotelPair,
    Shared,
    find_shared,
    pair_rows,
    picture_rows,
    read_round,
    shared_document,
)

SHOWN = 20
"""Number of pictures, and of pairs, that are shown to a person; the files and `--json` have all."""
MOST_MANY = 100
"""Maximum of `--many`: each two of the hotels that have a picture are a pair to be looked at."""
_NEW_FILE = click.Path(dir_okay=False, path_type=Path)


@click.command()
@click.option("--pairs", type=_NEW_FILE, help="Write the pairs of hotels into this CSV.")
@click.option("--pictures", type=_NEW_FILE, help="Write the pictures that many hotels have into this CSV.")
@click.option(
    "--least", type=click.IntRange(1), default=AS_USUAL.least, show_default=True, help="Photographs that make a pair."
)
@click.option(
    "--many",
    type=click.IntRange(2, MOST_MANY),
    default=AS_USUAL.many,
    show_default=True,
    help="A picture that more hotels have is one of many hotels, and makes no pair.",
)
@click.option("--on-suite", is_flag=True, help="Ask the suite on AWS to compare all hotels, and find nothing now.")
@workspace_options
def shared(
    invocation: Invocation, pairs: Path | None, pictures: Path | None, least: int, many: int, *, on_suite: bool
) -> None:
    """Find photographs that several hotels share, in whatever size, recompressed or cropped a little.

    Pictures that many hotels have are stock photographs, a chain's lobby, "photo coming soon": hide, label or keep one
    in all of its hotels with `everywhere`; what is kept is not proposed again. Two hotels that share several other
    photographs are likely one hotel that is twice in the Data Release, or a partner mixed them up. Nothing is changed:
    a person decides.

    The first call reads the fingerprints of all hotels and compares all images; later ones, and each run in a folder,
    compare what is new with all. Beside a suite, `--on-suite` lets its functions do this, in a round that takes minutes
    or hours. From then on this command tells what the last round found.

    Example: image-release shared --pairs pairs.csv --pictures pictures.csv
    """
    if pairs and pairs == pictures:
        raise click.UsageError("--pairs and --pictures name the same file")
    if on_suite and (pairs or pictures):
        raise click.UsageError("--on-suite finds nothing now; leave it out to write what the last round found")
    with invocation.open() as workspace:
        release_in_force(workspace)
        if on_suite:
            _ask(invocation, workspace)
            return
        before = read_round(workspace.stores)
        found = before.shared if before else _compared(invocation, workspace, Counting(least, many))
    if before and before.counting != Counting(least, many):
        usual = before.counting
        raise click.UsageError(f"a round of the suite counts with --least {usual.least} and --many {usual.many}")
    _write_tables(found, pairs, pictures)
    tell_problems(list(found.problems), [])
    document, lines = shared_document(found), list(_lines(found, invocation.address, Counting(least, many)))
    if before:
        document["round_ended"] = before.ended.isoformat()
        lines.insert(0, f"round    of the suite, ended {before.ended:%Y-%m-%d %H:%M} UTC; --on-suite asks for another")
    invocation.show(document, "\n".join(lines))
    end(failed=bool(found.problems))


def _ask(invocation: Invocation, workspace: Workspace) -> None:
    """Ask the suite for a round."""
    if isinstance(workspace.root, Path):
        raise click.UsageError("--on-suite is for a suite on AWS; in a folder the command compares all hotels itself")
    ask_for_round(workspace, datetime.now(UTC))
    invocation.show({"asked": True}, "asked: the suite begins within minutes, or when the round that goes on has ended")


def _compared(invocation: Invocation, workspace: Workspace, counting: Counting) -> Shared:
    """What this machine finds."""
    families = families_of(workspace)
    with progress_bar(None, quiet=invocation.as_json, unit="steps of reading and comparing") as advance:

        def tell(_done: int, _total: int) -> None:
            advance(0)

        def find() -> Shared:
            families.catch_up(workspace.stores, tell, tell)
            return find_shared(families, workspace.stores, counting)

        return families.index.made_again_if_damaged(find)


def _write_tables(found: Shared, pairs: Path | None, pictures: Path | None) -> None:
    if pairs:
        _write(pairs, PAIR_COLUMNS, pair_rows(found))
    if pictures:
        _write(pictures, PICTURE_COLUMNS, picture_rows(found))


def _write(path: Path, columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    try:
        with path.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            writer = csv.writer(file)
            writer.writerow(columns)
            writer.writerows([cell(text) for text in row] for row in rows)
    except OSError as error:
        raise click.ClickException(f"{printable(str(path), 400)}: {error.strerror}") from error
    click.echo(f"written: {printable(str(path), 400)}", err=True)


def _lines(found: Shared, address: str, counting: Counting) -> Iterator[str]:
    yield f"images   {found.images:,} in {found.hotels:,} hotels"
    decided = sum(picture.decided is not None for picture in found.pictures)
    told = f", {decided:,} of them decided" if decided else ""
    yield f"pictures {len(found.pictures):,} that more than {counting.many} hotels have{told}"
    for picture in found.pictures[:SHOWN]:
        state = f"decided: {printable(picture.decided)}" if picture.decided else "to hide it: "
        hide = command(address, ["everywhere", "hide"], [picture.hotel_id, picture.image[:12]])
        yield f"  {len(picture.images):7,} hotels  {picture.image[:12]}  {state}{'' if picture.decided else hide}"
    yield from _more(len(found.pictures), "pictures")
    if len(found.pictures) > decided:
        keep = command(address, ["everywhere", "keep"], ["HOTEL", "IMAGE"])
        yield f"  to keep one in all of its hotels, so that it is not proposed again: {keep}"
    yield f"pairs    {len(found.pairs):,} of hotels that share {counting.least} photographs or more"
    for pair in found.pairs[:SHOWN]:
        yield from _pair_lines(pair)
    yield from _more(len(found.pairs), "pairs")


def _more(count: int, option: str) -> Iterator[str]:
    if count > SHOWN:
        yield f"  and {count - SHOWN:,} more: --{option} FILE"


def _pair_lines(pair: HotelPair) -> Iterator[str]:
    one, other = pair.one, pair.other
    apart = "" if pair.kilometres is None else f", {pair.kilometres:,.1f} km apart"
    shares = f"of {one.pictures} and {other.pictures} pictures"
    yield f"  {printable(one.hotel_id)} and {printable(other.hotel_id)}: {len(pair.shared)} {shares}{apart}"
    yield f"          {printable(one.row.name, 60)} · {printable(other.row.name, 60)}: {REASONS[pair.reason]}"
