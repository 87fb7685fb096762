"""`image-release override`: a person's decision about a photograph, undoing one, many at once, and their history."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

import click

from image_release.cli.bulk import decide_in_bulk
from image_release.cli.common import FILE, person, present_moment
from image_release.cli.decisions import list_decisions
from image_release.cli.invocation import Invocation, common_options
from image_release.cli.pasting import command
from image_release.desk.deciding import (
    ACTIONS,
    Decided,
    DecisionRefusedError,
    HotelUnreadableError,
    decide,
    image_named,
    read_hotel,
    revoke,
    short,
)
from image_release.problems import printable
from image_release.storage import Stores
from image_release.values import Label, Override

VERBS = (*ACTIONS, "revoke", "list")
VERB_FIRST = {"list": (1, 2), "revoke": (3,)}
"""Words that may come before the hotel -> how many words there are then."""
MOMENT = click.DateTime(["%Y-%m-%d", "%Y-%m-%dT%H:%M", "%Y-%m-%dT%H:%M:%S"])


@click.command()
@click.argument("words", metavar="[HOTEL] [ACTION] [IMAGE...]", nargs=-1)
@click.option("--position", type=click.IntRange(min=1), help="pin: position in the order; default 1.")
@click.option("--label", "labels", multiple=True, metavar="TEXT", help="label: what the photograph shows.")
@click.option("--why", default="", help="The reason; stored with the decision and shown at hidden images.")
@click.option("--from", "file", type=FILE, help="Make the decisions of a CSV file: hotel_id,action,images,position,…")
@click.option("--dry-run", is_flag=True, help="With --from: tell what would be decided, and write nothing.")
@click.option("--by", help="list: only what this person decided.")
@click.option("--since", type=MOMENT, help="list: only what was decided since (UTC).")
@click.option("--csv", "as_csv", is_flag=True, help="list: as CSV.")
@common_options
def override(
    invocation: Invocation,
    words: tuple[str, ...],
    position: int | None,
    labels: tuple[str, ...],
    why: str,
    file: Path | None,
    dry_run: bool,
    by: str | None,
    since: datetime | None,
    as_csv: bool,
) -> None:
    """Record a person's decision about a photograph, undo one, or list what was decided.

    ACTION is `pin`, `hide`, `show`, `same`, `different`, `label`, `best`, `rescue`, `withdraw`, `revoke` or `list`.
    IMAGE is a SHA-256 from the manifest, its first digits, or the image's URL. A decision holds for every copy of the
    photograph, including later ones; `best` lets one copy stand for it, and `rescue` lets a rejected image be shown.
    `withdraw` takes all pictures of the hotel off. `revoke` undoes a decision, named by the first digits of its digest;
    `list` shows them, of one hotel (HOTEL list) or of all (list). The next run applies what was decided.

    A CSV file has the columns hotel_id, action, images (with spaces between them), position, labels (with `;` between
    them) and why. Of each hotel all its lines are decided, or none; what is decided already is not decided again.

    Example: image-release override 123456 hide 3fa9c1d2 --why "not this hotel"

    Example: image-release override list --since 2026-11-01 --csv

    Example: image-release override --from decisions.csv --dry-run
    """
    said = bool(words or position or labels or why)
    narrowed = bool(by or since or as_csv)
    with invocation.open() as workspace:
        stores = Stores(workspace.inbox, workspace.state, workspace.published)
        if file is not None:
            _refuse(said or narrowed, "--from takes only --dry-run")
            decide_in_bulk(invocation, stores, file, by=person(), at=present_moment(), dry_run=dry_run)
            return
        hotel_id, verb, names = _parsed(words)
        _refuse(dry_run, "--dry-run goes with --from")
        if verb == "list":
            _refuse(bool(names or position or labels or why), "list takes only --by, --since and --csv")
            list_decisions(invocation, stores, hotel_id, by=by, since=since, as_csv=as_csv)
            return
        _refuse(narrowed, "--by, --since and --csv go with list")
        with _refusals():
            if verb == "revoke":
                _refuse(len(names) != 1, "revoke names one decision by its digest; `list` shows them")
                _refuse(bool(position or labels), "revoke takes only --why")
                done = revoke(stores, hotel_id, names[0], by=person(), at=present_moment(), why=why)
            else:
                done = _decide(stores, hotel_id, verb, names, position, labels, why)
        _tell(invocation, hotel_id, verb, done)


def _parsed(words: tuple[str, ...]) -> tuple[str, str, tuple[str, ...]]:
    """The hotel (empty: all), the action and the images. `list` and `revoke` may come before the hotel."""
    if words and len(words) in VERB_FIRST.get(words[0], ()) and (len(words) == 1 or words[1] not in VERBS):
        return (words[1] if len(words) > 1 else ""), words[0], words[2:]
    if len(words) <= 1:
        raise click.UsageError("which hotel, and what of it? image-release override HOTEL ACTION [IMAGE...]")
    if words[1] not in VERBS:
        raise click.UsageError(f"{printable(words[1])}: is no action; the actions are {', '.join(VERBS)}")
    return words[0], words[1], words[2:]


def _decide(
    stores: Stores,
    hotel_id: str,
    action: str,
    names: tuple[str, ...],
    position: int | None,
    labels: tuple[str, ...],
    why: str,
) -> Decided:
    now = read_hotel(stores, hotel_id)
    first = 1 if action == "pin" else None
    decision = Override(
        action=action,  # type: ignore[arg-type]  # the command has checked it
        images=tuple(image_named(now, name) for name in names),
        position=position or first,
        labels=tuple(Label(text, 1.0) for text in labels),
        by=person(),
        at=present_moment(),
        why=why,
    )
    return decide(stores, hotel_id, decision)


@contextmanager
def _refusals() -> Iterator[None]:
    """End the command with a sentence when a decision is refused: as wrong use, or with 1 if the hotel is damaged."""
    try:
        yield
    except HotelUnreadableError as error:
        raise click.ClickException(str(error)) from error
    except DecisionRefusedError as error:
        raise click.UsageError(str(error)) from error


def _refuse(condition: bool, rule: str) -> None:
    """End the command as wrong use if a condition holds."""
    if condition:
        raise click.UsageError(rule)


def _tell(invocation: Invocation, hotel_id: str, action: str, done: Decided) -> None:
    apply = command(invocation.address, ["hotel"], [hotel_id])
    recorded = done.hotel.decisions[-1]
    for note in done.notes:
        click.echo(f"note: {note}", err=True)
    images = list(recorded.override.images) if recorded.override else [recorded.revokes]
    document = {
        "hotel_id": hotel_id,
        "action": action,
        "images": images,
        "digest": recorded.digest,
        "notes": done.notes,
    }
    text = f"{action} recorded for {printable(hotel_id)} ({short(recorded.digest)}); this applies it now: {apply}"
    invocation.show(document, text)
