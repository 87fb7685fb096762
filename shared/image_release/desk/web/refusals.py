"""A request that is refused: its status and one clear sentence for the person who sees the page."""

from __future__ import annotations


class RefusedRequestError(Exception):
    """The request cannot be answered; `status` is that of HTTP and the message is a sentence for a person."""

    def __init__(self, status: int, sentence: str) -> None:
        super().__init__(sentence)
        self.status = status
        self.sentence = sentence


def not_found(sentence: str) -> RefusedRequestError:
    """What was asked for is not there."""
    return RefusedRequestError(404, sentence)


def wrong_input(sentence: str) -> RefusedRequestError:
    """What a person or a program sent cannot mean anything."""
    return RefusedRequestError(400, sentence)
