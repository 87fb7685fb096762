"""Messages between the functions: ids and reasons, never data (invariant 1)."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Literal, TypeVar

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict, Field, ValidationError

from image_release.ingest import checked_id
from image_release.problems import printable
from image_release.queueing import Message
from image_release.service_names import json_body
from image_release.split_keys import SPLIT
from image_release.values import Nudge

M = TypeVar("M", bound=BaseModel)
HotelId = Annotated[str, AfterValidator(lambda value: checked_id(value, "hotel_id"))]
"""A hotel whose keys can exist."""
RequestId = Annotated[str, Field(max_length=100), AfterValidator(lambda value: checked_id(value, "request_id"))]
"""A request whose keys can exist."""


def _checked_day(value: str) -> str:
    date.fromisoformat(value)
    return value


Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$"), AfterValidator(_checked_day)]
"""A day of the calendar, as 2026-12-31."""


class BadMessageError(ValueError):
    """A message that no function sends."""


class NudgeMessage(BaseModel):
    """Process this hotel again. `due` names the day of the due-marker (`reason` its kind) that is to be served."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    hotel_id: HotelId
    reason: Annotated[str, Field(min_length=1, max_length=100)] = "invoked"
    request_id: RequestId | None = None
    due: Day | None = None
    left_since: AwareDatetime | None = None
    """When the hotel was first left to a newer writer."""

    def nudge(self) -> Nudge:
        """What `process_hotel` is given."""
        return Nudge(self.hotel_id, self.reason, self.request_id)

    def message(self, group: str | None = None, delay_s: int = 0) -> Message:
        """The message, in the fair queue's group of its request."""
        return Message(json_body(self.model_dump_json(exclude_none=True)), group or self.request_id, delay_s)


class ShardMessage(BaseModel):
    """Nudge the hotels of one shard of a release, and those that departed from it. `folder` tells releases apart."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    release_id: str
    folder: str
    shard: Annotated[int, Field(ge=0)]

    def message(self) -> Message:
        """The message."""
        return Message(json_body(self.model_dump_json()), self.release_id)


class ShareMessage(BaseModel):
    """Do one share of work that was split. `folder` is that of the work (`split_keys.split_folder`)."""

    model_config = ConfigDict(extra="ignore", frozen=True)

    folder: Annotated[str, Field(max_length=1_000, pattern=f"^{SPLIT}")]
    step: Literal["nudge", "compare", "write", "gather", "meet", "verify", "count", "pair"]
    share: Annotated[int, Field(ge=0)]

    def message(self) -> Message:
        """The message, in the fair queue's group of its work."""
        return Message(json_body(self.model_dump_json()), self.folder)


class GoOnMessage(BaseModel):
    """All shares of a step are done: `detect_changes`, or `compare_hotels` for a round, takes the next step."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    go_on: Annotated[str, Field(max_length=1_000, pattern=f"^{SPLIT}")]

    def message(self) -> Message:
        """The message, in the fair queue's group of its work."""
        return Message(json_body(self.model_dump_json()), self.go_on)


def read_nudge(body: str) -> NudgeMessage:
    """Read a nudge. Raises BadMessageError."""
    return _read(NudgeMessage, body)


def read_shard_message(body: str) -> ShardMessage | ShareMessage:
    """Read a message of the shard queue: a shard of a release, or a share of other work. Raises BadMessageError."""
    try:
        return _read(ShardMessage, body)
    except BadMessageError:
        return _read(ShareMessage, body)


def read_go_on(body: str) -> GoOnMessage | None:
    """The message that work which is split goes on; None if the body is another message of the queue."""
    try:
        return GoOnMessage.model_validate_json(body)
    except ValidationError:
        return None


def _read(kind: type[M], body: str) -> M:
    try:
        return kind.model_validate_json(body)
    except ValidationError as error:
        raise BadMessageError(f"{printable(body)}: {printable(str(error), 300)}") from error
