"""What every section of the settings is made of."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

Share = Annotated[float, Field(ge=0, le=1)]


class Section(BaseModel):
    """A section of the settings. It is immutable, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


Place = tuple[str | int, ...]
"""Where an entry lies: the keys and indexes that lead to it."""


class MisplacedError(ValueError):
    """An entry `below` the setting that is validated breaks a rule; `first` is the entry that it collides with."""

    def __init__(self, rule: str, *, below: Place, first: Place = ()) -> None:
        super().__init__(rule)
        self.below = below
        self.first = first
