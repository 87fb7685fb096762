"""A partner's catalogue: read as a stream, compared with the last one, and applied accommodation by accommodation.

    catalogues/<partner>/state.json                 the version in force, written last
    catalogues/<partner>/listings-<version>.jsonl.gz  digest and image count of every accommodation of that version

The second is what makes the next diff cheap: only accommodations whose digest differs are read.
"""

from __future__ import annotations

import gzip
import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any, BinaryIO
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from image_release.problems import Problem
from image_release.settings import Settings
from image_release.storage import Store
from image_release.triggering.claiming import claim, forget_touched, holds, touch, touched
from image_release.triggering.documents import (
    MAX_SWAPS,
    DocumentContendedError,
    opened,
    read_json,
    swap_json,
    write_json,
)
from image_release.triggering.listing import image_document, read_listing, write_listing
from image_release.triggering.release import BadValueError, checked_id
from image_release.triggering.switch_over import Held, Ignored
from image_release.values import Accommodation, CatalogueImage, Listing, key_part

SUFFIXES = (".jsonl", ".jsonl.gz")
MAX_LINE_BYTES = 32_000_000
"""Of one accommodation: a hundred thousand images."""


@dataclass(frozen=True, slots=True)
class Changes:
    """What a new list of images changes of an old one. `updated`: the same URL with another `version`."""

    new: tuple[CatalogueImage, ...]
    updated: tuple[CatalogueImage, ...]
    deleted: tuple[CatalogueImage, ...]


@dataclass(frozen=True, slots=True)
class GoodLine:
    """An accommodation with all its images."""

    accommodation_id: str
    images: tuple[CatalogueImage, ...]
    problems: tuple[Problem, ...] = ()


@dataclass(frozen=True, slots=True)
class BadLine:
    """A line that cannot be used. `accommodation_id` is None where not even that can be read."""

    problem: Problem
    accommodation_id: str | None


@dataclass(frozen=True, slots=True)
class CatalogueApplied:
    """A catalogue is in force. `changed` are the accommodations whose hotels have to be looked at."""

    partner_id: str
    version: str
    changed: tuple[Accommodation, ...]
    new: int
    updated: int
    deleted: int
    images: int
    problems: tuple[Problem, ...]


class CatalogueMisnamedError(Exception):
    """A file below `catalogues/` whose name is not `<partner_id>/<version>.jsonl` or `.jsonl.gz`."""


def diff(before: Sequence[CatalogueImage], after: Sequence[CatalogueImage]) -> Changes:
    """Compare two lists of one accommodation's images."""
    old = {image.url: image for image in before}
    urls = {image.url for image in after}
    return Changes(
        new=tuple(image for image in after if image.url not in old),
        updated=tuple(image for image in after if image.url in old and image.version != old[image.url].version),
        deleted=tuple(image for image in before if image.url not in urls),
    )


class _Image(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    url: Annotated[str, Field(min_length=1, max_length=8_000)]
    rank: Annotated[int, Field(ge=1)] | None = None
    caption: Annotated[str, Field(max_length=10_000)] | None = None
    version: Annotated[str, Field(max_length=1_000)] | None = None


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    accommodation_id: str
    images: list[_Image]


def read_catalogue(stream: BinaryIO, file: str) -> Iterator[GoodLine | BadLine]:
    """Read a catalogue line by line. An accommodation twice is a problem; the first one stands."""
    seen: set[str] = set()
    number = 0
    while line := stream.readline(MAX_LINE_BYTES):
        number += 1
        if not line.strip():
            continue
        item = _line(line, file, number)
        name = item.accommodation_id
        if name is not None and name in seen:
            yield BadLine(Problem(file, number, name, "accommodation_id stands twice; the first one counts"), name)
            continue
        if name is not None:
            seen.add(name)
        yield item


def _line(line: bytes, file: str, number: int) -> GoodLine | BadLine:
    if len(line) >= MAX_LINE_BYTES:
        return BadLine(Problem(file, number, "", f"a line must be shorter than {MAX_LINE_BYTES} bytes"), None)
    try:
        parsed = _Line.model_validate_json(line)
        checked_id(parsed.accommodation_id, "accommodation_id")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "line"
        return BadLine(Problem(file, number, repr(first["input"]), f"{where}: {first['msg']}"), _id_on(line))
    except BadValueError as error:
        return BadLine(Problem(file, number, error.value, str(error)), None)
    images: dict[str, CatalogueImage] = {}
    problems = []
    for image in parsed.images:
        if image.url in images:
            problems.append(Problem(file, number, image.url, "URL stands twice in the accommodation; the first counts"))
        else:
            images[image.url] = CatalogueImage(image.url, image.rank, image.caption, image.version)
    return GoodLine(parsed.accommodation_id, tuple(images.values()), tuple(problems))


def _id_on(line: bytes) -> str | None:
    """The accommodation on a bad line, where that much can be read."""
    try:
        name = json.loads(line)["accommodation_id"]
        return checked_id(name, "accommodation_id")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def partner_and_version(key: str) -> tuple[str, str]:
    """What a key of the inbox's `catalogues/` names. Raises CatalogueMisnamedError."""
    _, _, name = key.partition("catalogues/")
    partner, slash, file = name.partition("/")
    suffix = next((suffix for suffix in reversed(SUFFIXES) if file.endswith(suffix)), None)
    if not (partner and slash and suffix and "/" not in file and file != suffix):
        raise CatalogueMisnamedError(
            f"{key}: a catalogue is named catalogues/<partner_id>/<version>.jsonl or .jsonl.gz"
        )
    return checked_id(unquote(partner), "partner_id"), file.removesuffix(suffix)


def catalogue_state_key(partner_id: str) -> str:
    """Where the catalogue in force of a partner is recorded: {"version", "digest", "images", "accommodations"}."""
    return f"catalogues/{key_part(partner_id)}/state.json"


def tell_nobody(changed: Sequence[Accommodation]) -> None:
    """Say nothing: one machine looks at every hotel afterwards."""


def apply_catalogue(
    inbox: Store,
    state: Store,
    key: str,
    settings: Settings,
    *,
    announce: Callable[[Sequence[Accommodation]], None] = tell_nobody,
) -> CatalogueApplied | Held | Ignored:
    """Bring a catalogue in force, unless it is older, or deletes too much and nobody accepted it.

    `announce` is told which accommodations changed when they are written and the catalogue is not in force yet: if it
    fails, or the caller is killed, the same catalogue is applied and announced again.

    Raises CatalogueMisnamedError, MissingInputError, DocumentContendedError.
    """
    partner_id, version = partner_and_version(key)
    for _ in range(MAX_SWAPS):
        forced = touched(state, partner_id)
        result = _planned(inbox, state, key, settings, forced)
        if not isinstance(result, _Plan):
            return result
        if not claim(state, partner_id, version):
            return Ignored(f"{partner_id} {version}", "a newer catalogue is on its way", is_warning=True)
        if touched(state, partner_id) <= forced and read_json(state, catalogue_state_key(partner_id)) == result.base:
            return result.apply(announce)
    raise DocumentContendedError(catalogue_state_key(partner_id))


def _planned(
    inbox: Store, state: Store, key: str, settings: Settings, forced: frozenset[str]
) -> _Plan | Held | Ignored:
    """What a catalogue would change, or why it is not applied."""
    partner_id, version = partner_and_version(key)
    present = read_json(state, catalogue_state_key(partner_id))
    name = f"{partner_id} {version}"
    if present and version < present["version"]:
        return Ignored(name, f"sorts before the catalogue in force, {present['version']}", is_warning=True)
    plan = _Plan(state, partner_id, version, present, forced)
    plan.read(inbox, key)
    if present and (present["version"], present["digest"]) == (version, plan.digest) and not plan.changed:
        return Ignored(name, "is in force already", is_warning=False)
    limit = settings.brakes.max_deleted_share
    of = present["images"] if present else 0
    if plan.deleted > limit * of and inbox.head(f"accepts/catalogues/{key_part(partner_id)}/{version}") is None:
        held = Held("catalogue", name, plan.deleted, of, limit, tuple(plan.problems))
        document = {"partner_id": partner_id, "version": version, "leaving": plan.deleted, "of": of, "limit": limit}
        state.put(f"catalogues/{key_part(partner_id)}/held.json", write_json(document))
        return held
    return plan


@dataclass
class _Plan:
    """A catalogue on its way: what differs from the one in force, found before anything is written."""

    state: Store
    partner_id: str
    version: str
    base: Any
    """The partner's catalogue in force as it is recorded; None: this is the first."""
    forced: frozenset[str]
    """Accommodations that are written whether they differ or not: another catalogue may have written them."""
    problems: list[Problem] = field(default_factory=list)
    changed: dict[str, tuple[CatalogueImage, ...] | None] = field(default_factory=dict)
    """Accommodation -> its images; None: deleted."""
    digests: dict[str, tuple[str, int]] = field(default_factory=dict)
    """Accommodation -> digest and number of its images: the whole catalogue."""
    new: int = 0
    updated: int = 0
    deleted: int = 0

    def read(self, inbox: Store, key: str) -> None:
        """Find what differs. A bad line keeps what its accommodation had; an unreadable id keeps all."""
        before = self._digests_before()
        keep: set[str] = set()
        keep_all = False
        with opened(inbox, key) as stream:
            for item in read_catalogue(stream, key):
                if isinstance(item, GoodLine):
                    self.problems += item.problems
                    self._compare(item, before.get(item.accommodation_id))
                else:
                    self.problems.append(item.problem)
                    keep_all = keep_all or item.accommodation_id is None
                    keep |= {item.accommodation_id} if item.accommodation_id is not None else set()
        for name in (before.keys() | self.forced) - self.digests.keys():
            known = before.get(name)
            if keep_all or name in keep:
                self.digests |= {name: known} if known else {}
            else:
                self.changed[name] = None
                self.deleted += known[1] if known else 0

    def _compare(self, line: GoodLine, known: tuple[str, int] | None) -> None:
        digest = _digest(line.images)
        self.digests[line.accommodation_id] = (digest, len(line.images))
        if known and known[0] == digest and line.accommodation_id not in self.forced:
            return
        listing = read_listing(self.state, Accommodation(self.partner_id, line.accommodation_id)) if known else None
        changes = diff(listing.images if listing else (), line.images)
        self.new += len(changes.new)
        self.updated += len(changes.updated)
        self.deleted += len(changes.deleted)
        self.changed[line.accommodation_id] = line.images

    @property
    def digest(self) -> str:
        """Digest of the whole catalogue, whatever the order of its lines."""
        return hashlib.sha256(json.dumps(sorted(self.digests.items())).encode()).hexdigest()

    def apply(self, announce: Callable[[Sequence[Accommodation]], None]) -> CatalogueApplied | Ignored:
        """Write what differs; the partner's state moves last, so that a crash before it leaves the work to do again."""
        touch(self.state, self.partner_id, self.version, self.changed)
        if not holds(self.state, self.partner_id, self.version):
            return Ignored(f"{self.partner_id} {self.version}", "a newer catalogue is on its way", is_warning=True)
        for name, images in self.changed.items():
            accommodation = Accommodation(self.partner_id, name)
            write_listing(self.state, Listing(accommodation, self.version, images or (), deleted=images is None))
        changed = tuple(Accommodation(self.partner_id, name) for name in sorted(self.changed))
        announce(changed)
        lines = "".join(json.dumps([name, *known]) + "\n" for name, known in sorted(self.digests.items()))
        self.state.put(
            _listings_key(self.partner_id, self.version), gzip.compress(lines.encode(), compresslevel=3, mtime=0)
        )
        total = sum(count for _, count in self.digests.values())
        document = {
            "version": self.version,
            "digest": self.digest,
            "images": total,
            "accommodations": len(self.digests),
        }

        def change(present: Any) -> Any:
            return None if present and present["version"] > self.version else document

        if swap_json(self.state, catalogue_state_key(self.partner_id), change) is not None:
            forget_touched(self.state, self.partner_id, self.version)
        self.state.delete(f"catalogues/{key_part(self.partner_id)}/held.json")
        return CatalogueApplied(
            self.partner_id, self.version, changed, self.new, self.updated, self.deleted, total, tuple(self.problems)
        )

    def _digests_before(self) -> dict[str, tuple[str, int]]:
        if self.base is None:
            return {}
        stored = self.state.get(_listings_key(self.partner_id, self.base["version"]))
        if stored is None:
            return {}
        lines = (json.loads(line) for line in gzip.decompress(stored.data).splitlines())
        return {name: (digest, count) for name, digest, count in lines}


def _listings_key(partner_id: str, version: str) -> str:
    return f"catalogues/{key_part(partner_id)}/listings-{key_part(version)}.jsonl.gz"


def _digest(images: Sequence[CatalogueImage]) -> str:
    """Digest of an accommodation's images, whatever their order."""
    documents = sorted((image_document(image) for image in images), key=lambda document: document["url"])
    return hashlib.sha256(json.dumps(documents, sort_keys=True).encode()).hexdigest()[:32]
