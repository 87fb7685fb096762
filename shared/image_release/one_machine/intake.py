"""Take in what is new: copy what the command line names into the inbox, then apply the inbox.

Catalogues are applied before releases, so that listings are there before the release comes into force (invariant 8).
"""

from __future__ import annotations

import logging
import re
import shutil
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO
from urllib.parse import unquote

from image_release.ingest import (
    BadValueError,
    CatalogueMisnamedError,
    Held,
    Ignored,
    InputDamagedError,
    MissingInputError,
    ReleaseUnreadableError,
    read_overrides,
)
from image_release.ingest.catalogues import CatalogueApplied, InputChangedError, apply_catalogue
from image_release.ingest.releases.applying import ReleaseApplied, apply_release
from image_release.one_machine.photo_folder import hand_in_photos
from image_release.one_machine.workspace import Workspace
from image_release.problems import Problem, printable
from image_release.state import StateUnreadableError
from image_release.storage import BadKeyError, StorageError
from image_release.store_keys import (
    CATALOGUE_SUFFIXES,
    CATALOGUES,
    OVERRIDES,
    RELEASE_SUFFIXES,
    RELEASES,
    overridden_hotel,
    partner_folder,
)

log = logging.getLogger(__name__)

PHOTOS_VERSION = re.compile(r"photos-([0-9T.-]+)Z(?:_\d+)?\.jsonl")
"""The time in the name of a catalogue that was made from a photos folder."""
CHUNK_BYTES = 1 << 20
"""Bytes that are read at once when two files are compared."""


@dataclass(slots=True)
class UrlCounts:
    """Number of a partner's URLs that catalogues brought, changed (another `version`) and took away."""

    new: int = 0
    updated: int = 0
    deleted: int = 0


@dataclass(slots=True)
class Intake:
    """What became of the files in the inbox: `applied` has the keys of those that changed something.

    `urls`: of each partner whose catalogues were applied, what they changed.
    """

    problems: list[Problem] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    held: list[Held] = field(default_factory=list)
    applied: list[str] = field(default_factory=list)
    urls: dict[str, UrlCounts] = field(default_factory=dict)


NAMED_ERRORS = (
    BadKeyError,
    BadValueError,
    CatalogueMisnamedError,
    InputChangedError,
    InputDamagedError,
    MissingInputError,
    ReleaseUnreadableError,
    StorageError,
    OSError,
    StateUnreadableError,
)
"""Errors whose message says all. Of others the class is told too."""


@contextmanager
def told(problems: list[Problem], place: str) -> Iterator[None]:
    """Make a problem of whatever stops the work on one file or object, so that the others go on."""
    try:
        yield
    except Exception as error:  # noqa: BLE001 - one fault must not stop the others
        problems.append(problem_of(place, error))


def problem_of(place: str, error: Exception) -> Problem:
    """A problem that says what stopped the work on one file or object. Its traceback goes to the debug log."""
    log.debug("%s", printable(place), exc_info=error)
    named = str(error) if isinstance(error, NAMED_ERRORS) else f"{type(error).__name__}: {error}"
    return Problem(place, 0, place.rpartition("/")[2], printable(named, 300))


class HandInError(Exception):
    """A file or folder named on the command line cannot be handed in."""


def hand_in(workspace: Workspace, photos: Path | None, release: Path | None, catalogues: Path | None) -> list[Problem]:
    """Copy what the command line names into the inbox; returns what is wrong with single photos and catalogues.

    A file is not copied when the inbox has the same bytes already. Raises HandInError when a release or a folder has
    the wrong name or cannot be read, and PhotosFolderError when the photos cannot be used.
    """
    problems = list(hand_in_photos(photos, workspace.inbox, _after_photos(workspace))) if photos else []
    if catalogues:
        problems += _hand_in_catalogues(workspace, catalogues)
    if release:
        if not release.name.endswith(RELEASE_SUFFIXES):
            raise HandInError(f"{release}: a Data Release is named <release_id>.csv or <release_id>.csv.gz")
        _copy(workspace, release, RELEASES + release.name)
    return problems


def _after_photos(workspace: Workspace) -> datetime:
    """Now, or just after the latest photos: if the clock was set back, what is newer must not sort before them.

    The catalogues of photos are named by their time, in the inbox and, once they were applied, in the state.
    """
    moment = datetime.now(UTC)
    for store in (workspace.inbox, workspace.state):
        for listed in store.list(CATALOGUES):
            if named := PHOTOS_VERSION.search(listed.key):
                with suppress(ValueError, OverflowError):
                    before = datetime.strptime(named[1], "%Y-%m-%dT%H%M%S.%f").replace(tzinfo=UTC)
                    moment = max(moment, before + timedelta(microseconds=1))
    return moment


def _hand_in_catalogues(workspace: Workspace, folder: Path) -> list[Problem]:
    """Copy every catalogue that can be copied; returns what is wrong with the others."""
    problems = []
    files = []
    for partner in sorted(path for path in folder.iterdir() if path.is_dir()):
        try:
            files += sorted(path for path in partner.iterdir() if path.name.endswith(CATALOGUE_SUFFIXES))
        except OSError as error:
            problems.append(Problem(str(partner), 0, partner.name, f"cannot be read: {error.strerror or error}"))
    if not files and not problems:
        raise HandInError(f"{folder}: no catalogues found; expected DIR/<partner_id>/<version>.jsonl[.gz]")
    for file in files:
        try:
            _copy(workspace, file, partner_folder(unquote(file.parent.name)) + file.name)
        except (HandInError, StorageError) as error:
            problems.append(Problem(str(file), 0, file.name, str(error)))
    return problems


def _copy(workspace: Workspace, file: Path, key: str) -> None:
    """Copy a file into the inbox unless the same bytes are there."""
    if not file.is_file():
        raise HandInError(f"{file}: is no file")
    try:
        present = workspace.inbox.open(key)
        if present is not None:
            with present, file.open("rb") as wanted:
                if _have_same_bytes(present, wanted):
                    return
        workspace.inbox.put_file(key, file)
    except (OSError, shutil.Error, BadKeyError) as error:
        raise HandInError(f"{file}: {error}") from error


def _have_same_bytes(one: BinaryIO, other: BinaryIO) -> bool:
    while True:
        chunk, other_chunk = one.read(CHUNK_BYTES), other.read(CHUNK_BYTES)
        if chunk != other_chunk:
            return False
        if not chunk:
            return True


def apply_inbox(workspace: Workspace) -> Intake:
    """Apply every catalogue and release of the inbox that is newer than the one in force, in the order of their keys.

    Whatever cannot be read or applied becomes a problem of the result; the others are applied all the same.
    """
    intake = Intake()
    intake.problems += workspace.odd_entries()
    _apply_catalogues(workspace, intake)
    _apply_releases(workspace, intake)
    _add_override_problems(workspace, intake)
    return intake


def _listed(workspace: Workspace, prefix: str, intake: Intake) -> list[str]:
    """Keys in the inbox. Where a part of it cannot be listed, that is a problem, and the rest is given."""
    keys: list[str] = []
    with told(intake.problems, prefix):
        keys.extend(listed.key for listed in workspace.inbox.list(prefix))  # keeps what it had before a fault
    return keys


def _apply_catalogues(workspace: Workspace, intake: Intake) -> None:
    keys = _listed(workspace, CATALOGUES, intake)
    newest = {key.split("/")[1]: key for key in sorted(keys)}
    for key in keys:
        with told(intake.problems, key):
            result = apply_catalogue(workspace.inbox, workspace.state, key, workspace.settings)
            _record(intake, key, result, is_newest=newest[key.split("/")[1]] == key)


def _apply_releases(workspace: Workspace, intake: Intake) -> None:
    keys = _listed(workspace, RELEASES, intake)
    for key in keys:
        with told(intake.problems, key):
            result = apply_release(workspace.inbox, workspace.state, key, workspace.settings, datetime.now(UTC))
            _record(intake, key, result, is_newest=key == keys[-1])


def _record(
    intake: Intake, key: str, result: CatalogueApplied | ReleaseApplied | Held | Ignored, *, is_newest: bool
) -> None:
    """Add what became of one file.

    Old files stay in the inbox, so ignoring one is normal. Only when the newest file is ignored, a person should know.
    """
    if isinstance(result, Held):
        intake.held.append(result)
        intake.problems += result.problems
    elif isinstance(result, Ignored):
        if result.is_warning and is_newest:
            intake.warnings.append(f"{key}: ignored: {result.reason}")
    else:
        if isinstance(result, CatalogueApplied):
            counts = intake.urls.setdefault(result.partner_id, UrlCounts())
            counts.new += result.new
            counts.updated += result.updated
            counts.deleted += result.deleted
        intake.applied.append(key)
        intake.problems += result.problems
        intake.warnings += map(str, getattr(result, "warnings", ()))


def _add_override_problems(workspace: Workspace, intake: Intake) -> None:
    """Add the lines of override files that cannot be read. Every run reports them until a person corrects the file."""
    for key in _listed(workspace, OVERRIDES, intake):
        hotel_id = overridden_hotel(key)
        if hotel_id is None:
            rule = "decisions about a hotel belong in overrides/<hotel_id>.jsonl"
            intake.problems.append(Problem(key, 0, key, rule))
        else:
            with told(intake.problems, key):
                intake.problems += read_overrides(workspace.inbox, hotel_id)[1]
