"""What happened to an image or a picture, and why, in words that a manager reads; numbers stay one click deeper.

Functions of a manifest and of people's decisions. What they return holds text of partners and of people as it is, so
whatever shows it has to escape it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from image_release.outcomes import Outcome
from image_release.publish import Manifest, PublishedPicture, RejectedImage
from image_release.values import Override

SHORT = 8
"""Number of hexadecimal digits that name an image or a decision in a sentence."""
LARGE, SMALL = 0.9, 0.5
"""Size parts of the score from which a picture is called large, and below which small."""
APPEALING, PLAIN = 2 / 3, 1 / 3
"""Appeal parts of the score from which a picture is called appealing, and below which plain."""
NEARLY_SURE, GUESS = 3.0, 1.0
"""Margins from which the choice of the best copy is nearly sure, and below which it is a guess."""
SAME_SCORE = 1e-6
"""Scores that differ by less are equal: manifests round them."""

DIFFERENCE_WORDS = {"camera": "the camera moved", "light": "the light changed", "things": "things moved"}
"""What tells two pictures of one view apart, in words."""
OUTCOME_WORDS: dict[str, str] = {
    Outcome.PUBLISHED: "shown",
    Outcome.MERGED: "a copy of a picture that is shown",
    Outcome.HIDDEN: "hidden by a person",
    Outcome.OVER_LIMIT: "not among the best pictures of the hotel",
    Outcome.SAME_VIEW: "another shot of a view that is shown",
    Outcome.TOO_SMALL: "too small to be shown",
    Outcome.TOO_MANY_PIXELS: "too large to be opened safely",
    Outcome.TOO_MANY_BYTES: "too large a file",
    Outcome.NOT_AN_IMAGE: "not an image",
    Outcome.TRUNCATED: "cut short: a part of the file is missing",
    Outcome.CRASHED: "damaged: it could not be opened",
    Outcome.NO_CONTENT: "empty: it shows nothing but one colour",
    Outcome.PLACEHOLDER: "a placeholder, not a photograph",
    Outcome.GONE: "taken away by the partner",
    Outcome.UNAVAILABLE: "not to be had: the partner's server does not give it",
    Outcome.FORBIDDEN_ADDRESS: "at an address that we do not open",
    Outcome.BAD_URL: "at an address that is none",
    Outcome.DEFERRED: "not fetched yet: the time was up, and the next run tries again",
}
"""Outcome of an image -> what it means, to follow "this image is …"."""


def ordinal(number: int) -> str:
    """A place in words that fit into a sentence: `1st`, `2nd`, `11th`."""
    tens = number % 100
    ending = "th" if tens in (11, 12, 13) else {1: "st", 2: "nd", 3: "rd"}.get(number % 10, "th")
    return f"{number}{ending}"


def kind_in_words(kind: str | None) -> str:
    """What a picture shows: `swimming pool`, `bedroom`; says so where that is not known."""
    return kind.replace("_", " ") if kind else "kind not known"


def why_here(manifest: Manifest, picture: PublishedPicture, overrides: Sequence[Override] = ()) -> str:
    """Why a picture stands in its place, such as `2nd: bedroom, large, from the best partner`.

    `overrides` are the hotel's decisions in force: a person who pinned the picture or said what it shows is named.
    """
    ours = _images_of(picture)
    decided_by = ours.union(picture.once_with)
    about = [override for override in overrides if not decided_by.isdisjoint(override.images)]
    said = [_kind_as_decided(picture, about), *_size(picture), *_partner(manifest, picture), *_appeal(picture)]
    pins = decided_by if picture.pinned else ours
    pin = next((item for item in reversed(about) if item.action == "pin" and not pins.isdisjoint(item.images)), None)
    if pin:
        said.append(f"pinned to the {ordinal(pin.position or 1)} place{_signed(pin)}")
    elif picture.held_back:
        said.append(f"its score would place it earlier, but {picture.held_back}")
    else:
        said += _varied(manifest, picture, overrides)
    return f"{ordinal(picture.position)}: {', '.join(said)}"


def why_best(picture: PublishedPicture, overrides: Sequence[Override] = ()) -> str:
    """Why this copy stands for its picture."""
    if not picture.merged:
        return "the only copy"
    copies = f"the best of {len(picture.merged) + 1} copies"
    ours = _images_of(picture)
    chosen = [item for item in overrides if item.action == "best" and not ours.isdisjoint(item.images)]
    if chosen and picture.best.sha256 in chosen[-1].images:
        return f"{copies}: chosen{_signed(chosen[-1]) or ' by a person'}"
    if all(copy.sha256 == picture.best.sha256 for copy in picture.merged):
        return f"{copies}: all are the same file, and this partner comes first"
    if picture.margin >= NEARLY_SURE:
        return f"{copies}: clearly the cleanest and most complete one"
    if picture.margin >= GUESS:
        return f"{copies}: probably the cleanest and most complete one"
    return f"{copies}: a close choice, worth a look"


@dataclass(frozen=True, slots=True)
class ViewInWords:
    """A picture that shows the same view as another one, and why they are not one photograph: `the camera moved`."""

    sha256: str
    position: int
    why: str


def same_views(manifest: Manifest, picture: PublishedPicture) -> tuple[ViewInWords, ...]:
    """The pictures that show the same view as one, likeliest first."""
    positions = {other.best.sha256: other.position for other in manifest.pictures}
    return tuple(
        ViewInWords(view.picture, positions[view.picture], DIFFERENCE_WORDS.get(view.difference, "they differ"))
        for view in picture.same_view
        if view.picture in positions
    )


def once_one_with(manifest: Manifest, once_with: Collection[str]) -> tuple[int, ...]:
    """Positions of the pictures whose decisions hold for another one, too, because they were one picture before."""
    return tuple(item.position for item in manifest.pictures if not _images_of(item).isdisjoint(once_with))


def why_rejected(image: RejectedImage) -> str:
    """Why an image is not shown; of an outcome of a newer version its own word."""
    if image.outcome == Outcome.HIDDEN and image.reason:
        return image.reason
    if image.outcome == Outcome.SAME_VIEW and image.reason:
        return f"another shot: it {image.reason}"
    return OUTCOME_WORDS.get(image.outcome) or image.outcome.replace("_", " ")


def what_happened(override: Override) -> str:
    """What a decision did, to follow the name of the person: `hid the picture of 3fa9c1d2`."""
    images = " and ".join(sha256[:SHORT] for sha256 in override.images)
    labels = ", ".join(label.description for label in override.labels)
    return {
        "pin": f"moved the picture of {images} to the {ordinal(override.position or 1)} place",
        "hide": f"hid the picture of {images}",
        "show": f"showed the picture of {images} again",
        "same": f"said that {images} are the same photograph",
        "different": f"said that {images} are not the same photograph",
        "label": f"said that {images} shows: {labels}",
        "best": f"chose {images} as the best copy of its picture",
        "rescue": f"said that {images} may be shown",
        "withdraw": "took all pictures of the hotel off",
    }[override.action]


def _images_of(picture: PublishedPicture) -> frozenset[str]:
    return frozenset(image.sha256 for image in (picture.best, *picture.merged))


def _signed(override: Override) -> str:
    """By whom and why a decision was made, to follow what it says; empty where nobody said."""
    return (f" by {override.by}" if override.by else "") + (f" ({override.why})" if override.why else "")


def _kind_as_decided(picture: PublishedPicture, about: Collection[Override]) -> str:
    by = next((item for item in reversed(tuple(about)) if item.action == "label"), None)
    kind = kind_in_words(picture.category)
    return f"{kind}, as {by.by or 'a person'} says" if by else kind


def _size(picture: PublishedPicture) -> list[str]:
    part = picture.score.parts.get("size")
    if part is None:
        return []
    return ["large"] if part.value >= LARGE else ["small"] if part.value < SMALL else ["of medium size"]


def _partner(manifest: Manifest, picture: PublishedPicture) -> list[str]:
    part = picture.score.parts.get("partner")
    others = [item.score.parts["partner"].value for item in manifest.pictures if "partner" in item.score.parts]
    if part is None or not others or max(others) - min(others) < SAME_SCORE:
        return []
    if max(others) - part.value < SAME_SCORE:
        return ["from the best partner"]
    return ["low in its partner's order"] if part.value - min(others) < SAME_SCORE else []


def _appeal(picture: PublishedPicture) -> list[str]:
    part = picture.score.parts.get("appeal")
    if part is None or part.model is None:
        return []
    return ["appealing"] if part.value >= APPEALING else ["plain"] if part.value < PLAIN else []


def _varied(manifest: Manifest, picture: PublishedPicture, overrides: Sequence[Override]) -> list[str]:
    """Whether the order differs from that of the scores for the sake of variety."""
    pinned = {sha256 for override in overrides if override.action == "pin" for sha256 in override.images}
    score, place = picture.score.total, picture.position

    def counts(item: PublishedPicture) -> bool:
        return not item.held_back and pinned.isdisjoint(_images_of(item))

    if any(
        item.position > place and item.score.total > score + SAME_SCORE and counts(item) for item in manifest.pictures
    ):
        return ["shown early because it differs from those before it"]
    if any(
        item.position < place and item.score.total < score - SAME_SCORE and counts(item) for item in manifest.pictures
    ):
        return ["shown later because it is like one before it"]
    return []
