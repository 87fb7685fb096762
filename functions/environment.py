"""What a function reads from its environment, typed and checked once: a wrong value stops it at its first event."""

from __future__ import annotations

import os
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

S3Url = Annotated[str, Field(pattern=r"^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/.*)?$")]
PREFIX = "IMAGE_RELEASE_"


class Environment(BaseModel):
    """Where a stage keeps its stores, queues and counters: each variable is IMAGE_RELEASE_ and the name in capitals."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    inbox: S3Url
    state: S3Url
    published: S3Url
    urgent_queue: str
    bulk_queue: str
    shard_queue: str
    quota_table: str
    tagger: Literal["none", "google"] = "none"
    google_secret: str = ""
    settings: str = ""
    """Key in the inbox of a settings YAML; empty: what is shipped."""
    max_receives: Annotated[int, Field(ge=1)] = 5
    """After so many receives a message goes to the dead letters: maxReceiveCount of process_hotel's two queues."""

    @model_validator(mode="after")
    def _google_has_a_secret(self) -> Environment:
        if self.tagger == "google" and not self.google_secret:
            raise ValueError("IMAGE_RELEASE_GOOGLE_SECRET must name the parameter with the service account")
        return self


def read_environment() -> Environment:
    """Read the variables. Raises pydantic's ValidationError, which names them."""
    found = {name.removeprefix(PREFIX).lower(): value for name, value in os.environ.items() if name.startswith(PREFIX)}
    return Environment.model_validate(found)
