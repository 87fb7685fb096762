"""Choose: group the copies of each photograph into one picture, choose its best image, apply what people decided.

An override names a photograph through any of its copies: every image grouped with the named one shares the decision.
Where two decisions disagree, the later line wins.
"""

from __future__ import annotations

from collections.abc import Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass

from image_release.dedup import Best, Evidence, FingerprintedImage, Picture, choose_best, evidence_with, group_same
from image_release.hotel.acquire import Acquired
from image_release.hotel.load import Hotel
from image_release.hotel.published import images_of, partner_image
from image_release.publish import MergedImage, PublishedPicture
from image_release.rank import partner_value
from image_release.settings import Settings
from image_release.values import Label, Override, PartnerImage


@dataclass(frozen=True, slots=True)
class Pin:
    """A position that a person gave to a picture, and the number of the decision among those in force."""

    position: int
    line: int
    decision: Override | None = None


@dataclass(frozen=True, slots=True)
class Chosen:
    """A picture with its best image, the partner image that stands for it, and what people decided."""

    best: Best
    image: PartnerImage
    merged: Mapping[PartnerImage, Evidence]
    """Every other image of the picture, with the evidence that it shows the same photograph as the best one."""
    hidden_by: Override | None
    pin: Pin | None
    labels: tuple[Label, ...] | None
    """Labels that a person gave, or that a picture has which stands; None: the tagger's labels count."""


def choose(hotel: Hotel, acquired: Acquired, settings: Settings) -> tuple[Chosen, ...]:
    """Group the usable copies and choose the best image of each group; then the published pictures that stand.

    Witnesses (images that overrides name and no catalogue lists any more) take part in grouping but are never chosen.
    """
    senders: dict[str, list[PartnerImage]] = {}
    for image, sha256 in acquired.copies.items():
        if sha256 in acquired.fingerprints:
            senders.setdefault(sha256, []).append(image)
    witnesses = {
        sha256 for sha256 in hotel.named_by_people() if sha256 in acquired.fingerprints and sha256 in acquired.facts
    }
    seen = {
        sha256: FingerprintedImage(acquired.facts[sha256], acquired.fingerprints[sha256])
        for sha256 in senders.keys() | witnesses
    }
    decisions = [override for override in hotel.overrides if override.action in ("same", "different")]
    pictures = group_same(seen, decisions, settings.grouping)
    chosen = [
        _chosen(hotel, picture, seen, senders, settings)
        for picture in pictures
        if any(sha256 in senders for sha256 in picture.members)
    ]
    return (*chosen, *(_as_published(hotel, acquired, picture) for picture in acquired.standing))


def _as_published(hotel: Hotel, acquired: Acquired, picture: PublishedPicture) -> Chosen:
    """A picture that stands: as it was published, without the copies that nobody lists any more."""
    merged = [image for image in picture.merged if partner_image(image) in acquired.copies]
    hidden_by, pin, labels = decisions_about(hotel, frozenset(image.sha256 for image in images_of(picture)))
    return Chosen(
        best=Best(picture.best.sha256, picture.margin, {}),
        image=partner_image(picture.best),
        merged={partner_image(image): _evidence(picture, image) for image in merged},
        hidden_by=hidden_by,
        pin=pin,
        labels=labels or tuple(Label(label.description, label.score) for label in picture.labels) or None,
    )


def _evidence(picture: PublishedPicture, image: MergedImage) -> Evidence:
    said = image.evidence
    return Evidence(picture.best.sha256, said.method, said.distance, said.overlap, said.score, said.mirrored)


def _chosen(
    hotel: Hotel,
    picture: Picture,
    seen: Mapping[str, FingerprintedImage],
    senders: Mapping[str, list[PartnerImage]],
    settings: Settings,
) -> Chosen:
    best = _chosen_by_people(hotel, picture, senders) or choose_best(picture, seen, senders.keys())
    image = _sender(hotel, senders[best.sha256], settings)
    sent = [sha256 for sha256 in picture.members if sha256 in senders]
    evidence = evidence_with(picture, seen, best.sha256, sent, settings.grouping)
    merged = {
        other: evidence[sha256] for sha256 in picture.members for other in senders.get(sha256, ()) if other != image
    }
    hidden_by, pin, labels = decisions_about(hotel, frozenset(picture.members))
    return Chosen(best, image, merged, hidden_by, pin, labels)


def _chosen_by_people(hotel: Hotel, picture: Picture, senders: Mapping[str, list[PartnerImage]]) -> Best | None:
    """The copy that people want to stand for the picture, if somebody sends it still."""
    for override in reversed(hotel.overrides):
        if override.action == "best":
            for sha256 in override.images:
                if sha256 in picture.members and sha256 in senders:
                    return Best(sha256, 0.0, {})
    return None


def _sender(hotel: Hotel, images: list[PartnerImage], settings: Settings) -> PartnerImage:
    """Of several partners who send the same bytes, the one with the highest partner part of the score."""
    return min(
        images,
        key=lambda image: (
            -partner_value(image.accommodation.partner_id, hotel.images[image].rank, settings.prioritising),
            image,
        ),
    )


def decisions_about(
    hotel: Hotel, members: AbstractSet[str]
) -> tuple[Override | None, Pin | None, tuple[Label, ...] | None]:
    """Replay what people decided about this photograph: (hidden by, pin, labels)."""
    hidden_by = withdrawn_by = hotel.withdrawn_by()
    pin: Pin | None = None
    labels: tuple[Label, ...] | None = None
    for line, override in enumerate(hotel.overrides):
        if members.isdisjoint(override.images):
            continue
        if override.action == "hide":
            hidden_by = withdrawn_by or override
        elif override.action == "show":
            hidden_by = withdrawn_by
        elif override.action == "pin":
            pin = Pin(override.position or 1, line, override)
        elif override.action == "label":
            labels = override.labels
    return hidden_by, pin, labels


def places_of(pins: Mapping[str, Pin]) -> dict[str, int]:
    """A different position for each pinned picture: of two at one position the later line gets it, the other the next.

    Positions that nobody else asks for stay as they are.
    """
    places: dict[str, int] = {}
    last = 0
    for sha256, pin in sorted(pins.items(), key=lambda item: (item[1].position, -item[1].line, item[0])):
        last = places[sha256] = max(pin.position, last + 1)
    return places
