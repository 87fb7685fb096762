"""People's decisions about a hotel's photographs: one JSON line each, later lines win where they disagree.

A line is undone by a later one that revokes it, which names the SHA-256 of its bytes (without the line end). A revoked
line counts as absent, whatever it was; so a `revoke` can be revoked, too.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Annotated, Any, Literal, cast

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from image_release.ingest.files import without_mark
from image_release.problems import Problem
from image_release.state import swap
from image_release.storage import Store
from image_release.store_keys import overrides_key
from image_release.values import Label, Override, sha256_hex

Sha256 = Annotated[str, Field(pattern="^[0-9a-f]{64}$")]
PAIRS = ("same", "different")
WITHOUT_IMAGES = ("withdraw", "revoke")


class _LineLabel(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    description: Annotated[str, Field(min_length=1, max_length=200)]
    score: Annotated[float, Field(ge=0, le=1, strict=False)] = 1.0


class _OverrideLine(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)
    action: Literal["pin", "hide", "show", "same", "different", "label", "best", "rescue", "withdraw", "revoke"]
    images: list[Sha256] = []
    line: Sha256 | None = None
    position: Annotated[int, Field(ge=1)] | None = None
    labels: list[_LineLabel] = []
    by: str = ""
    at: str = ""
    why: str = ""

    @model_validator(mode="after")
    def _makes_sense(self) -> _OverrideLine:
        if bool(self.images) is (self.action in WITHOUT_IMAGES):
            raise ValueError(f"{self.action} names {'no images' if self.images else 'images'}")
        if (self.line is None) is (self.action == "revoke"):
            raise ValueError("revoke names a line, and no other action does")
        if self.action in PAIRS and len(set(self.images)) < 2:  # noqa: PLR2004 - a pair has two
            raise ValueError(f"{self.action} needs at least two images")
        if self.action == "label" and not self.labels:
            raise ValueError("label needs labels")
        return self


@dataclass(frozen=True, slots=True)
class Decision:
    """A line of a hotel's decisions. `digest` is the SHA-256 of its bytes; `override` is None where it revokes one."""

    digest: str
    override: Override | None
    revokes: str | None
    is_revoked: bool
    by: str
    at: str
    why: str


def read_overrides(inbox: Store, hotel_id: str) -> tuple[tuple[Override, ...], tuple[Problem, ...]]:
    """The decisions about a hotel that are in force, in the order of the file, and the lines that cannot be used."""
    decisions, problems = read_decisions(inbox, hotel_id)
    return tuple(item.override for item in decisions if item.override and not item.is_revoked), problems


def read_decisions(inbox: Store, hotel_id: str) -> tuple[tuple[Decision, ...], tuple[Problem, ...]]:
    """All decisions about a hotel, in the order of the file, and the lines that cannot be used."""
    key = overrides_key(hotel_id)
    stored = inbox.get(key)
    return decisions_in(stored.data if stored else None, key)


def decisions_in(data: bytes | None, key: str) -> tuple[tuple[Decision, ...], tuple[Problem, ...]]:
    """The decisions in the bytes of a hotel's file (None: there is none); `key` names the file in problems."""
    lines: list[tuple[str, _OverrideLine]] = []
    problems = []
    for number, line in enumerate(without_mark(data).splitlines() if data else (), start=1):
        if not line.strip():
            continue
        try:
            lines.append((sha256_hex(line), _OverrideLine.model_validate_json(line)))
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(map(str, first["loc"])) or "line"
            problems.append(Problem(key, number, repr(first["input"]), f"{where}: {first['msg']}"))
    revoked: set[str] = set()
    decisions = []
    for digest, parsed in reversed(lines):  # a line can only be revoked by a later one that is in force itself
        decisions.append(_decision(digest, parsed, is_revoked=digest in revoked))
        if parsed.line and digest not in revoked:
            revoked.add(parsed.line)
    return tuple(reversed(decisions)), tuple(problems)


def append_override(inbox: Store, hotel_id: str, override: Override) -> None:
    """Add a decision at the end of a hotel's file, whoever else is adding one. Raises DocumentContendedError."""
    _append(inbox, hotel_id, override_line(override))


def append_revoke(inbox: Store, hotel_id: str, line: str, *, by: str, at: str, why: str) -> None:
    """Undo a decision: `line` is the SHA-256 of its line's bytes. Raises DocumentContendedError."""
    _append(inbox, hotel_id, revoking_line(line, by=by, at=at, why=why))


def override_line(override: Override) -> bytes:
    """The line of a decision, without its end. Raises ValueError if it could not be read back."""
    labels = [{"description": label.description, "score": label.score} for label in override.labels]
    return _line(
        {
            "action": override.action,
            "images": list(override.images) or None,
            "position": override.position,
            "labels": labels or None,
            "by": override.by or None,
            "at": override.at or None,
            "why": override.why or None,
        }
    )


def revoking_line(line: str, *, by: str, at: str, why: str) -> bytes:
    """The line, without its end, that undoes another one, whose bytes have the SHA-256 `line`."""
    return _line({"action": "revoke", "line": line, "by": by or None, "at": at or None, "why": why or None})


def with_lines(data: bytes | None, lines: Sequence[bytes]) -> bytes:
    """The bytes of a hotel's file with some more lines at its end; its last line may lack a line end."""
    missing_end = b"\n" if data and not data.endswith(b"\n") else b""
    return (data or b"") + missing_end + b"".join(line + b"\n" for line in lines)


def append_lines(inbox: Store, hotel_id: str, lines: Callable[[Sequence[Decision]], Iterable[bytes]]) -> None:
    """Add what `lines` makes of the present decisions of a hotel at the end of its file; nothing leaves it as it is.

    `lines` is called again when another writer was faster. Raises DocumentContendedError, and whatever `lines` raises.
    """
    key = overrides_key(hotel_id)

    def appended(before: bytes | None) -> bytes | None:
        added = list(lines(decisions_in(before, key)[0]))
        return with_lines(before, added) if added else None

    swap(inbox, key, appended)


def _append(inbox: Store, hotel_id: str, line: bytes) -> None:
    append_lines(inbox, hotel_id, lambda _: (line,))


def _line(document: dict[str, Any]) -> bytes:
    said = {name: value for name, value in document.items() if value is not None}
    _OverrideLine.model_validate_json(json.dumps(said))
    return json.dumps(said, ensure_ascii=False).encode()


def _decision(digest: str, parsed: _OverrideLine, *, is_revoked: bool) -> Decision:
    override = None if parsed.line else _value(parsed)
    return Decision(digest, override, parsed.line, is_revoked, parsed.by, parsed.at, parsed.why)


def _value(parsed: _OverrideLine) -> Override:
    labels = tuple(Label(label.description, label.score) for label in parsed.labels)
    images = tuple(parsed.images)
    action = cast("Any", parsed.action)  # not revoke
    return Override(action, images, parsed.position, labels, parsed.by, parsed.at, parsed.why)
