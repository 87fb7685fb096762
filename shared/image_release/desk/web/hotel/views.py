"""What a hotel's page shows, made from its manifest and its decisions. Pure functions; templates escape every value."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from image_release.dedup import BY_HASHES
from image_release.desk.deciding import (
    Entry,
    HotelNow,
    effect_now,
    images_of,
    in_words,
    moment_of,
    revoker_of,
    said,
    short,
)
from image_release.desk.deciding.checking import GROUPED, RESCUED
from image_release.desk.moving import pins_of
from image_release.desk.web.addresses import hotel_address, rendition_address
from image_release.gallery import (
    ViewInWords,
    kind_in_words,
    once_one_with,
    same_views,
    why_best,
    why_here,
    why_rejected,
)
from image_release.ingest import Decision
from image_release.kinds import shipped_kinds
from image_release.outcomes import Outcome
from image_release.problems import printable
from image_release.publish import Manifest, MergedImage, Pending, PublishedImage, PublishedPicture, RejectedImage
from image_release.values import Override

CARD_PX, LARGE_PX = 640, 1_280
"""Minimum widths of the renditions that a card shows, and that it leads to."""
PART_NAMES = {"size": "size", "partner": "partner", "category": "what it shows", "appeal": "appeal"}
PENDING_WORDS = {
    "download": "Images that could not be fetched are asked for again",
    "tag": "What the pictures show is asked for again",
    "revalidate": "The partners' images are looked at again",
    "sweep": "Files that are no longer shown are deleted",
}
"""Kind of pending work -> what will be done, to be followed by the time."""
SHOWN_AGAIN = (Outcome.HIDDEN, Outcome.SAME_VIEW)
"""Outcomes of images that a person may show."""
LONG_AGO = datetime(2000, 1, 1, tzinfo=UTC)
"""When a decision was made where nobody wrote it."""


@dataclass(frozen=True, slots=True)
class CopyView:
    """A copy of a picture. `twin`: it has the same bytes as the best image, so nothing can be decided between them."""

    image: PublishedImage
    small: str
    large: str
    is_best: bool
    is_twin: bool
    evidence: str

    @property
    def credit(self) -> str:
        """Who is to be named for it, and whose it is; empty if the file does not say."""
        return credit_of(self.image)


@dataclass(frozen=True, slots=True)
class PictureView:
    """A picture in its place."""

    picture: PublishedPicture
    src: str
    large: str
    kind: str
    why: str
    why_best: str
    is_pinned: bool
    parts: tuple[tuple[str, float, float, str], ...]
    """Name, value, weight and model of each part of the score, the heaviest first."""
    copies: tuple[CopyView, ...]
    views: tuple[ViewInWords, ...] = ()
    once_with: tuple[PublishedPicture, ...] = ()
    """Pictures that were one with this one: what was decided about them holds here, too."""

    @property
    def sha256(self) -> str:
        """The best image, which names the picture in decisions."""
        return self.picture.best.sha256

    @property
    def credit(self) -> str:
        """Who is to be named for what is shown, and whose it is."""
        return credit_of(self.picture.best)


@dataclass(frozen=True, slots=True)
class RejectedView:
    """An image that is not shown. `small` and `large` are empty where its bytes are not known."""

    image: RejectedImage
    small: str
    large: str
    why: str
    can_show: bool
    can_rescue: bool
    can_join: bool
    can_hide: bool
    """Whether it is hidden by a decision about another picture, which was one with it before."""

    @property
    def credit(self) -> str:
        """Who is to be named for it, and whose it is."""
        return credit_of(self.image)


@dataclass(frozen=True, slots=True)
class NamedImage:
    """An image that a decision is about, in words: `the bedroom from atlas`."""

    name: str
    small: str
    large: str


@dataclass(frozen=True, slots=True)
class DecisionView:
    """A line of the history. `about` holds the images that the manifest still names."""

    digest: str
    by: str
    at: str
    said: str
    why: str
    effect: str
    is_undone: bool
    is_undoing: bool
    is_waiting: bool
    about: tuple[NamedImage, ...]


@dataclass(frozen=True, slots=True)
class HotelView:
    """Everything on the page of a hotel."""

    now: HotelNow
    pictures: tuple[PictureView, ...]
    rejected: tuple[RejectedView, ...]
    history: tuple[DecisionView, ...]
    pending: tuple[str, ...]
    kinds: tuple[tuple[str, str], ...]
    """Name and words of each kind that a picture may show."""

    @property
    def waiting(self) -> tuple[DecisionView, ...]:
        """Decisions that are newer than what is published."""
        return tuple(item for item in self.history if item.is_waiting)

    @property
    def withdrawn_by(self) -> DecisionView | None:
        """The decision that took all pictures off."""
        withdrawals = {
            item.digest for item in self.now.decisions if item.override and item.override.action == "withdraw"
        }
        return next((item for item in self.history if item.digest in withdrawals and not item.is_undone), None)


def view_of(now: HotelNow) -> HotelView:
    """The page of a hotel as it is now."""
    pins, overrides = pins_of(now), _latest(now.overrides)
    return HotelView(
        now,
        tuple(
            _picture(now.manifest, item, overrides, is_pinned=item.best.sha256 in pins)
            for item in now.manifest.pictures
        ),
        tuple(_rejected(now, image, overrides) for image in now.manifest.rejected),
        tuple(_decision(now, item) for item in reversed(now.decisions)),
        tuple(map(_pending, sorted(now.manifest.pending, key=lambda entry: entry.not_before))),
        tuple((name, kind_in_words(name)) for name in shipped_kinds()),
    )


def picture_address(hotel_id: str, picture: PublishedPicture, width: int) -> str:
    """Where a picture is shown at least so wide: a rendition, or else its original made small."""
    key = picture.rendition_from(width)
    return rendition_address(key) if key else image_address(hotel_id, picture.best.sha256, "large")


def image_address(hotel_id: str, sha256: str, size: str) -> str:
    """Where an image that the manifest names is shown."""
    return hotel_address(hotel_id, "images", sha256, size)


def credit_of(image: PublishedImage | RejectedImage) -> str:
    """What the file says of whom to name, and whose it is; empty if it says nothing."""
    said = (("Credit", "credit"), ("Copyright", "copyright"))
    return " · ".join(f"{name}: {text}" for name, key in said if (text := getattr(image, key, None)))


def _picture(
    manifest: Manifest, picture: PublishedPicture, overrides: Sequence[Override], *, is_pinned: bool
) -> PictureView:
    parts = sorted(picture.score.parts.items(), key=lambda item: (-item[1].weight, item[0]))
    return PictureView(
        picture,
        picture_address(manifest.hotel_id, picture, CARD_PX),
        picture_address(manifest.hotel_id, picture, LARGE_PX),
        kind_in_words(picture.category),
        why_here(manifest, picture, overrides),
        why_best(picture, overrides),
        is_pinned,
        tuple((PART_NAMES.get(name, name), part.value, part.weight, part.model or "") for name, part in parts),
        tuple(_copy(manifest.hotel_id, picture, image) for image in images_of(picture)),
        same_views(manifest, picture),
        tuple(manifest.pictures[position - 1] for position in once_one_with(manifest, picture.once_with)),
    )


def _copy(hotel_id: str, picture: PublishedPicture, image: PublishedImage) -> CopyView:
    evidence = ""
    if isinstance(image, MergedImage):
        found = image.evidence
        mirrored = ", mirrored" if found.mirrored else ""
        measured = f"score {found.score:.1f}, {found.overlap:.0%} in common"
        if found.method == BY_HASHES:
            measured = f"{found.distance:.0f} of 64 bits differ"
        evidence = f"{found.method}{mirrored}: {measured}"
    return CopyView(
        image,
        image_address(hotel_id, image.sha256, "small"),
        image_address(hotel_id, image.sha256, "large"),
        image is picture.best,
        image is not picture.best and image.sha256 == picture.best.sha256,
        evidence,
    )


def _latest(overrides: Sequence[Override]) -> list[Override]:
    """Of decisions that do the same with the same images the latest ones, in their order: a file may hold thousands."""
    seen: set[tuple[str, str]] = set()
    latest = []
    for override in reversed(overrides):
        about = {(override.action, sha256) for sha256 in override.images}
        if not about <= seen:
            latest.append(override)
            seen |= about
    return latest[::-1]


def _rejected(now: HotelNow, image: RejectedImage, overrides: Sequence[Override]) -> RejectedView:
    known = image.sha256 is not None and image.sha256 not in now.shown
    hidden = any(item.action == "hide" and image.sha256 in item.images for item in overrides)
    return RejectedView(
        image,
        image_address(now.hotel_id, image.sha256, "small") if image.sha256 else "",
        image_address(now.hotel_id, image.sha256, "large") if image.sha256 else "",
        why_rejected(image),
        can_show=known and (hidden or (image.outcome in SHOWN_AGAIN and not _is_withdrawn(now))),
        can_rescue=known and image.outcome in RESCUED,
        can_join=known and image.outcome in GROUPED,
        can_hide=known and _is_hidden_by_another(now, image, overrides),
    )


def _is_hidden_by_another(now: HotelNow, image: RejectedImage, overrides: Sequence[Override]) -> bool:
    """Whether no decision hides the picture of an image itself, but one about another picture does."""
    if image.outcome != Outcome.HIDDEN or not image.once_with or _is_withdrawn(now):
        return False
    ours = {other.sha256 for other in now.manifest.rejected if other.sha256 and other.picture == image.picture}
    return not any(item.action == "hide" and not ours.isdisjoint(item.images) for item in overrides)


def _is_withdrawn(now: HotelNow) -> bool:
    return any(item.action == "withdraw" for item in now.overrides)


def _decision(now: HotelNow, decision: Decision) -> DecisionView:
    undone, when = revoker_of(decision, now.decisions), moment_of(decision.at) or LONG_AGO
    named = _named_images(now, decision)
    what = about = said(decision, now.decisions)
    for sha256, image in named.items():
        about = about.replace(f"the picture of {short(sha256)}", image.name).replace(short(sha256), image.name)
    return DecisionView(
        decision.digest,
        decision.by or "somebody",
        in_words(when) if when > LONG_AGO else "",
        about,
        decision.why,
        effect_now(Entry(now.hotel_id, decision, when, what, undone), now),
        undone is not None,
        decision.override is None,
        undone is None and when > now.manifest.published_at,
        tuple(named.values()),
    )


def _named_images(now: HotelNow, decision: Decision) -> dict[str, NamedImage]:
    """What a decision is about, or the decision that it undid, as far as the manifest names it."""
    of_digest = {} if decision.override else {item.digest: item for item in now.decisions}
    about: Decision | None = decision
    for _ in now.decisions:
        if about is None or about.override:
            break
        about = of_digest.get(about.revokes or "")
    images = about.override.images if about and about.override else ()
    return {sha256: _named_image(now, sha256) for sha256 in images if sha256 in now.shown or sha256 in now.rejected}


def _named_image(now: HotelNow, sha256: str) -> NamedImage:
    picture = now.shown.get(sha256)
    kind = kind_in_words(picture.category) if picture else "image"
    images = images_of(picture) if picture else (now.rejected[sha256],)
    partner = next(image.partner_id for image in images if image.sha256 == sha256)
    addresses = (image_address(now.hotel_id, sha256, size) for size in ("small", "large"))
    return NamedImage(f"the {kind} from {printable(partner, 80)}", *addresses)


def _pending(entry: Pending) -> str:
    words = PENDING_WORDS.get(entry.kind, f"Work of the kind {entry.kind} is done")
    why = f" ({entry.reason})" if entry.reason else ""
    return f"{words} after {entry.not_before.strftime('%Y-%m-%d %H:%M')} UTC{why}."
