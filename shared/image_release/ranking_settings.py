"""Settings of the order of pictures: weights, label table, kinds that never open a hotel, variety.

Two settings depend on more than their own value. `weights` that nobody sets depend on the tagger: only one that looks
at pictures knows an appeal. `never_first` names kinds, and `labels` may bring kinds of its own.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field, TypeAdapter, ValidationInfo, field_validator, model_validator

from image_release.folding import letters
from image_release.kinds import shipped_kinds
from image_release.label_digest import digested_labels
from image_release.settings_section import MisplacedError, Section, Share

Gives = Literal["labels", "looks", "both"]
"""What a tagger gives: labels alone, the looks of a local model (and labels by it), or looks beside others' labels."""
_SHIPPED: dict[Gives, dict[str, float]] = {
    "labels": {"size": 0.2, "partner": 0.2, "category": 0.6, "appeal": 0.0},
    "looks": {"size": 0.1, "partner": 0.1, "category": 0.15, "appeal": 0.65},
    "both": {"size": 0.1, "partner": 0.1, "category": 0.5, "appeal": 0.3},
}


def _part(name: str, meaning: str) -> Any:
    looks, both = (_SHIPPED[gives][name] for gives in ("looks", "both"))
    rule = f"where nobody sets weights: {looks} with tagger `local`, {both} with `google+local`"
    return Field(_SHIPPED["labels"][name], description=f"{meaning}; {rule}")


class ScoreWeights(Section):
    """The weight of each part of the score, 0…1. They must sum to 1. Weights given without `appeal` mean 0."""

    size: Share = _part("size", "how many pixels the image has")
    partner: Share = _part("partner", "which partner sends the image, and how early in its list")
    category: Share = _part("category", "what the labels say the image shows")
    appeal: Share = _part("appeal", "how good a local model finds the image as the first of its hotel")

    @model_validator(mode="after")
    def _sum_to_one(self) -> ScoreWeights:
        total = self.size + self.partner + self.category + self.appeal
        if abs(total - 1) > WEIGHTS_TOLERANCE:
            raise ValueError(f"size + partner + category + appeal must be 1, not {total:g}")
        return self


WEIGHTS_TOLERANCE = 1e-9
"""Maximum difference of the sum of the weights from 1: binary fractions do not sum to it exactly."""
SHIPPED_WEIGHTS: dict[Gives, ScoreWeights] = {gives: ScoreWeights(**parts) for gives, parts in _SHIPPED.items()}
"""Weights that are in force where nobody set any. Size and partner are equal in all: so a hotel of which neither labels
nor looks are known keeps its order when the tagger changes."""

LabelName = Annotated[str, Field(min_length=1, max_length=100)]
Kind = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,29}$")]
Strength = Annotated[float, Field(ge=-5, le=5, allow_inf_nan=False)]
LabelTable = dict[Kind, dict[LabelName, Strength]]
"""Kind of picture -> Vision label -> strength: above 0 good, 0 ignored, below 0 bad."""

GENERAL_KIND = "general"
"""Kind of the labels that are good or bad but do not tell what kind of picture it is."""
DROPPED_KEYS = {"variety_penalty": "variety_weight takes its place"}
"""Keys of older versions: they are accepted and change nothing. For each, what to use instead."""
_DROPPED_IN_DIGESTS = {"variety_penalty": 0.01}
"""Dropped keys with the value that they have in the digests of all published hotels."""


@cache
def shipped_labels() -> LabelTable:
    """The table of labels that is shipped with the program: `rank/labels.yaml`."""
    text = files("image_release").joinpath("rank/labels.yaml").read_text(encoding="utf-8")
    return TypeAdapter(LabelTable).validate_python(yaml.safe_load(text))


@cache
def shipped_never_first() -> tuple[str, ...]:
    """The kinds that never open a hotel, as `kinds.yaml` says."""
    return tuple(name for name, kind in shipped_kinds().items() if kind.never_first)


class PrioritisingSettings(Section):
    """The score of a picture, `size·w + partner·w + category·w + appeal·w`, and the order that it gives."""

    weights: ScoreWeights | None = Field(None, description="set by the tagger where nobody sets them")
    partner_scores: dict[str, Share] = Field(
        default_factory=dict, description="partner id -> how good its images are, 0…1"
    )
    default_partner_score: Share = Field(0.5, description="score of a partner that is not in `partner_scores`, 0…1")
    half_rank: float = Field(
        10,
        gt=0,
        allow_inf_nan=False,
        description="ranks below a partner's first image at which the partner part halves",
    )
    good_size_pixels: int = Field(1600 * 1067, gt=0, description="width × height at which the size part is 0.9")
    ordinary_points: float = Field(
        2,
        allow_inf_nan=False,
        description="sum of label points at which the category part is 0.5: the median of the corpus",
    )
    half_points: float = Field(
        4, gt=0, allow_inf_nan=False, description="points above (below) it at which the category part is 0.75 (0.25)"
    )
    variety_pictures: int = Field(
        5, ge=0, description="first pictures that should differ in kind and look; 0: no variety"
    )
    variety_weight: Share = Field(
        0.08,
        description="what a picture loses of its score, 0…1, if it is fully alike to one before it",
    )
    labels: LabelTable = Field(
        default_factory=shipped_labels,
        description="kind -> label -> strength, -5…5; an entry replaces that entry of the shipped table only",
    )
    never_first: tuple[Kind, ...] = Field(
        default_factory=shipped_never_first,
        description="kinds that open a hotel only if it has nothing else; a pin wins. A list replaces `kinds.yaml`'s",
    )

    @model_validator(mode="before")
    @classmethod
    def _without_dropped_keys(cls, given: Any) -> Any:
        """Old files stay valid. Weights that name no weight count as not set."""
        if not isinstance(given, dict):
            return given
        kept = {name: value for name, value in given.items() if name not in DROPPED_KEYS}
        return {name: value for name, value in kept.items() if not (name == "weights" and value == {})}

    @field_validator("labels")
    @classmethod
    def _over_the_shipped_table(cls, given: LabelTable) -> LabelTable:
        """Merge the given entries into the shipped table. A label has one kind: naming it in another one moves it."""
        places: dict[str, tuple[str, str]] = {}
        for kind, entries in given.items():
            for name in entries:
                first = places.setdefault(letters(name), (kind, name))
                if first != (kind, name):
                    rule = f"a label has one place and one strength; more than one given for {name}"
                    raise MisplacedError(rule, below=(kind, name), first=first)
        table = {
            kind: {name: strength for name, strength in entries.items() if letters(name) not in places}
            for kind, entries in shipped_labels().items()
        }
        for kind, entries in given.items():
            table.setdefault(kind, {}).update(entries)
        return table

    @field_validator("never_first")
    @classmethod
    def _known_and_different(cls, given: tuple[str, ...], info: ValidationInfo) -> tuple[str, ...]:
        known = (shipped_kinds().keys() | info.data.get("labels", {}).keys()) - {GENERAL_KIND}
        for at, kind in enumerate(given):
            if kind not in known:
                rule = f"{kind!r} is no kind of picture: they are in kinds.yaml and in the sections of `labels`"
                raise MisplacedError(rule, below=(at,))
            if kind in given[:at]:
                raise MisplacedError(f"{kind!r} is named twice", below=(at,), first=(given.index(kind),))
        return given

    @property
    def weights_in_force(self) -> ScoreWeights:
        """The weights that are set; else those that are shipped for hotels that no local model looks at."""
        return self.weights or SHIPPED_WEIGHTS["labels"]

    def resolved_for(self, gives: Gives) -> PrioritisingSettings:
        """These settings with weights that are set: if nobody set any, those for what the tagger gives."""
        if self.weights is not None:
            return self
        return self.model_copy(update={"weights": SHIPPED_WEIGHTS[gives]})

    def for_digest(self) -> dict[str, Any]:
        """What shapes a hotel's order, in the form of the first version.

        A key that came later is in it only where it differs from what is shipped: the others change no digest.
        """
        document = self.model_dump(mode="json", exclude={"weights", "variety_weight", "never_first", "labels"})
        weights = self.weights_in_force.model_dump(mode="json")
        document["labels"] = digested_labels(self.labels, shipped_labels())
        document["weights"] = {name: share for name, share in weights.items() if name != "appeal" or share}
        if self.variety_weight != type(self).model_fields["variety_weight"].default:
            document["variety_weight"] = self.variety_weight
        if set(self.never_first) != set(shipped_never_first()):
            document["never_first"] = sorted(self.never_first)
        return document | _DROPPED_IN_DIGESTS
