"""People's decisions about a hotel's photographs: one JSON line each, later lines win where they disagree."""

from __future__ import annotations

import json
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from image_release.ingest.files import without_mark
from image_release.problems import Problem
from image_release.state import swap
from image_release.storage import Store
from image_release.store_keys import overrides_key
from image_release.values import Label, Override

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
PAIRS = ("same", "different")


class _LineLabel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    description: Annotated[str, Field(min_length=1, max_length=200)]
    score: Annotated[float, Field(ge=0, le=1, strict=False)] = 1.0


class _OverrideLine(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    action: Literal["pin", "hide", "show", "same", "different", "label"]
    images: Annotated[list[Sha256], Field(min_length=1)]
    position: Annotated[int, Field(ge=1)] | None = None
    labels: list[_LineLabel] = []
    by: str = ""
    at: str = ""
    why: str = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> _OverrideLine:
        if self.action in PAIRS and len(set(self.images)) < 2:  # noqa: PLR2004 - a pair has two
            raise ValueError(f"{self.action} needs at least two images")
        if self.action == "label" and not self.labels:
            raise ValueError("label needs labels")
        return self


def read_overrides(inbox: Store, hotel_id: str) -> tuple[tuple[Override, ...], tuple[Problem, ...]]:
    """The decisions about a hotel in the order of the file, and the lines that cannot be used."""
    key = overrides_key(hotel_id)
    stored = inbox.get(key)
    decisions, problems = [], []
    for number, line in enumerate(without_mark(stored.data).splitlines() if stored else (), start=1):
        if not line.strip():
            continue
        try:
            decisions.append(_value(_OverrideLine.model_validate_json(line)))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "line"
            problems.append(Problem(key, number, repr(first["input"]), f"{where}: {first['msg']}"))
    return tuple(decisions), tuple(problems)


def append_override(inbox: Store, hotel_id: str, override: Override) -> None:
    """Add a decision at the end of a hotel's file, whoever else is adding one. Raises DocumentContendedError."""
    document = {
        "action": override.action,
        "images": list(override.images),
        "position": override.position,
        "labels": [{"description": label.description, "score": label.score} for label in override.labels] or None,
        "by": override.by or None,
        "at": override.at or None,
        "why": override.why or None,
    }
    said = {name: value for name, value in document.items() if value is not None}
    _OverrideLine.model_validate_json(json.dumps(said))
    line = json.dumps(said, ensure_ascii=False).encode() + b"\n"

    def appended(before: bytes | None) -> bytes:
        missing_end = b"\n" if before and not before.endswith(b"\n") else b""
        return (before or b"") + missing_end + line

    swap(inbox, overrides_key(hotel_id), appended)


def _value(parsed: _OverrideLine) -> Override:
    labels = tuple(Label(label.description, label.score) for label in parsed.labels)
    images = tuple(parsed.images)
    return Override(parsed.action, images, parsed.position, labels, parsed.by, parsed.at, parsed.why)
