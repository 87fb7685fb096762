"""Choose: group the copies of each photograph into one picture, choose its best image, apply what people decided.

An override names a photograph through any of its copies: every image grouped with the named one shares the decision.
Where two decisions disagree, the later line wins.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field, replace

from image_release.dedup import (
    Best,
    Difference,
    Evidence,
    FingerprintedImage,
    Picture,
    SameView,
    choose_best,
    evidence_with,
    group_same,
)
from image_release.hotel.acquire import Acquired
from image_release.hotel.load import Hotel
from image_release.hotel.published import images_of, partner_image
from image_release.hotel.splits import DecidedBefore, before_split, inherited, with_parts
from image_release.publish import Manifest, MergedImage, PublishedPicture
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
    members: frozenset[str]
    """SHA-256 of all images of the picture."""
    once_with: frozenset[str] = frozenset()
    """SHA-256 of images whose decisions hold here, though they are in another picture now."""
    is_wanted: bool = False
    """Whether a person pinned the picture, showed it, or said that it differs from another one."""
    same_view: Mapping[str, SameView] = field(default_factory=dict)
    """Other pictures that show the same view, by the SHA-256 of their best images."""


def choose(hotel: Hotel, acquired: Acquired, settings: Settings, manifest: Manifest | None) -> tuple[Chosen, ...]:
    """Group the usable copies and choose the best image of each group; then the published pictures that stand.

    `manifest` is what was published before: it tells which parts of a picture keep the decisions about another one.
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
    before = before_split(manifest, hotel.overrides, settings)
    decisions = [override for override in hotel.overrides if override.action in ("same", "different")]
    pictures = [
        picture
        for picture in group_same(seen, with_parts(decisions, before), settings.grouping)
        if any(sha256 in senders for sha256 in picture.members)
    ]
    copies = {sha256: members for members in (frozenset(item.members) for item in pictures) for sha256 in members}
    chosen = [_chosen(hotel, picture, seen, senders, settings, before, copies) for picture in pictures]
    chosen += [_as_published(hotel, acquired, picture, copies.keys()) for picture in acquired.standing]
    found = [view for picture in pictures for view in picture.same_view]
    found += [view for picture in acquired.standing for view in _same_views_as_published(picture)]
    return tuple(_with_same_views(chosen, found))


def _with_same_views(chosen: Sequence[Chosen], found: Iterable[SameView]) -> Iterator[Chosen]:
    """The pictures, each with those that show the same view; of several findings about two of them the likeliest."""
    best_of = {sha256: item.best.sha256 for item in chosen for sha256 in item.members}
    views: dict[str, dict[str, SameView]] = {}
    for view in sorted(found, key=lambda view: (view.score, view.image, view.other)):
        one, other = best_of.get(view.image), best_of.get(view.other)
        if one and other and one != other:
            views.setdefault(one, {})[other] = view
            views.setdefault(other, {})[one] = view
    for item in chosen:
        yield replace(item, same_view=views.get(item.best.sha256, {}))


def _same_views_as_published(picture: PublishedPicture) -> Iterator[SameView]:
    """The pictures of the same view that a picture was published with, as far as this version knows the difference."""
    for view in picture.same_view:
        if view.difference in set(Difference):
            yield SameView(picture.best.sha256, view.picture, Difference(view.difference), view.score, view.overlap)


def _as_published(hotel: Hotel, acquired: Acquired, picture: PublishedPicture, held: AbstractSet[str]) -> Chosen:
    """A picture that stands: as it was published, without the copies that nobody lists any more."""
    merged = [image for image in picture.merged if partner_image(image) in acquired.copies]
    members, once_with = frozenset(image.sha256 for image in images_of(picture)), frozenset(picture.once_with)
    hidden_by, pin, labels = decisions_about(hotel, members, once_with, held)
    return Chosen(
        best=Best(picture.best.sha256, picture.margin, {}),
        image=partner_image(picture.best),
        merged={partner_image(image): _evidence(picture, image) for image in merged},
        hidden_by=hidden_by,
        pin=pin,
        labels=labels or tuple(Label(label.description, label.score) for label in picture.labels) or None,
        members=members,
        once_with=once_with,
        is_wanted=_is_wanted(hotel, members | once_with),
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
    before: DecidedBefore,
    copies: Mapping[str, AbstractSet[str]],
) -> Chosen:
    best = _chosen_by_people(hotel, picture, senders) or choose_best(picture, seen, senders.keys())
    image = _sender(hotel, senders[best.sha256], settings)
    sent = [sha256 for sha256 in picture.members if sha256 in senders]
    evidence = evidence_with(picture, seen, best.sha256, sent, settings.grouping)
    merged = {
        other: evidence[sha256] for sha256 in picture.members for other in senders.get(sha256, ()) if other != image
    }
    members = frozenset(picture.members)
    once_with = inherited(hotel.overrides, members, before, copies)
    hidden_by, pin, labels = decisions_about(hotel, members, once_with, copies.keys())
    is_wanted = _is_wanted(hotel, members | once_with)
    return Chosen(best, image, merged, hidden_by, pin, labels, members, once_with, is_wanted)


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


def _is_wanted(hotel: Hotel, images: AbstractSet[str]) -> bool:
    return any(
        override.action in ("pin", "show", "different") and not images.isdisjoint(override.images)
        for override in hotel.overrides
    )


def decisions_about(
    hotel: Hotel,
    members: AbstractSet[str],
    once_with: AbstractSet[str] = frozenset(),
    held: AbstractSet[str] = frozenset(),
) -> tuple[Override | None, Pin | None, tuple[Label, ...] | None]:
    """Replay what people decided about this photograph: (hidden by, pin, labels).

    Decisions about images that it was `once_with` hold, too. But one picture has a place: a pin goes to the picture of
    the image that it names, if that is among those that partners still send (`held`).
    """
    hidden_by = withdrawn_by = hotel.withdrawn_by()
    pin: Pin | None = None
    labels: tuple[Label, ...] | None = None
    for line, override in enumerate(hotel.overrides):
        is_named = not members.isdisjoint(override.images)
        if not is_named and once_with.isdisjoint(override.images):
            continue
        if override.action == "hide":
            hidden_by = withdrawn_by or override
        elif override.action == "show":
            hidden_by = withdrawn_by
        elif override.action == "pin" and (is_named or held.isdisjoint(override.images)):
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
