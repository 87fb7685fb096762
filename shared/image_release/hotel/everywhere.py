"""Decisions for every hotel, in one hotel: which of its images they are about, and the lines that they write or undo.

A line is written once, if it is absent, before the hotel's manifest is swapped in; so the result holds it at once. What
a person says in the hotel comes first: where such a line was revoked, the decision writes none again, and an image that
shows the same as one that a line names already gets no line of its own. A line whose decision was revoked is revoked.

Nothing is missed between a decision, its revocation and a hotel under way: a mark in the state is put before a line is
written, the decisions are listed again after it, and once more after the swap.
"""

from __future__ import annotations

import logging
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

from image_release.cache import read_cached_images, read_fingerprints
from image_release.dedup import copies_of
from image_release.everywhere_keys import everywhere_mark_key
from image_release.fingerprint import FINGERPRINT_VERSION, Fingerprint, FingerprintsUnreadableError, unpack_one
from image_release.hotel.load import Hotel, load
from image_release.ingest import (
    Decision,
    EverywhereDecision,
    EverywhereDecisions,
    Mark,
    append_lines,
    in_force,
    mark_of,
    override_line,
    read_decisions,
    read_overrides,
    revoking_line,
)
from image_release.publish import Manifest
from image_release.storage import Stores

log = logging.getLogger(__name__)

MOST_ROUNDS = 5
"""Maximum number of times that lines are written and the decisions listed again; one is usual, each needs a change."""


@dataclass(frozen=True, slots=True)
class Looked:
    """The images of a hotel that are compared (`among`), and the fingerprints of all that are known, by SHA-256."""

    fingerprints: Mapping[str, Fingerprint]
    among: frozenset[str]


def look_again(hotel: Hotel, decisions: EverywhereDecisions, stores: Stores) -> Hotel:
    """Compare all images of a hotel that are known with the decisions, listed anew; otherwise as `follow_everywhere`.

    Images that its listed URLs gave last count.
    """
    fingerprints: dict[str, Fingerprint] = {}
    among: set[str] = set()
    for accommodation in hotel.accommodations:
        urls = read_cached_images(stores.state, accommodation).urls
        gave = {
            urls[image.url].sha256
            for image in hotel.images
            if image.accommodation == accommodation and image.url in urls
        }
        fingerprints |= read_fingerprints(stores.state, accommodation) if gave else {}
        among |= {sha256 for sha256 in gave if sha256}
    decisions.refresh(stores.inbox)
    return follow_everywhere(hotel, Looked(fingerprints, frozenset(among)), decisions, stores)


def write_lines(hotel_id: str, decisions: EverywhereDecisions, stores: Stores) -> None:
    """Write the lines of a hotel, or undo them, without processing it: for a job that has it processed afterwards."""
    look_again(load(hotel_id, stores), decisions, stores)


def images_in(manifest: Manifest | None) -> frozenset[str]:
    """SHA-256 of every image that a manifest names, shown or not."""
    if manifest is None:
        return frozenset()
    shown = {image.sha256 for picture in manifest.pictures for image in (picture.best, *picture.merged)}
    return frozenset(shown | {image.sha256 for image in manifest.rejected if image.sha256})


def follow_everywhere(hotel: Hotel, looked: Looked, decisions: EverywhereDecisions, stores: Stores) -> Hotel:
    """Write and undo what decisions for every hotel say of a hotel's images; returns the hotel with these lines.

    Reads and writes nothing more where none is about it. Raises DocumentContendedError and storage faults.
    """
    if hotel.row is None:
        return hotel
    for _ in range(MOST_ROUNDS):
        known = decisions.known(stores.inbox)
        matched = _matched(known, looked)
        if not matched and not any(_is_obsolete(override.why, known) for override in hotel.overrides):
            return hotel
        wrote = _write(hotel.hotel_id, known, matched, looked, stores)
        hotel = replace(hotel, overrides=read_overrides(stores.inbox, hotel.hotel_id)[0])
        if not wrote or not decisions.refresh(stores.inbox):
            break
    return hotel


def _matched(known: Sequence[EverywhereDecision], looked: Looked) -> dict[Mark, frozenset[str]]:
    """The images of the hotel that each decision in force is about; only decisions that are about some."""
    found = {}
    for mark, decision in in_force(known).items():
        images = {decision.image} & looked.among
        if fingerprint := fingerprint_of(decision):
            images |= set(copies_of(fingerprint, looked.fingerprints, looked.among - images))
        if images:
            found[mark] = frozenset(images)
    return found


def fingerprint_of(decision: EverywhereDecision) -> Fingerprint | None:
    """The fingerprint of a decision's image; None where it cannot be used, so that only the very bytes match."""
    if decision.fingerprint_version != FINGERPRINT_VERSION:
        return None
    return _unpacked(decision.fingerprint, decision.image)


@lru_cache(1_000)
def _unpacked(data: bytes, sha256: str) -> Fingerprint | None:
    try:
        return unpack_one(data, sha256)
    except FingerprintsUnreadableError as error:
        log.warning("decision about %s: its fingerprint cannot be read: %s", sha256, error)
        return None


def _is_obsolete(why: str, known: Sequence[EverywhereDecision]) -> bool:
    """Whether a line in force is one of a decision that was revoked. A decision that is not there was not revoked."""
    mark = mark_of(why)
    about = next((decision for decision in known if mark and decision.mark.image == mark.image), None)
    return about is not None and (about.mark != mark or not about.in_force)


def _write(
    hotel_id: str,
    known: Sequence[EverywhereDecision],
    matched: Mapping[Mark, frozenset[str]],
    looked: Looked,
    stores: Stores,
) -> bool:
    """Append the lines that are missing, under compare-and-swap; returns whether there were any."""
    forced = in_force(known)
    before, _ = read_decisions(stores.inbox, hotel_id)
    for mark in matched:
        if _missing(mark, matched[mark], before, looked):
            stores.state.put(everywhere_mark_key(forced[mark].image, hotel_id), b"")
    wrote = False

    def lines(present: Sequence[Decision]) -> Iterator[bytes]:
        nonlocal wrote
        wrote = False
        for mark, images in matched.items():
            if missing := _missing(mark, images, present, looked):
                wrote = True
                yield override_line(forced[mark].line(missing))
        for line in present:
            if line.override and not line.is_revoked and _is_obsolete(line.why, known):
                wrote = True
                yield _revoking(line, known)

    append_lines(stores.inbox, hotel_id, lines)
    return wrote


def _missing(mark: Mark, images: Collection[str], lines: Sequence[Decision], looked: Looked) -> frozenset[str]:
    """Of the images that a decision is about those that need a line: empty once a person revoked one of its lines."""
    own = [line for line in lines if line.override and mark_of(line.why) == mark]
    if any(line.is_revoked for line in own):
        return frozenset()
    named = frozenset(sha256 for line in own if line.override for sha256 in line.override.images)
    missing = frozenset(images) - named
    for sha256 in named & looked.fingerprints.keys():
        missing -= set(copies_of(looked.fingerprints[sha256], looked.fingerprints, missing))
    return missing


def _revoking(line: Decision, known: Sequence[EverywhereDecision]) -> bytes:
    """The line that undoes a line of a decision which is no longer in force, by whom that was revoked."""
    mark = mark_of(line.why)
    about = next(decision for decision in known if mark and decision.mark.image == mark.image)
    said = next((item for item in (about, *about.earlier) if item.mark == mark), about)
    by, at, why = (said.revoked.by, said.revoked.at, said.revoked.why) if said.revoked else (about.by, about.at, "")
    return revoking_line(line.digest, by=by, at=at, why=f"{why} {mark}".strip())
