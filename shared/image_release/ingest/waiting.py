"""What a brake holds now, for people: `status` lists it, and `accept` lets it through."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any, Literal
from urllib.parse import unquote

from image_release.ingest.releases.current import Current, read_current
from image_release.state import held, is_accepted, read_json
from image_release.storage import Store
from image_release.store_keys import (
    ACCEPTS,
    CATALOGUES,
    GONE,
    HELD,
    RELEASES,
    accept_catalogue_key,
    accept_gone_key,
    accept_release_key,
    accepts_gone_prefix,
    catalogue_state_key,
    held_catalogue_key,
    held_gone_folder,
    held_release_key,
)


@dataclass(frozen=True, slots=True)
class Waiting:
    """A catalogue, images that disappeared, or a release: it waits for a person, or for the run after its accept."""

    what: Literal["catalogue", "release"]
    names: tuple[str, ...]
    """Partner and version of a catalogue (`gone-<day>`: its images), or the id of a release: `accept` takes them."""
    accept_key: str
    document: dict[str, Any]
    """The record of it, with its digest, what would go, and why it waits."""
    is_accepted: bool

    @property
    def is_named(self) -> bool:
        """Whether the record names a digest. One by an earlier version does not, and cannot be accepted."""
        return bool(self.document.get("digest"))


def all_waiting(inbox: Store, state: Store) -> Iterator[Waiting]:
    """Everything that is held and was not applied or superseded since."""
    partners = (listed.key for listed in state.list(CATALOGUES) if listed.key.split("/")[2:] == [HELD])
    for key in partners:
        if (document := held(state, key)) and (found := waiting_catalogue(inbox, state, document["partner_id"])):
            yield found
    for partner_id in sorted({unquote(listed.key.split("/")[1]) for listed in state.list(CATALOGUES)}):
        yield from waiting_gone(inbox, state, partner_id)
    for listed in state.list(RELEASES):
        if listed.key.split("/")[2:] == [HELD] and (document := held(state, listed.key)):
            found = waiting_release(inbox, state, document["identifier"])
            if found:
                yield found


def waiting_gone(inbox: Store, state: Store, partner_id: str) -> Iterator[Waiting]:
    """The days on which disappearing images of a partner were held, and were not accepted since."""
    accepts = [listed.modified for listed in inbox.list(accepts_gone_prefix(partner_id))]
    for listed in state.list(held_gone_folder(partner_id)):
        if document := held(state, listed.key):
            day = date.fromisoformat(document["day"])
            accepted = any(modified >= listed.modified for modified in accepts)
            names = (partner_id, f"{GONE}{day.isoformat()}")
            yield Waiting("catalogue", names, accept_gone_key(partner_id, day), document, accepted)


def waiting_catalogue(inbox: Store, state: Store, partner_id: str) -> Waiting | None:
    """The catalogue of a partner that is held."""
    held_key = held_catalogue_key(partner_id)
    document = held(state, held_key)
    present = read_json(state, catalogue_state_key(partner_id)) or {"version": "", "digest": ""}
    if document is None or _is_over(document, document["version"], present["version"], present["digest"]):
        return None
    accept_key = accept_catalogue_key(partner_id, document["version"])
    accepted = is_accepted(inbox, state, accept_key, held_key, document.get("digest", ""))
    return Waiting("catalogue", (partner_id, document["version"]), accept_key, document, accepted)


def waiting_release(inbox: Store, state: Store, release_id: str) -> Waiting | None:
    """The release of this id, if it is held."""
    held_key = held_release_key(release_id)
    document = held(state, held_key)
    present: Current | None = read_current(state)
    if document is None or (present and _is_over(document, release_id, present.release_id, present.digest)):
        return None
    accept_key = accept_release_key(release_id)
    accepted = is_accepted(inbox, state, accept_key, held_key, document.get("digest", ""))
    return Waiting("release", (release_id,), accept_key, document, accepted)


def is_let_through(inbox: Store, state: Store, accept_key: str) -> bool:
    """Whether an accept lets through something that is held. Any other accept counts for nothing."""
    name = accept_key.removeprefix(ACCEPTS)
    if name.startswith(RELEASES):
        found = waiting_release(inbox, state, name.removeprefix(RELEASES))
    else:
        found = waiting_catalogue(inbox, state, unquote(name.removeprefix(CATALOGUES).partition("/")[0]))
    return found is not None and found.accept_key == accept_key and found.is_accepted


def _is_over(document: dict[str, Any], name: str, in_force: str, digest: str) -> bool:
    """Whether what was held is in force by now, or a later one is."""
    return name < in_force or (name == in_force and document.get("digest", digest) == digest)
