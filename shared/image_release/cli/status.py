"""`image-release status`: the release in force, progress of requests, outcomes of the last runs, what is held."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import Any

import click

from image_release.cli.invocation import Invocation, common_options
from image_release.cli.pasting import command
from image_release.ingest import Progress, Waiting, all_waiting, progress, read_current, request_ids
from image_release.one_machine.workspace import Workspace
from image_release.problems import printable
from image_release.sharing import RoundUnderWay, rounds_under_way
from image_release.store_keys import RUNS

LAST = 5
"""Maximum number of runs and of requests that are shown, the latest ones."""


@click.command()
@click.argument("request_id", metavar="[REQUEST]", required=False)
@common_options
def status(invocation: Invocation, request_id: str | None) -> None:
    """Show the release, progress of requests and of a round over all hotels, outcomes, what is held.

    Example: image-release status

    Example: image-release status 20261124T101500-3fa9c1
    """
    with invocation.open() as workspace:
        if request_id is not None:
            found = progress(workspace.state, request_id)
            if found is None:
                raise click.UsageError(f"{printable(request_id)}: no such request")
            invocation.show(asdict(found), _line(found))
            return
        document = _document(workspace, invocation.address)
    invocation.show(document, "\n".join(_lines(document)))


def _lines(document: dict[str, Any]) -> Iterator[str]:
    """The document as lines for a person."""
    release = document["release"]
    yield f"release   {release['release_id']}: {release['hotels']} hotels" if release else "release   none in force"
    for held in document["held"]:
        if held["accepted"]:
            yield f"accepted  {held['what']} {held['id']}: {held['leaving']} of {held['of']} go with the next run"
        else:
            yield f"held      {held['accept']}: {held['leaving']} of {held['of']} would go; {held['reason']}"
    for item in document["rounds"]:
        what = f"{item['step']}: {item['done']} of {item['shares']} shares done"
        yield f"round     {printable(item['round'])}: {printable(what)}, last at {item['last'][:19]}"
    for run in document["runs"]:
        images = ", ".join(f"{count} {printable(outcome)}" for outcome, count in sorted(run["images"].items()))
        hotels = f"{run['hotels']['processed']} hotels processed, {run['hotels']['failed']} failed"
        yield f"run       {run['started_at'][:19]}: {hotels}; {images}"
    for item in document["requests"]:
        yield "request   " + _line(Progress(**item))


def _line(found: Progress) -> str:
    waiting = f"{found.waiting} wait for the tagger or a download, " if found.waiting else ""
    return f"{printable(found.request_id)}: {found.done} of {found.total} done, {waiting}{found.failed} failed"


def _document(workspace: Workspace, address: str) -> dict[str, Any]:
    current = read_current(workspace.state)
    runs = sorted(listed.key for listed in workspace.state.list(RUNS))[-LAST:]
    requests = [progress(workspace.state, name) for name in sorted(request_ids(workspace.state))[-LAST:]]
    return {
        "release": None if current is None else {"release_id": current.release_id, "hotels": current.hotels},
        "held": [_held(found, address) for found in all_waiting(workspace.inbox, workspace.state)],
        "rounds": [_round(found) for found in rounds_under_way(workspace.state)],
        "runs": [json.loads(stored.data) for key in runs if (stored := workspace.state.get(key))],
        "requests": [asdict(found) for found in requests if found],
    }


def _round(found: RoundUnderWay) -> dict[str, Any]:
    """How far a round over all hotels of a suite is."""
    return {**asdict(found), "last": found.last.isoformat()}


def _held(found: Waiting, address: str) -> dict[str, Any]:
    """What a brake holds, with the command that lets it through; `accepted`: a run applies it."""
    document = found.document
    return {
        "what": found.what,
        "id": " ".join(map(printable, found.names)),
        "accept": command(address, ["accept", found.what], found.names),
        "accepted": found.is_accepted,
        "reason": printable(document.get("reason") or "it was held by an earlier version: a run holds it again"),
        **{name: document[name] for name in ("leaving", "of", "limit")},
    }
