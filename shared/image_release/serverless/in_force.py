"""What an invocation works with: the settings that are stored, and the edition that its manifests are of.

Both are read at the start of an invocation if they are older than a minute, and again by a writer that meets something
newer. Settings that cannot be read change nothing: the last readable ones stay in force, and somebody is told. `tick`
keeps a copy of these for processes that start later. It notes which program works, as does a writer that is newer than
what is noted (decision 42).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from image_release.edition import PROGRAM, Edition, ProgramInForce
from image_release.serverless.ports import Suite
from image_release.settings import Settings
from image_release.settings_files import SettingsError, parse_settings
from image_release.state import parsed_json, read_json, swap_json
from image_release.storage import Store
from image_release.upkeep_keys import PROGRAM_IN_FORCE, readable_settings_key

MAX_AGE = timedelta(minutes=1)
"""How old what was read may be at the start of an invocation."""


@dataclass(frozen=True, slots=True)
class InForce:
    """The settings of an invocation, and its edition."""

    settings: Settings
    edition: Edition


@dataclass(frozen=True, slots=True)
class _Read:
    """Settings as they were read; `etag` is None where they are the shipped ones, or a copy."""

    settings: Settings
    stored_at: datetime | None = None
    etag: str | None = None


class InForceReader:
    """Reads what is in force in a stage, for one process.

    `key` names the settings in the inbox; empty: the shipped ones. `tell_unreadable` is called with the reason when
    they cannot be used, at most once a minute.
    """

    def __init__(
        self,
        inbox: Store,
        state: Store,
        key: str,
        now: Callable[[], datetime],
        tell_unreadable: Callable[[str], object],
        program: int = PROGRAM,
    ) -> None:
        self._inbox, self._state, self._key, self._now = inbox, state, key, now
        self._tell_unreadable = tell_unreadable
        self._program = program
        self._last: _Read | None = None
        self._last_epoch = 0
        self._settings_at: datetime | None = None
        self._epoch_at: datetime | None = None
        self._noted_stored_at: datetime | None = None
        self._told_at: datetime | None = None

    def read(self, *, again: bool = False) -> InForce:
        """What is in force, read anew if it is older than a minute, or `again`. The edition has no epoch yet.

        Settings that did not change are the same object as before. Raises SettingsError if none could ever be read.
        """
        if self._last is None or again or self._is_old(self._settings_at):
            self._last, self._settings_at = self._settings(), self._now()
        return InForce(self._last.settings, Edition(0, self._program, self._last.stored_at))

    def epoch(self, *, again: bool = False) -> int:
        """The epoch in which this program publishes, read anew if it is older than a minute, or `again`.

        It is read anew for other settings, too. What is newer than what was noted is noted before it publishes.
        """
        stored_at = self._last.stored_at if self._last else None
        if again or self._is_old(self._epoch_at) or stored_at != self._noted_stored_at:
            found = program_in_force(self._state)
            if found != found.met(self._program, stored_at):
                found = self._note(stored_at)
            self._last_epoch, self._epoch_at = found.epoch_of(self._program), self._now()
            self._noted_stored_at = stored_at
        return self._last_epoch

    def _note(self, stored_at: datetime | None) -> ProgramInForce:
        found = ProgramInForce()

        def change(document: Any) -> Any:
            nonlocal found
            before = _program_of(document)
            found = before.met(self._program, stored_at)
            return None if found == before else _document(found)

        swap_json(self._state, PROGRAM_IN_FORCE, change)
        return found

    def _is_old(self, moment: datetime | None) -> bool:
        return moment is None or not timedelta() <= self._now() - moment < MAX_AGE

    def _settings(self) -> _Read:
        if not self._key:
            return self._last or _Read(Settings())
        try:
            return _stored(self._inbox, self._key, self._last)
        except SettingsError as error:
            if self._is_old(self._told_at):
                self._tell_unreadable(str(error))
                self._told_at = self._now()
            found = self._last or self._copy()
            if found is None:
                raise
            return found

    def _copy(self) -> _Read | None:
        """The copy that `tick` of this program kept, or of one before it; None if there is none that can be read."""
        for program in range(self._program, 0, -1):
            key = readable_settings_key(program)
            stored = self._state.get(key)
            if stored is not None:
                document = parsed_json(key, stored.data)
                settings = parse_settings(document["text"].encode(), self._key)
                return _Read(settings, datetime.fromisoformat(document["stored_at"]))
        return None


def program_in_force(state: Store) -> ProgramInForce:
    """The program that was noted last. Raises StateUnreadableError."""
    return _program_of(read_json(state, PROGRAM_IN_FORCE))


def keep_readable_settings(suite: Suite) -> dict[str, int]:
    """Keep a copy of the stored settings if they can be read: a job of `tick`. Raises SettingsError if they cannot."""
    if not suite.settings_key:
        return {}
    stored = suite.inbox.get(suite.settings_key)
    if stored is None:
        raise _missing(suite.settings_key)
    parse_settings(stored.data, suite.settings_key)
    document = {"text": stored.data.decode("utf-8-sig"), "stored_at": stored.modified.isoformat()}
    kept = 0

    def change(present: Any) -> Any:
        nonlocal kept
        kept = int(present != document)
        return document if kept else None

    swap_json(suite.state, readable_settings_key(suite.edition.program), change)
    return {"kept": kept}


def note_program(suite: Suite) -> dict[str, int]:
    """Note which program works, and with settings of which moment; moving back begins an epoch: a job of `tick`."""
    begun = 0

    def change(document: Any) -> Any:
        nonlocal begun
        found = _program_of(document)
        listed = suite.inbox.head(suite.settings_key) if suite.settings_key else None
        stored_at = listed.modified if listed else None
        if suite.settings_key and listed is None:
            stored_at = found.stored_at  # they are missing, and the last ones stay in force
        noted = found.noted(suite.edition.program, stored_at)
        begun = noted.epoch - found.epoch
        return None if noted == found else _document(noted)

    swap_json(suite.state, PROGRAM_IN_FORCE, change)
    return {"epochs": begun}


def _stored(inbox: Store, key: str, last: _Read | None) -> _Read:
    stored = inbox.get(key)
    if stored is None:
        raise _missing(key)
    if last is not None and last.etag == stored.etag:
        return _Read(last.settings, stored.modified, stored.etag)
    return _Read(parse_settings(stored.data, key), stored.modified, stored.etag)


def _missing(key: str) -> SettingsError:
    return SettingsError(f"{key}: IMAGE_RELEASE_SETTINGS names this key, but the inbox has no such object")


def _program_of(document: Any) -> ProgramInForce:
    if document is None:
        return ProgramInForce()
    stored_at = document["stored_at"]
    moment = datetime.fromisoformat(stored_at) if stored_at else None
    return ProgramInForce(document["epoch"], document["program"], document["left"], moment)


def _document(found: ProgramInForce) -> dict[str, Any]:
    stored_at = found.stored_at.isoformat() if found.stored_at else None
    return {"epoch": found.epoch, "program": found.program, "left": found.left, "stored_at": stored_at}
