"""Decisions for every hotel: `decisions/<sha256>.json` in the inbox, one document for each image that people named.

A decision says of one image, by its fingerprint, what holds in every hotel that shows the same. It reaches a hotel as
an ordinary line of the hotel's own file, which ends its reason with a *mark*. By the mark the line is known again, also
where a person revoked it. A decision is known by its content (`identity`), so one that follows a revoked one about the
same image is another decision, and its lines are others.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Annotated, Literal

from pydantic import Base64Bytes, BaseModel, ConfigDict, Field, ValidationError, model_validator

from image_release.everywhere_keys import DECISIONS, decided_image, everywhere_key
from image_release.ingest.files import without_mark
from image_release.problems import Problem, printable
from image_release.state import swap
from image_release.storage import Store
from image_release.values import Label, Override

MAX_BYTES = 1_000_000
"""Largest document that is read. A fingerprint takes about 35 KB of it."""
MOST_EARLIER = 20
"""Number of revoked decisions about an image that its document keeps."""
EVERYWHERE = "everywhere"
"""Reason of a nudge that compares all images of a hotel with the decisions for every hotel."""
_MARK = re.compile(r" ?\[every hotel ([0-9a-f]{12})/([0-9a-f]{12})\]$")
_SHORT = 12

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
Text = Annotated[str, Field(max_length=1_000)]
Action = Literal["hide", "label", "keep"]
"""`keep` says that the picture may be in many hotels: it writes no line, and is not proposed again."""


class EverywhereRefusedError(Exception):
    """A decision for every hotel, or its revocation, makes no sense now; the message is a sentence that says why."""


class EverywhereLabel(BaseModel):
    """A label that a decision gives."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    description: Annotated[str, Field(min_length=1, max_length=200)]
    score: Annotated[float, Field(ge=0, le=1)] = 1.0


class Revocation(BaseModel):
    """Who undid a decision for every hotel, when and why."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    by: Text = ""
    at: Text = ""
    why: Text = ""


class Said(BaseModel):
    """What a person said of an image for every hotel, and its revocation if there is one."""

    model_config = ConfigDict(frozen=True, extra="ignore")
    image: Sha256
    action: Action
    labels: Annotated[tuple[EverywhereLabel, ...], Field(max_length=20)] = ()
    by: Text = ""
    at: Text = ""
    why: Text = ""
    revoked: Revocation | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Said:
        if (self.action == "label") is not bool(self.labels):
            raise ValueError("label needs labels, and no other action has them")
        return self

    @cached_property
    def identity(self) -> str:
        """What tells this decision from every other one: 12 digits of a digest of all but its revocation."""
        document = self.model_dump(mode="json", include={"image", "action", "labels", "by", "at", "why"})
        return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()[:_SHORT]

    @property
    def mark(self) -> Mark:
        """The mark of its lines."""
        return Mark(self.image[:_SHORT], self.identity)


class EverywhereDecision(Said):
    """A decision for every hotel with the fingerprint of its image, so that a hotel matches without reading others."""

    fingerprint: Annotated[Base64Bytes, Field(max_length=MAX_BYTES)]
    """One packed fingerprint (`fingerprint.pack_fingerprints`), by the SHA-256 of the image."""
    fingerprint_version: Annotated[str, Field(max_length=100)]
    earlier: Annotated[tuple[Said, ...], Field(max_length=MOST_EARLIER)] = ()
    """Decisions about the same image that were revoked before, the latest first."""

    @property
    def in_force(self) -> bool:
        """Whether nobody revoked it."""
        return self.revoked is None

    @property
    def writes_lines(self) -> bool:
        """Whether it writes lines to the hotels that have its image."""
        return self.in_force and self.action != "keep"

    def line(self, images: Iterable[str]) -> Override:
        """The line that it writes to a hotel's file: about images of that hotel, with the mark."""
        assert self.action != "keep", "a picture that is kept needs no line"
        labels = tuple(Label(label.description, label.score) for label in self.labels)
        why = f"{self.why} {self.mark}".strip()
        return Override(self.action, tuple(sorted(images)), None, labels, self.by, self.at, why)


@dataclass(frozen=True, slots=True)
class Mark:
    """First digits of the image that a decision for every hotel is about, and the decision's identity."""

    image: str
    identity: str

    def __str__(self) -> str:
        return f"[every hotel {self.image}/{self.identity}]"


def mark_of(why: str) -> Mark | None:
    """The mark at the end of a line's reason; None if the line is not one of a decision for every hotel."""
    match = _MARK.search(why)
    return Mark(match[1], match[2]) if match else None


def put_everywhere(inbox: Store, decision: EverywhereDecision) -> None:
    """Put a decision in force. One that was revoked moves to `earlier`.

    Raises EverywhereRefusedError if another decision about the image is in force, and DocumentContendedError.
    """

    def changed(data: bytes | None) -> bytes | None:
        before = None if data is None else _readable(decision.image, data)
        if before is None:
            return _bytes(decision)
        if before.in_force:
            if before.identity == decision.identity:
                return None
            raise EverywhereRefusedError(
                f"image {decision.image[:_SHORT]}: {printable(before.by) or 'somebody'} decided {before.action} for "
                f"every hotel already, at {printable(before.at)}; revoke that first"
            )
        was = Said.model_validate(before.model_dump(include=set(Said.model_fields)))
        return _bytes(decision.model_copy(update={"earlier": (was, *before.earlier)[:MOST_EARLIER]}))

    swap(inbox, everywhere_key(decision.image), changed)


def revoke_everywhere(inbox: Store, image: str, revocation: Revocation) -> EverywhereDecision:
    """Undo the decision about an image, and return it as revoked.

    Raises EverywhereRefusedError if none is in force, and DocumentContendedError.
    """
    revoked: EverywhereDecision | None = None

    def changed(data: bytes | None) -> bytes:
        nonlocal revoked
        before = None if data is None else _readable(image, data)
        if before is None or not before.in_force:
            raise EverywhereRefusedError(f"image {image[:_SHORT]}: no decision for every hotel is in force")
        revoked = before.model_copy(update={"revoked": revocation})
        return _bytes(revoked)

    swap(inbox, everywhere_key(image), changed)
    assert revoked is not None
    return revoked


@dataclass(slots=True)
class EverywhereDecisions:
    """All decisions for every hotel, as one process knows them: listed again when asked, read again when they changed.

    A document that cannot be read is a problem, and decides nothing.
    """

    problems: tuple[Problem, ...] = ()
    _known: dict[str, tuple[tuple[int, datetime], EverywhereDecision | Problem]] = field(default_factory=dict)
    _is_listed: bool = False

    def known(self, inbox: Store) -> tuple[EverywhereDecision, ...]:
        """What this process knows; the first call lists the inbox."""
        if not self._is_listed:
            self.refresh(inbox)
        return self._readable()

    def refresh(self, inbox: Store) -> bool:
        """List the documents and read those that changed; returns whether any did. Raises StorageError."""
        listed = {
            item.key: (item.size, item.modified)
            for item in inbox.list(DECISIONS)
            if decided_image(item.key) is not None
        }
        changed = {key for key, state in listed.items() if key not in self._known or self._known[key][0] != state}
        gone = self._known.keys() - listed.keys()
        for key in gone:
            del self._known[key]
        for key in changed:
            self._known[key] = (listed[key], _read(inbox, key, listed[key][0]))
        self._is_listed = True
        self.problems = tuple(found for _, found in self._known.values() if isinstance(found, Problem))
        return bool(changed or gone)

    def _readable(self) -> tuple[EverywhereDecision, ...]:
        return tuple(found for _, (_, found) in sorted(self._known.items()) if isinstance(found, EverywhereDecision))


def in_force(decisions: Iterable[EverywhereDecision]) -> Mapping[Mark, EverywhereDecision]:
    """The decisions that write lines to hotels now, by mark."""
    return {decision.mark: decision for decision in decisions if decision.writes_lines}


def _read(inbox: Store, key: str, size: int) -> EverywhereDecision | Problem:
    if size > MAX_BYTES:
        return Problem(key, 0, f"{size} bytes", f"a decision has at most {MAX_BYTES} bytes; it decides nothing")
    stored = inbox.get(key)
    return _parsed(key, stored.data) if stored else Problem(key, 0, "", "was deleted while it was read")


def _parsed(key: str, data: bytes) -> EverywhereDecision | Problem:
    try:
        decision = EverywhereDecision.model_validate_json(without_mark(data))
    except ValidationError as error:
        first = error.errors()[0]
        where = ".".join(map(str, first["loc"])) or "document"
        return Problem(key, 0, repr(first["input"])[:300], f"{where}: {first['msg']}; it decides nothing")
    if key != everywhere_key(decision.image):
        return Problem(key, 0, decision.image, "image: is not the SHA-256 in the file's name; it decides nothing")
    return decision


def _readable(image: str, data: bytes) -> EverywhereDecision:
    parsed = _parsed(everywhere_key(image), data)
    if isinstance(parsed, Problem):
        raise EverywhereRefusedError(f"inbox/{parsed.file} cannot be read: {parsed.rule}; mend or delete this file")
    return parsed


def _bytes(decision: EverywhereDecision) -> bytes:
    return json.dumps(decision.model_dump(mode="json"), sort_keys=True, ensure_ascii=False).encode()
