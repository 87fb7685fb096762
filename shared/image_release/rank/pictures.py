"""Pictures as the order knows them: what it is told of each, and what it says of each."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from image_release.rank.score_parts import LabelPoints
from image_release.values import ImageFacts, Label, Look


@dataclass(frozen=True, slots=True)
class PictureToRank:
    """What the order needs to know of a picture, all of it about the picture's best image.

    `rank` is the image's place in its partner's list, 1 the first; None if the partner gives no ranks. `labels` is None
    if the image was not tagged, `look` if no local model looked at it. `same_view` are the SHA-256 of other pictures
    that show the same view; each of them names this one, too.
    """

    sha256: str
    facts: ImageFacts
    partner_id: str
    rank: int | None
    labels: tuple[Label, ...] | None
    look: Look | None = None
    same_view: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class ScorePart:
    """One part of a score: its value and its weight, both in 0…1. `model` is the model that gave the value, if any."""

    value: float
    weight: float
    model: str | None = None


@dataclass(frozen=True, slots=True)
class Score:
    """The score of a picture: `total`, in 0…1, is the sum of value × weight over the parts.

    They are `size`, `partner` and `category`, and `appeal` where that has a weight.
    """

    total: float
    parts: Mapping[str, ScorePart]


@dataclass(frozen=True, slots=True)
class ScoredPicture:
    """A picture at its place in the order, and why it is there.

    `category` is the kind of picture according to its labels, None if they do not tell; `kinds` are all kinds that they
    tell of, each with its share of the evidence. `counted` are the labels that made the category score, the most
    important first. `held_back` says which rule keeps a picture from an earlier place
    that its score would give it.
    """

    picture: PictureToRank
    score: Score
    category: str | None
    pinned: bool
    kinds: Mapping[str, float] = field(default_factory=dict)
    counted: tuple[LabelPoints, ...] = ()
    held_back: str | None = None
