"""What every section of the settings is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field
from pydantic_core import PydanticCustomError

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A section of the settings. It is immutable, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Place = tuple[str | int, ...]
"""Where an entry lies: the keys and indexes that lead to it."""


def misplaced(rule: str, *, below: Place, first: Place = (), **words: str) -> PydanticCustomError:
    """An error about an entry `below` the setting that is validated; `first` is the entry that it collides with."""
    return PydanticCustomError("misplaced", rule, {"below": below, "first": first, **words})
