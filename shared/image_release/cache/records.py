"""What is known of one accommodation's images, as values: by URL, and by content.

All of it is a cache (invariant 3): it can be built again by downloading; losing it costs time and, for labels, money.
`merge` unites what two writers know; the result does not depend on who wrote first.

A newer version may have cached an outcome that this one does not know. A failure with such an outcome counts as
`unavailable`, and its URL is tried again at once. A content with such an outcome is decoded again. Everything else that
is known of them stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Annotated

from pydantic import BeforeValidator

from image_release.outcomes import Outcome
from image_release.values import ImageFacts, Label

_OUTCOMES = frozenset(outcome.value for outcome in Outcome)


def _known_failure(value: object) -> object:
    if isinstance(value, dict) and _is_newer_word(value.get("outcome")):
        return {**value, "outcome": Outcome.UNAVAILABLE.value, "retry_at": value.get("since")}
    return value


def _known_verdict(value: object) -> object:
    return None if isinstance(value, list) and value and _is_newer_word(value[0]) else value


def _is_newer_word(value: object) -> bool:
    return isinstance(value, str) and value not in _OUTCOMES


@dataclass(frozen=True, slots=True)
class Failure:
    """Why the last check of a URL gave no bytes. `since` is the first of the failures of this kind in a row."""

    outcome: Outcome
    reason: str
    since: datetime
    tries: int
    retry_at: datetime | None
    """When the URL is checked again; None: not before the catalogue changes or the URL is due for revalidation."""
    refused: str | None = None
    """SHA-256 of the last whole image that came instead of the good copy and that our filters refuse."""
    refused_since: datetime | None = None
    """When `refused` first came. It takes the good copy's place when it comes again a day later."""


@dataclass(frozen=True, slots=True)
class UrlRecord:
    """When a URL was last checked (`at`), and the SHA-256 of the last good copy that it gave, if any.

    An image that never gave a good copy has the SHA-256 of the bytes that were refused, so that other settings or a
    newer decoder can judge them again. `etag` and `last_modified` are those of bytes that were examined and usable.
    """

    at: datetime
    version: str | None
    """The catalogue's `version` of the image at the last check."""
    sha256: str | None = None
    etag: str | None = None
    last_modified: str | None = None
    failure: Annotated[Failure | None, BeforeValidator(_known_failure)] = None


@dataclass(frozen=True, slots=True)
class ContentRecord:
    """What is known of one content. `at` is when this was last learned."""

    at: datetime
    facts: ImageFacts | None = None
    labels: tuple[Label, ...] | None = None
    labels_by: str | None = None
    unreadable: Annotated[tuple[Outcome, str, str] | None, BeforeValidator(_known_verdict)] = None
    """Outcome, reason and decoder version, where decoding failed. Another decoder version tries again."""
    unnamed_since: datetime | None = None
    """Since when neither a listed URL nor an override names this content."""


@dataclass(frozen=True, slots=True)
class CachedImages:
    """Everything that is cached of one accommodation's images: by URL, and by SHA-256."""

    urls: Mapping[str, UrlRecord] = field(default_factory=dict)
    contents: Mapping[str, ContentRecord] = field(default_factory=dict)


def merge(one: CachedImages, other: CachedImages) -> CachedImages:
    """Unite what two writers know. Commutative; where they disagree, what was learned later counts."""
    urls = dict(one.urls)
    for url, record in other.urls.items():
        known = urls.get(url)
        urls[url] = record if known is None else max(known, record, key=_url_order)
    contents = dict(one.contents)
    for sha256, content in other.contents.items():
        known_content = contents.get(sha256)
        contents[sha256] = content if known_content is None else _merge_content(known_content, content)
    return CachedImages(urls, contents)


def _url_order(record: UrlRecord) -> tuple[datetime, str, str]:
    return record.at, record.sha256 or "", record.version or ""


def _merge_content(one: ContentRecord, other: ContentRecord) -> ContentRecord:
    later, earlier = sorted((one, other), key=lambda record: (record.at, repr(record)), reverse=True)
    labelled = later if later.labels is not None else earlier
    return replace(
        later,
        facts=later.facts or earlier.facts,
        labels=labelled.labels,
        labels_by=labelled.labels_by,
    )
