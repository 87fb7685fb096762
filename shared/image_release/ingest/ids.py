"""Texts and ids that partners and people hand in: what they may be.

Text is Unicode: only control characters and broken text are refused. An id also has to fit into a key. Ids are compared
byte for byte, so two that look alike are two; what shows an id escapes what cannot be seen (`problems.printable`).
"""

from __future__ import annotations

import unicodedata

from image_release.values import key_part

MAX_ID_BYTES = 200
"""Maximum bytes of an id when percent-encoded: it becomes one part of a key, and file systems allow 255 bytes."""
MAX_BYTES_A_CHARACTER = 12
"""A character has up to four bytes, and a byte takes up to three when percent-encoded: short ids need no check."""


NO_TEXT = frozenset({"Cc", "Cs"})
"""Unicode categories that no text has: control characters, and surrogates, which stand for bytes that are no UTF-8."""
BYTE_ORDER_MARK = "\ufeff"


class BadValueError(ValueError):
    """A value breaks a rule; `value` and the message say which."""

    def __init__(self, value: str, rule: str) -> None:
        super().__init__(rule)
        self.value = value


def is_text(value: str) -> bool:
    """Whether a value is text: no control characters, and nothing that is no UTF-8."""
    return value.isprintable() or NO_TEXT.isdisjoint(map(unicodedata.category, value))


def checked_id(value: str, what: str) -> str:
    """Return an id that may become a part of a key; `what` names it in the message. Raises BadValueError."""
    if not value or not value.isprintable():
        if not value or not is_text(value):
            raise BadValueError(value, f"{what} must be text without control characters and not empty")
        if value.startswith(BYTE_ORDER_MARK):
            raise BadValueError(value, f"{what} must not begin with a byte order mark: files were joined")
    if len(value) * MAX_BYTES_A_CHARACTER > MAX_ID_BYTES and len(key_part(value)) > MAX_ID_BYTES:
        raise BadValueError(value, f"{what} must be at most {MAX_ID_BYTES} bytes once percent-encoded")
    return value


def checked_name(value: str, what: str) -> str:
    """Return a name that stands in keys as it is, without percent-encoding. Raises BadValueError for `.` and `..`."""
    if value in (".", ".."):
        raise BadValueError(value, f"{what} must not be . or ..")
    return value
