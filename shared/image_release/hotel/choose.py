"""Choose: the copies of each photograph as one picture, its best image, and what people decided about it.

Overrides speak of a photograph through any of its copies: whoever is grouped with the image that was named shares the
decision, later lines winning.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from image_release.dedup import Best, Evidence, FingerprintedImage, Picture, choose_best, evidence_with, group_same
from image_release.hotel.acquire import Acquired
from image_release.hotel.load import Hotel
from image_release.rank import partner_value
from image_release.settings import Settings
from image_release.values import Label, Override, PartnerImage


@dataclass(frozen=True, slots=True)
class Chosen:
    """A picture with its best image (`candidate` sends it) and what people decided."""

    best: Best
    candidate: PartnerImage
    merged: Mapping[PartnerImage, Evidence]
    """Every other image of the picture, with the evidence that it shows the same photograph as the best one."""
    hidden_by: Override | None
    pinned_at: int | None
    labels: tuple[Label, ...] | None
    """Labels that a person gave; None: the tagger's count."""


def choose(hotel: Hotel, acquired: Acquired, settings: Settings) -> tuple[Chosen, ...]:
    """Group the usable copies and choose the best image of each group; witnesses take part but are never chosen."""
    senders: dict[str, list[PartnerImage]] = {}
    for candidate, sha256 in acquired.copies.items():
        senders.setdefault(sha256, []).append(candidate)
    witnesses = {
        sha256 for sha256 in hotel.named_by_people() if sha256 in acquired.fingerprints and sha256 in acquired.facts
    }
    seen = {
        sha256: FingerprintedImage(acquired.facts[sha256], acquired.fingerprints[sha256])
        for sha256 in senders.keys() | witnesses
    }
    decisions = [override for override in hotel.overrides if override.action in ("same", "different")]
    pictures = group_same(seen, decisions, settings.grouping)
    return tuple(
        _chosen(hotel, picture, seen, senders, settings)
        for picture in pictures
        if any(sha256 in senders for sha256 in picture.members)
    )


def _chosen(
    hotel: Hotel,
    picture: Picture,
    seen: Mapping[str, FingerprintedImage],
    senders: Mapping[str, list[PartnerImage]],
    settings: Settings,
) -> Chosen:
    best = choose_best(picture, seen, senders.keys())
    candidate = _sender(hotel, senders[best.sha256], settings)
    evidence = evidence_with(picture, seen, best.sha256, [sha256 for sha256 in picture.members if sha256 in senders])
    merged = {
        other: evidence[sha256] for sha256 in picture.members for other in senders.get(sha256, ()) if other != candidate
    }
    hidden_by, pinned_at, labels = _decisions(hotel, picture)
    return Chosen(best, candidate, merged, hidden_by, pinned_at, labels)


def _sender(hotel: Hotel, candidates: list[PartnerImage], settings: Settings) -> PartnerImage:
    """Of several partners who send the same bytes, the one whose partner part of the score is highest."""
    return min(
        candidates,
        key=lambda candidate: (
            -partner_value(candidate.accommodation.partner_id, hotel.images[candidate].rank, settings.prioritising),
            candidate,
        ),
    )


def _decisions(hotel: Hotel, picture: Picture) -> tuple[Override | None, int | None, tuple[Label, ...] | None]:
    """Replay what people decided about this photograph: (hidden by, pinned at, labels)."""
    hidden_by: Override | None = None
    pinned_at: int | None = None
    labels: tuple[Label, ...] | None = None
    members = frozenset(picture.members)
    for override in hotel.overrides:
        if members.isdisjoint(override.images):
            continue
        if override.action == "hide":
            hidden_by = override
        elif override.action == "show":
            hidden_by = None
        elif override.action == "pin":
            pinned_at = override.position or 1
        elif override.action == "label":
            labels = override.labels
    return hidden_by, pinned_at, labels
