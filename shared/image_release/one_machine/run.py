"""Bring a workspace up to date: what is new in the inbox is applied, then every hotel is looked at.

The order is that of the design: accommodations are written before the release is read, the release switches over before
its hotels are nudged, and it is completed when all of them, and those that departed, were done.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import unquote

from image_release.gallery import write_index
from image_release.hotel import DEPARTED, SWEEP
from image_release.ingest import (
    BadValueError,
    CatalogueMisnamedError,
    Current,
    Held,
    Ignored,
    InputChangedError,
    InputDamagedError,
    ReleaseUnreadableError,
    apply_catalogue,
    apply_release,
    complete_release,
    departed,
    hand_in_photos,
    hotel_ids,
    read_current,
    read_overrides,
)
from image_release.keys import overrides_key
from image_release.one_machine.workers import Done, Totals, run_nudges
from image_release.one_machine.workspace import Workspace
from image_release.problems import Problem
from image_release.values import Nudge, key_part


@dataclass(slots=True)
class Intake:
    """What was handed in, and what became of it."""

    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)


STALE_KEY = "gallery/stale"
"""Stands while the gallery's index may be behind the hotels: a run that is killed leaves the index to the next one."""


class HandInError(Exception):
    """A file or folder named on the command line cannot be handed in."""


def hand_in(workspace: Workspace, photos: Path | None, release: Path | None, catalogues: Path | None) -> list[Problem]:
    """Copy what the command line names into the inbox, where it differs. Raises HandInError."""
    problems = list(hand_in_photos(photos, workspace.inbox, datetime.now(UTC))) if photos else []
    if catalogues:
        files = sorted(path for path in catalogues.glob("*/*") if path.name.endswith((".jsonl", ".jsonl.gz")))
        if not files:
            raise HandInError(
                f"{catalogues}: no catalogues found; they must lie in DIR/<partner_id>/<version>.jsonl[.gz]"
            )
        for file in files:
            _copy(workspace, file, f"catalogues/{key_part(unquote(file.parent.name))}/{file.name}")
    if release:
        if not release.name.endswith((".csv", ".csv.gz")):
            raise HandInError(f"{release}: a Data Release is named <release_id>.csv or <release_id>.csv.gz")
        _copy(workspace, release, f"releases/{release.name}")
    return problems


def _copy(workspace: Workspace, file: Path, key: str) -> None:
    """Copy a file into the inbox unless the same bytes lie there."""
    try:
        present = workspace.inbox.open(key)
        if present is not None:
            with present, file.open("rb") as wanted:
                if _same(present, wanted):
                    return
        workspace.inbox.put_file(key, file)
    except (OSError, shutil.Error) as error:
        raise HandInError(f"{file}: {error}") from error


def _same(one: object, other: object) -> bool:
    read_one, read_other = one.read, other.read  # type: ignore[attr-defined]  # two binary streams
    while True:
        a, b = read_one(1 << 20), read_other(1 << 20)
        if a != b:
            return False
        if not a:
            return True


def apply_inbox(workspace: Workspace) -> Intake:
    """Apply every catalogue and release of the inbox that is newer than what is in force, in order."""
    intake = Intake()
    catalogues = [listed.key for listed in workspace.inbox.list("catalogues/")]
    for key in catalogues:
        try:
            result = apply_catalogue(workspace.inbox, workspace.state, key, workspace.settings)
        except (CatalogueMisnamedError, BadValueError, InputChangedError, InputDamagedError, OSError) as error:
            intake.problems.append(Problem(key, 0, key, str(error)))
            continue
        _note(intake, key, result, newest=key == max(k for k in catalogues if k.split("/")[1] == key.split("/")[1]))
    releases = [listed.key for listed in workspace.inbox.list("releases/")]
    for key in releases:
        try:
            applied = apply_release(workspace.inbox, workspace.state, key, workspace.settings, datetime.now(UTC))
        except (ReleaseUnreadableError, BadValueError, InputDamagedError, OSError) as error:
            intake.problems.append(Problem(key, 0, key, str(error)))
            continue
        _note(intake, key, applied, newest=key == releases[-1])
    intake.problems += _bad_overrides(workspace)
    return intake


def _bad_overrides(workspace: Workspace) -> Iterator[Problem]:
    """Decisions that cannot be read. They stand in a file until a person mends it, so every run tells of them."""
    for listed in workspace.inbox.list("overrides/"):
        hotel_id = unquote(listed.key.removeprefix("overrides/").removesuffix(".jsonl"))
        if listed.key != overrides_key(hotel_id):
            yield Problem(listed.key, 0, listed.key, "decisions about a hotel lie in overrides/<hotel_id>.jsonl")
        else:
            yield from read_overrides(workspace.inbox, hotel_id)[1]


def _note(intake: Intake, key: str, result: object, *, newest: bool) -> None:
    """An older file that lies in the inbox is no news; one that is newest and still too old is a warning."""
    if isinstance(result, Held):
        intake.held.append(result)
        intake.problems += result.problems
    elif isinstance(result, Ignored):
        if result.is_warning and newest:
            intake.warnings.append(f"{key}: ignored: {result.reason}")
    else:
        intake.applied.append(key)
        intake.problems += getattr(result, "problems", ())
        intake.warnings += map(str, getattr(result, "warnings", ()))


def nudges_owed(workspace: Workspace, current: Current | None, today: str) -> Iterator[Nudge]:
    """Every hotel that may need something: leftovers to sweep, hotels that departed, hotels of the release."""
    seen = set()
    for listed in workspace.state.list("due/"):
        _, day, kind, hotel = listed.key.split("/")
        if day <= today and kind == SWEEP:
            seen.add(unquote(hotel))
            yield Nudge(unquote(hotel), SWEEP)
    if current is None:
        return
    for hotel_id in departed(workspace.state, current):
        if hotel_id not in seen:
            yield Nudge(hotel_id, DEPARTED)
    for hotel_id in hotel_ids(workspace.state, current):
        if hotel_id not in seen:
            yield Nudge(hotel_id, "release")


@dataclass(slots=True)
class Brought:
    """The result of a run."""

    intake: Intake
    totals: Totals
    changed: bool


def bring_up_to_date(
    workspace: Workspace, workers: int, intake: Intake, observe: Callable[[Done], None], *, sweep_only: bool = False
) -> Brought:
    """Look at every hotel that may need something, complete the release, write the gallery's index and the history."""
    started = datetime.now(UTC)
    current = None if sweep_only else read_current(workspace.state)
    switching = current is not None and not current.is_completed
    stale = workspace.state.head(STALE_KEY) is not None
    totals = Totals()

    def now_stale() -> None:
        nonlocal stale
        if not stale:
            workspace.state.put(STALE_KEY, b"")
            stale = True

    def add(done: Done) -> None:
        totals.add(done)
        if done.status == "processed":
            now_stale()
        if done.nudge.reason == SWEEP and done.status != "failed":
            _forget_marker(workspace, done.nudge.hotel_id, started.date().isoformat())
        observe(done)

    if intake.applied or switching:
        now_stale()
    run_nudges(workspace, nudges_owed(workspace, current, started.date().isoformat()), workers, add)
    if stale:
        write_index(workspace.published)
        workspace.state.delete(STALE_KEY)
    if current and switching and not totals.hotels["failed"]:
        complete_release(workspace.state, current)
    changed = totals.hotels["processed"] > 0
    if changed or intake.applied:
        _write_history(workspace, started, intake, totals)
    totals.work["store_reads"] += workspace.counter.reads
    totals.work["store_writes"] += workspace.counter.writes
    return Brought(intake, totals, changed)


def _forget_marker(workspace: Workspace, hotel_id: str, today: str) -> None:
    for listed in list(workspace.state.list("due/")):
        _, day, kind, hotel = listed.key.split("/")
        if day <= today and kind == SWEEP and unquote(hotel) == hotel_id:
            workspace.state.delete(listed.key)


def _write_history(workspace: Workspace, started: datetime, intake: Intake, totals: Totals) -> None:
    """A document for each run that changed something; `status` shows the last ones."""
    document = {
        "started_at": started.isoformat(),
        "applied": intake.applied,
        "problems": len(intake.problems),
        "hotels": totals.hotels,
        "images": totals.images,
        "work": totals.work,
    }
    key = f"runs/{started.strftime('%Y-%m-%dT%H%M%S.%fZ')}.json"
    workspace.state.put(key, json.dumps(document, sort_keys=True).encode())
