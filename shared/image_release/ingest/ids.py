"""Ids that partners and people hand in: what they may be, so that each can become a part of a key."""

from __future__ import annotations

from image_release.values import key_part

MAX_ID_BYTES = 200
"""Of an id once percent-encoded: it becomes one part of a key, which file systems bound to 255."""
MAX_BYTES_A_SIGN = 12
"""Four bytes of UTF-8, three signs each when percent-encoded: a short id need not be encoded to be judged."""


class BadValueError(ValueError):
    """A value breaks a rule; `value` and the message say which."""

    def __init__(self, value: str, rule: str) -> None:
        super().__init__(rule)
        self.value = value


def checked_id(value: str, what: str) -> str:
    """An id that may become a part of a key. Raises BadValueError."""
    if not value or not value.isprintable():
        raise BadValueError(value, f"{what} must be printable and not empty")
    if len(value) * MAX_BYTES_A_SIGN > MAX_ID_BYTES and len(key_part(value)) > MAX_ID_BYTES:
        raise BadValueError(value, f"{what} must be at most {MAX_ID_BYTES} bytes once percent-encoded")
    return value
