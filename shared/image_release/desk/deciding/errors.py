"""Why a decision was not made. Each message is a sentence for a person, and safe for a terminal."""

from __future__ import annotations


class DecisionRefusedError(Exception):
    """A decision cannot be made, or would have no effect. Nothing was recorded."""


class AlreadyDecidedError(DecisionRefusedError):
    """The same decision is in force already."""


class NotPublishedError(DecisionRefusedError):
    """No hotel of that id is published."""


class OutdatedPageError(DecisionRefusedError):
    """The page on which a person decided is older than its hotel; the message says what happened meanwhile."""


class HotelUnreadableError(DecisionRefusedError):
    """What is published of the hotel cannot be read, so nobody can say what a decision would mean."""
