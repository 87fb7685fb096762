"""Ids that partners and people hand in: what they may be, so that each can become a part of a key."""

from __future__ import annotations

from image_release.values import key_part

MAX_ID_BYTES = 200
"""Maximum bytes of an id when percent-encoded: it becomes one part of a key, and file systems allow 255 bytes."""
MAX_BYTES_A_CHARACTER = 12
"""A character has up to four bytes, and a byte takes up to three when percent-encoded: short ids need no check."""


class BadValueError(ValueError):
    """A value breaks a rule; `value` and the message say which."""

    def __init__(self, value: str, rule: str) -> None:
        super().__init__(rule)
        self.value = value


def checked_id(value: str, what: str) -> str:
    """Return an id that may become a part of a key; `what` names it in the message. Raises BadValueError."""
    if not value or not value.isprintable():
        raise BadValueError(value, f"{what} must be printable and not empty")
    if len(value) * MAX_BYTES_A_CHARACTER > MAX_ID_BYTES and len(key_part(value)) > MAX_ID_BYTES:
        raise BadValueError(value, f"{what} must be at most {MAX_ID_BYTES} bytes once percent-encoded")
    return value
