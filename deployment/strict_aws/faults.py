"""What a rule returns: the error code of AWS and a sentence."""

from __future__ import annotations

from typing import NamedTuple


class Fault(NamedTuple):
    """Why AWS refuses a request."""

    code: str
    message: str
