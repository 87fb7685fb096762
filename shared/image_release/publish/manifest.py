"""The manifest: the published, ordered result of a hotel, and the only thing that a consumer needs to read.

It is written last, by compare-and-swap, and everything that it names exists (invariant 2). Its bytes are a function of
its content: keys sorted, floats rounded to six places. `manifest_schema` is the JSON Schema that is published beside
the docs.

A newer version may have written the manifest that we read. Its unknown keys are ignored, and its unknown outcomes and
kinds of pending work are kept as plain strings. They are never written: only known ones can be built.
"""

from __future__ import annotations

import json
from datetime import datetime
from typing import Annotated, Any, Literal, get_args

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetPydanticSchema,
    ValidationError,
    ValidationInfo,
    ValidatorFunctionWrapHandler,
    WrapValidator,
)

from image_release.edition import Edition
from image_release.outcomes import Outcome

FLOAT_PLACES = 6
SCHEMA = 1
"""Version of the manifest's form. A manifest of a higher one was written by a newer program."""
CREDIT = "who made the image, as its file says; absent where that is not known"
COPYRIGHT = "the copyright notice in the file; absent where there is none"
ONCE_WITH = (
    "SHA-256 of images that decisions name, and that were copies of this photograph until the rules of grouping "
    "changed: their decisions still hold here; absent where none"
)
Sha256 = Field(pattern="^[0-9a-f]{64}$")
PendingKind = Literal["download", "tag", "revalidate", "sweep"]
DifferenceOfView = Literal["camera", "light", "things"]
PENDING_KINDS: frozenset[str] = frozenset(get_args(PendingKind))
"""Kinds of pending work that this version does. It leaves other kinds to the version that knows them."""


class ManifestUnreadableError(Exception):
    """The object under the manifest's key is not a manifest that this version can read.

    `is_newer`: a newer version wrote it, so it is not damaged.
    """

    def __init__(self, message: str, *, is_newer: bool = False) -> None:
        super().__init__(message)
        self.is_newer = is_newer


class ManifestPart(BaseModel):
    """A part of the manifest: immutable. Keys that a newer version added are ignored, not refused."""

    model_config = ConfigDict(
        frozen=True, extra="ignore", populate_by_name=True, json_schema_serialization_defaults_required=True
    )


def _newer_word_as_it_is(value: object, known: ValidatorFunctionWrapHandler, info: ValidationInfo) -> object:
    try:
        return known(value)
    except ValidationError:
        if info.mode == "json" and isinstance(value, str):
            return value
        raise


def _or_newer_word(words: Any) -> GetPydanticSchema:
    """Mark a field whose words may grow: any string is read from JSON, only these `words` are built and written."""
    known: Any = Annotated[words, WrapValidator(_newer_word_as_it_is)]
    return GetPydanticSchema(lambda _source, handler: handler.generate_schema(known))


def _is_none(value: object) -> bool:
    return value is None


def _is_empty(value: object) -> bool:
    return value == ()


def _is_zero(value: object) -> bool:
    return value == 0


class PublishedImage(ManifestPart):
    """One partner's image. `reason` says why an older copy is shown, if the last check of its URL failed."""

    url: str
    partner_id: str
    accommodation_id: str
    sha256: str = Sha256
    width: int
    height: int
    reason: str | None = None
    credit: str | None = Field(None, exclude_if=_is_none, description=CREDIT)
    copyright: str | None = Field(None, exclude_if=_is_none, description=COPYRIGHT)


class PublishedEvidence(ManifestPart):
    """Why an image counts as the same photograph as the best image of its picture."""

    method: str
    distance: float
    overlap: float
    score: float
    mirrored: bool = False


class MergedImage(PublishedImage):
    """A copy: another image stands for its picture."""

    evidence: PublishedEvidence


class PublishedLabel(ManifestPart):
    """A label in Vision's vocabulary."""

    description: str
    score: float


class PublishedPart(ManifestPart):
    """One part of the score: its value in 0…1 and its weight. Only a part that a model gave has a `model`."""

    value: float
    weight: float
    model: str | None = Field(None, exclude_if=_is_none, description="the local model that gave the value")


class PublishedScore(ManifestPart):
    """`total` is the sum of value × weight over the parts."""

    total: float
    parts: dict[str, PublishedPart]


class PublishedRendition(ManifestPart):
    """A best image in one of the sizes; `key` is relative to the published store and never changes its bytes."""

    name: str
    key: str
    width: int
    height: int
    bytes: int
    format: str


class PublishedPin(ManifestPart):
    """The decision that gives a picture its place: who made it, why and when, as they said."""

    by: str
    why: str
    at: str


class PublishedSameView(ManifestPart):
    """Another picture that shows the same view: another shot of the same thing from nearly the same place."""

    picture: str = Field(pattern="^[0-9a-f]{64}$", description="SHA-256 of the other picture's best image")
    difference: Annotated[DifferenceOfView | str, _or_newer_word(DifferenceOfView)] = Field(
        description="why the two are not one photograph: the camera moved, the light changed, or things moved"
    )
    score: float = Field(description="log-odds of the same view")
    overlap: float = Field(description="share of the smaller image that the other one covers")


class PublishedPicture(ManifestPart):
    """One distinct photograph of the hotel."""

    position: int = Field(ge=1)
    best: PublishedImage
    margin: float = Field(description="how clearly the best image won over the second; 0 where there is none")
    category: str | None = Field(description="kind of picture, from the labels; null where they say nothing")
    labels: tuple[PublishedLabel, ...]
    score: PublishedScore
    held_back: str | None = Field(
        None,
        exclude_if=_is_none,
        description="which rule keeps it from an earlier place that its score would give it; absent where none",
    )
    pinned: PublishedPin | None = Field(
        None, exclude_if=_is_none, description="who pinned the picture to its place; absent where nobody did"
    )
    renditions: tuple[PublishedRendition, ...]
    merged: tuple[MergedImage, ...]
    same_view: tuple[PublishedSameView, ...] = Field(
        (),
        exclude_if=_is_empty,
        description="shown pictures of the same view, likeliest first; each names this one, too; absent where none",
    )
    once_with: tuple[Annotated[str, Sha256], ...] = Field((), exclude_if=_is_empty, description=ONCE_WITH)

    def rendition_from(self, width: int) -> str | None:
        """Key of the smallest rendition that is at least `width` wide, or else of the widest one; None without any."""
        by_width = sorted(self.renditions, key=lambda rendition: rendition.width)
        wide = [rendition.key for rendition in by_width if rendition.width >= width]
        return wide[0] if wide else (by_width[-1].key if by_width else None)


class RejectedImage(ManifestPart):
    """An image that is not shown, and why."""

    url: str
    partner_id: str
    accommodation_id: str
    sha256: str | None = None
    outcome: Annotated[Outcome | str, _or_newer_word(Outcome)]
    reason: str
    decoder: int | None = Field(
        None, description="version of the decoder that refused it: a newer one looks at it again; null: no decoder did"
    )
    credit: str | None = Field(None, exclude_if=_is_none, description=CREDIT)
    copyright: str | None = Field(None, exclude_if=_is_none, description=COPYRIGHT)
    picture: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        exclude_if=_is_none,
        description="SHA-256 of the best image of the picture that it belongs to; absent where it belongs to none",
    )
    once_with: tuple[Annotated[str, Sha256], ...] = Field((), exclude_if=_is_empty, description=ONCE_WITH)


class Pending(ManifestPart):
    """What was put off: the hotel is processed again once `not_before` has passed."""

    kind: Annotated[PendingKind | str, _or_newer_word(PendingKind)]
    not_before: datetime
    reason: str | None = Field(None, description="tag: why pictures have no labels yet")
    images: int | None = Field(None, exclude_if=_is_none, description="tag: how many images have no labels yet")
    keys: tuple[str, ...] = Field(
        (), description="sweep: renditions that this manifest or one before it ceased to name"
    )
    again: tuple[str, ...] = Field(
        (),
        exclude_if=_is_empty,
        description="what a request forces and is still to be done. download: URLs; tag: SHA-256; absent: nothing",
    )
    requests: tuple[str, ...] = Field((), exclude_if=_is_empty, description="requests that wait for `again`")

    def is_due(self, now: datetime) -> bool:
        """Whether there is work that this version can do now."""
        return self.kind in PENDING_KINDS and self.not_before <= now


class PublishedSettings(ManifestPart):
    """The settings that a manifest was made with: their meaning, and since when they are stored."""

    digest: str
    stored_at: datetime | None = Field(description="when they were stored; null: the shipped ones")


class Manifest(ManifestPart):
    """Everything that is published of a hotel, its pictures in the order in which to show them."""

    schema_: Literal[1] = Field(1, alias="schema")
    seq: int = Field(ge=1)
    hotel_id: str
    name: str
    release_id: str
    inputs: str
    versions: dict[str, Any]
    published_at: datetime
    withdrawn: bool = False
    change: str | None = Field(
        None,
        pattern="^[0-9a-f]{64}$",
        exclude_if=_is_none,
        description="SHA-256 of the record of what this manifest changed; absent in those of older versions",
    )
    settings: PublishedSettings | None = Field(
        None, exclude_if=_is_none, description="absent in manifests of older versions"
    )
    program: int = Field(
        0, ge=0, exclude_if=_is_zero, description="number of the program that made it; absent: an older one"
    )
    epoch: int = Field(
        0, ge=0, exclude_if=_is_zero, description="how often an older program was put back in force; absent: never"
    )
    pictures: tuple[PublishedPicture, ...] = ()
    rejected: tuple[RejectedImage, ...] = ()
    pending: tuple[Pending, ...] = ()

    @property
    def edition(self) -> Edition:
        """Which program made it, and when its settings were stored."""
        return Edition(self.epoch, self.program, self.settings.stored_at if self.settings else None)

    def waiting_requests(self) -> frozenset[str]:
        """Requests of which something forced was put off, and is still to be done."""
        return frozenset(name for entry in self.pending for name in entry.requests)

    def named_keys(self) -> frozenset[str]:
        """Keys of all renditions that this manifest names."""
        return frozenset(rendition.key for picture in self.pictures for rendition in picture.renditions)

    def to_bytes(self) -> bytes:
        """The bytes that are published: the same content gives the same bytes.

        Raises ValueError for an outcome or a kind that this version does not know.
        """
        newer = [image.outcome for image in self.rejected if not isinstance(image.outcome, Outcome)]
        newer += [entry.kind for entry in self.pending if entry.kind not in PENDING_KINDS]
        views = (view for picture in self.pictures for view in picture.same_view)
        newer += [view.difference for view in views if view.difference not in get_args(DifferenceOfView)]
        if newer:
            raise ValueError(f"words of a newer version are not written: {newer}")
        document = _rounded(self.model_dump(mode="json", by_alias=True, exclude_none=False))
        return json.dumps(document, sort_keys=True, ensure_ascii=False, indent=1).encode() + b"\n"

    @classmethod
    def from_bytes(cls, data: bytes) -> Manifest:
        """Read a manifest back. Raises ManifestUnreadableError."""
        try:
            return cls.model_validate_json(data)
        except ValidationError as error:
            raise ManifestUnreadableError(str(error), is_newer=_schema_of(data) > SCHEMA) from error


def _schema_of(data: bytes) -> int:
    try:
        schema = json.loads(data)["schema"]
    except (ValueError, TypeError, KeyError, RecursionError):
        return 0
    return schema if isinstance(schema, int) else 0


def manifest_schema() -> dict[str, Any]:
    """JSON Schema (2020-12) of a manifest: every key that is always written is required, others may join."""
    return {
        **Manifest.model_json_schema(by_alias=True, mode="serialization"),
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Manifest of a hotel",
    }


def _rounded(value: Any) -> Any:
    """Round every float in a JSON document; -0.0 becomes 0.0, which is equal and must look so."""
    if isinstance(value, float):
        return round(value, FLOAT_PLACES) + 0.0
    if isinstance(value, dict):
        return {key: _rounded(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_rounded(item) for item in value]
    return value
