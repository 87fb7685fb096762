"""What becomes of a message that failed: it returns within seconds, with back-off, or it becomes a dead letter at once.

Each error is one of two kinds. A *permanent* one lies in what the message names: the same message fails in the same way
however often it is received, so it becomes a dead letter at once, with its reason. Every other error is *transient*:
the message comes back after growing waits, and after its last receive it is a dead letter too.

What lies in the stage and not in the message is transient, also if only a person can mend it: settings that cannot be
read, a right that is missing, a damaged manifest. Otherwise one mistake would make a million dead letters.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import TypeVar

from image_release.ingest import (
    BadValueError,
    CatalogueMisnamedError,
    InputDamagedError,
    MissingInputError,
    ReleaseUnreadableError,
    RequestError,
)
from image_release.problems import printable
from image_release.serverless.messages import BadMessageError
from image_release.storage import BadKeyError

P = TypeVar("P")

PERMANENT = (
    BadKeyError,
    BadMessageError,
    BadValueError,
    CatalogueMisnamedError,
    InputDamagedError,
    MissingInputError,
    ReleaseUnreadableError,
    RequestError,
)
"""The permanent errors.

A file that is not in the inbox any more is one of them: a person has to know that what was handed in was not applied.
"""
FIRST_BACK_OFF_S = 10
"""Longest wait after the first failure; doubled after each further one."""
LAST_BACK_OFF_S = 900
MAX_REASON = 1_000
"""Characters of a reason."""


class ComeBackError(Exception):
    """A hotel could not be processed: its message has to come back after `seconds`. The cause, if any, says why."""

    def __init__(self, hotel_id: str, seconds: int, reason: str) -> None:
        self.reason = f"hotel {printable(hotel_id)}: {reason}"
        super().__init__(f"{self.reason}; again in {seconds} s")
        self.seconds = seconds


class SomeFailedError(Exception):
    """Parts of a message failed: `errors` tells their names and why. The others are done."""

    def __init__(self, errors: Mapping[str, Exception]) -> None:
        super().__init__("; ".join(f"{printable(name)}: {reason_of(error)}" for name, error in errors.items()))
        self.errors = errors


@dataclass(frozen=True, slots=True)
class Attempt:
    """How often a message was received, and how often it may be."""

    receives: int = 1
    most: int = 1

    @property
    def is_last(self) -> bool:
        """Whether the message goes to the dead letters if this fails."""
        return self.receives >= self.most


def handle_each(parts: Iterable[P], handle: Callable[[P], object], name: Callable[[P], str] = str) -> None:
    """Call `handle` with every part of a message, also after one that failed. Raises SomeFailedError."""
    errors: dict[str, Exception] = {}
    for part in parts:
        try:
            handle(part)
        except Exception as error:  # noqa: BLE001 - the other parts must not wait for it, and it is raised with them
            errors[name(part)] = error
    if errors:
        raise SomeFailedError(errors) from next(iter(errors.values()))


def is_permanent(error: BaseException | None) -> bool:
    """Whether the message fails again however often it is received."""
    if isinstance(error, ComeBackError):
        return is_permanent(error.__cause__)
    if isinstance(error, SomeFailedError):
        return all(map(is_permanent, error.errors.values()))
    return isinstance(error, PERMANENT)


def reason_of(error: Exception) -> str:
    """Why a message failed, in one line: the error with the document, the line and the rule that it names."""
    if isinstance(error, ComeBackError):
        text = error.reason
    elif isinstance(error, SomeFailedError):
        text = str(error)
    elif isinstance(error, BadValueError):
        text = f"{type(error).__name__}: '{printable(error.value)}': {error}"
    else:
        text = f"{type(error).__name__}: {error}"
    return printable(text, MAX_REASON)


def wait_s(error: Exception, name: str, receives: int) -> int:
    """Seconds after which the message shall be received again; `name` spreads the waits of many messages."""
    if isinstance(error, ComeBackError):
        return error.seconds
    if isinstance(error, SomeFailedError):
        return min(wait_s(one, name, receives) for one in error.errors.values() if not is_permanent(one))
    return back_off_s(name, receives)


def back_off_s(name: str, receives: int) -> int:
    """Seconds that a failed message waits: doubled each time, and spread by its name so that not all return at once."""
    most: int = min(LAST_BACK_OFF_S, FIRST_BACK_OFF_S * 2 ** min(receives - 1, 10))
    return most // 2 + zlib.crc32(f"{name} {receives}".encode()) % (most // 2 + 1)
