"""The environment variables of a function, typed and checked once. A wrong value makes the first event fail."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

S3Url = Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$")]
PREFIX = "IMAGE_RELEASE_"


class Environment(BaseModel):
    """The stores, queues and counters of a stage. Each variable is IMAGE_RELEASE_ and the field's name in capitals."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    inbox: S3Url
    state: S3Url
    published: S3Url
    urgent_queue: str
    bulk_queue: str
    shard_queue: str
    catalogue_queue: str
    comparing_queue: str
    quota_table: str
    tagger: Literal["none", "google", "local", "google+local"] = "none"
    google_secret: str = ""
    settings: str = ""
    """Key of a settings file in the inbox. Empty: the default settings."""
    max_receives: Annotated[int, Field(ge=1)] = 5
    """Number of receives after which a message is a dead letter: maxReceiveCount of the urgent and the bulk queue."""

    @property
    def asks_google(self) -> bool:
        """Whether the tagger sends images to Google, which costs money and counts against a quota."""
        return "google" in self.tagger.split("+")

    @model_validator(mode="after")
    def _google_has_a_secret(self) -> Environment:
        if self.asks_google and not self.google_secret:
            raise ValueError("IMAGE_RELEASE_GOOGLE_SECRET must name the parameter with the service account")
        return self


def read_environment() -> Environment:
    """Return the environment variables, checked. Raises pydantic's ValidationError, which names the wrong ones."""
    found = {name.removeprefix(PREFIX).lower(): value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return Environment.model_validate(found)
