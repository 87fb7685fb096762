"""Reading a partner's catalogue: its name, its lines as a stream, and the difference between two lists of images."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Annotated, Any, BinaryIO
from urllib.parse import unquote

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from image_release.ingest.files import CatalogueMisnamedError, lines
from image_release.ingest.ids import BadValueError, checked_id, checked_name
from image_release.ingest.listings import image_document
from image_release.problems import MAX_VALUE_CHARS, Problem, printable
from image_release.store_keys import CATALOGUE_SUFFIXES, CATALOGUES, without_suffix
from image_release.values import CatalogueImage, key_part

MAX_LINE_BYTES = 32_000_000
"""Maximum length of one accommodation's line: room for a hundred thousand images."""
MAX_VERSION_BYTES = 237
"""Maximum bytes of a version when percent-encoded: `listings-<version>.jsonl.gz` is one part of a key, of 255 bytes."""
ID_KEY = b'"accommodation_id"'
PHOTOS_PREFIX = "photos-"
"""First characters of the version of each catalogue that is made from a folder of photos."""
FOLDER_IS_GONE = b'{"photos": "the folder of this partner is gone, and those of others are there"}'
"""The only line of a catalogue that is made when a partner's folder of photos vanished: it deletes everything."""
_PLAIN_ID = re.compile(rb'\s*\{\s*"accommodation_id"\s*:\s*"([^"\\]+)"')
_ESCAPED_LETTER = re.compile(rb"\\u00[4-7]")
"""A letter or `_` that is written by its number: a key may be spelled so."""
NOTHING_DELETED = "; while this is so, the file deletes no accommodation"


@dataclass(frozen=True, slots=True)
class Changes:
    """The difference between an old and a new list of images. `updated`: the same URL with another `version`."""

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


def diff(before: Sequence[CatalogueImage], after: Sequence[CatalogueImage]) -> Changes:
    """Compare two lists of one accommodation's images."""
    old = {image.url: image for image in before}
    urls = {image.url for image in after}
    return Changes(
        new=tuple(image for image in after if image.url not in old),
        updated=tuple(image for image in after if image.url in old and image.version != old[image.url].version),
        deleted=tuple(image for image in before if image.url not in urls),
    )


class _LineImage(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    url: Annotated[str, Field(min_length=1, max_length=8_000)]
    rank: Annotated[int, Field(ge=1)] | None = None
    caption: Annotated[str, Field(max_length=10_000)] | None = None
    version: Annotated[str, Field(max_length=1_000)] | None = None


class _CatalogueLine(BaseModel):
    model_config = ConfigDict(extra="ignore", strict=True)
    accommodation_id: str
    images: list[_LineImage]


def read_catalogue(stream: BinaryIO, file: str) -> Iterator[GoodLine | BadLine]:
    """Read a catalogue line by line. A duplicate accommodation is a problem; the first one counts.

    A line is an object that ends, so a file that is cut short inside one has a bad line. Raises InputDamagedError.
    """
    is_empty = True
    for item in judged(numbered_lines(stream), file):
        is_empty = False
        yield item
    if is_empty:
        yield empty_file(file)


def numbered_lines(stream: BinaryIO) -> Iterator[tuple[int, bytes | None]]:
    """The lines of a catalogue that are not blank, without their ends, and their numbers; None for one too long."""
    for number, line in enumerate(lines(stream, MAX_LINE_BYTES), start=1):
        if line is None or line.strip():
            yield number, line and line.rstrip(b"\r\n")


def judged(numbered: Iterable[tuple[int, bytes | None]], file: str) -> Iterator[GoodLine | BadLine]:
    """What each line says. A duplicate accommodation is a problem; the first one counts."""
    seen: set[str] = set()
    for number, line in numbered:
        item = judge_line(line, file, number)
        name = item.accommodation_id
        if name is not None and name in seen:
            yield BadLine(Problem(file, number, name, "duplicate accommodation_id; the first one counts"), name)
            continue
        if name is not None:
            seen.add(name)
        yield item


def empty_file(file: str) -> BadLine:
    """What a file without lines says: any accommodation may be missing from it."""
    return BadLine(Problem(file, 0, "", f"is empty{NOTHING_DELETED}"), None)


def plain_id(line: bytes) -> bytes | None:
    """The id on a line that begins with it, as most do, found without reading the rest; None on any other line.

    If the line is good, or bad and its id can be read, this is its id: it is said once, and no key is written in
    another way.
    """
    found = _PLAIN_ID.match(line)
    if found is None or line.count(ID_KEY) > 1 or _ESCAPED_LETTER.search(line):
        return None
    return found[1]


def says_folder_is_gone(stream: BinaryIO) -> bool:
    """Whether a catalogue says that the partner's folder of photos vanished while others stayed, and nothing else."""
    return [line and line.strip() for line in islice(lines(stream, MAX_LINE_BYTES), 2)] == [FOLDER_IS_GONE]


def judge_line(line: bytes | None, file: str, number: int) -> GoodLine | BadLine:
    """What one line says; None stands for a line that is too long."""
    if line is None:
        return _bad(file, number, "", f"a line must have at most {MAX_LINE_BYTES} bytes")
    try:
        parsed = _CatalogueLine.model_validate_json(line)
        checked_id(parsed.accommodation_id, "accommodation_id")
    except ValidationError as error:
        first = error.errors(include_url=False, include_context=False)[0]
        where = ".".join(map(str, first["loc"])) or "line"
        return _bad(file, number, _shown(first["input"]), f"{where}: {first['msg']}", _id_on(line))
    except BadValueError as error:
        return _bad(file, number, error.value, str(error))
    if line.count(ID_KEY) > 1 and not _has_one_id(line):
        return _bad(file, number, parsed.accommodation_id, "accommodation_id is said twice")
    images: dict[str, CatalogueImage] = {}
    problems = []
    for image in parsed.images:
        if image.url in images:
            problems.append(
                Problem(file, number, image.url, "duplicate URL in the accommodation; the first one counts")
            )
        else:
            images[image.url] = CatalogueImage(image.url, image.rank, image.caption, image.version)
    return GoodLine(parsed.accommodation_id, tuple(images.values()), tuple(problems))


def _bad(file: str, number: int, value: str, rule: str, accommodation_id: str | None = None) -> BadLine:
    told = rule if accommodation_id is not None else rule + NOTHING_DELETED
    return BadLine(Problem(file, number, value, told), accommodation_id)


def _shown(value: object) -> str:
    """The beginning of a bad value."""
    return repr(value[:MAX_VALUE_CHARS] if isinstance(value, str | bytes) else value)


def _id_on(line: bytes) -> str | None:
    """The accommodation on a bad line; None where its id cannot be read."""
    try:
        name = json.loads(line.decode())["accommodation_id"]
        return checked_id(name, "accommodation_id") if _has_one_id(line) else None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return None


def _has_one_id(line: bytes) -> bool:
    """Whether an object on a line says its id once: where a line end was lost, two lines may have become one object."""
    names = []

    def said(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        names.append([name for name, _ in pairs].count("accommodation_id"))
        return {}

    json.loads(line.decode(), object_pairs_hook=said)
    return names[-1] == 1  # the outermost object is made last


def partner_and_version(key: str) -> tuple[str, str]:
    """Partner and version in the inbox key of a catalogue. Raises CatalogueMisnamedError, BadValueError.

    A version whose keys cannot exist is refused here, before anything is written.
    """
    partner, _, file = key.partition(CATALOGUES)[2].partition("/")
    version = without_suffix(file, CATALOGUE_SUFFIXES)
    if not partner or version is None or "/" in version:
        raise CatalogueMisnamedError(
            f"{printable(key)}: a catalogue is named catalogues/<partner_id>/<version>.jsonl or .jsonl.gz"
        )
    if len(key_part(version)) > MAX_VERSION_BYTES:
        raise BadValueError(version, f"version must be at most {MAX_VERSION_BYTES} bytes once percent-encoded")
    return checked_id(unquote(partner), "partner_id"), checked_name(version, "version")


def images_digest(images: Sequence[CatalogueImage]) -> str:
    """Digest of an accommodation's images, whatever their order."""
    documents = sorted((image_document(image) for image in images), key=lambda document: document["url"])
    return hashlib.sha256(json.dumps(documents, sort_keys=True).encode()).hexdigest()[:32]
