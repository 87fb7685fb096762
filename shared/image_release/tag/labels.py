"""Validation of labels: what a service or a file says about an image becomes a `values.Label`, or is refused."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, field_validator

from image_release.values import Label

MAX_DESCRIPTION_CHARS = 100
"""Maximum length of a description; Vision's longest have some 40 characters."""


class LabelLine(BaseModel):
    """A label as it was received: a printable description and a score of 0…1. Other keys are ignored."""

    model_config = ConfigDict(extra="ignore", allow_inf_nan=False)

    description: Annotated[
        str, StringConstraints(strip_whitespace=True, min_length=1, max_length=MAX_DESCRIPTION_CHARS)
    ]
    score: float = Field(ge=0, le=1, strict=True)

    @field_validator("description")
    @classmethod
    def _is_printable(cls, description: str) -> str:
        if not description.isprintable():
            raise ValueError("a description has no control characters")
        return description

    def value(self) -> Label:
        """The same label as a `values.Label`."""
        return Label(description=self.description, score=self.score)
