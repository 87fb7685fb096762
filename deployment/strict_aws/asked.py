"""What the local AWS was asked: each right that was used, and each request that a rule refused."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from deployment.strict_aws.faults import Fault

AS_IAM_SAYS = {f"sqs:{action}Batch": f"sqs:{action}" for action in ("SendMessage", "DeleteMessage")} | {
    "sqs:ChangeMessageVisibilityBatch": "sqs:ChangeMessageVisibility"
}
"""Batches have no right of their own in AWS; ministack demands one.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-api-permissions-reference.html
"""


@dataclass(slots=True)
class Asked:
    """The calls that roles made: (role, statement, action, resource) -> how often; and what was refused."""

    calls: Counter[tuple[str, str, str, str]] = field(default_factory=Counter)
    refused: list[dict[str, str]] = field(default_factory=list)
    failing: dict[str, list[int]] = field(default_factory=dict)
    """Queue -> numbers of entries that its next batches refuse for a transient reason."""
    is_asking_itself: bool = False

    def first(self, service: str, faults: Iterable[Fault]) -> Fault | None:
        """The first fault, which is recorded; None if there is none."""
        fault = next(iter(faults), None)
        if fault is not None:
            self.refused.append({"service": service, "code": fault.code, "message": fault.message})
        return fault

    def take_failing(self, queue: str) -> int:
        """How many entries of this batch the queue refuses."""
        waiting = self.failing.get(queue)
        return waiting.pop(0) if waiting else 0

    def count(self, principal: str, statement: str, action: str, resource: str) -> None:
        """Count one call; `statement` is empty if it was denied."""
        if statement or not self.is_asking_itself:
            self.calls[(principal, statement, action, resource)] += 1

    @contextmanager
    def only_what_is_allowed(self) -> Iterator[None]:
        """Do not count as denied what is asked inside the block, because the caller did not ask for it."""
        self.is_asking_itself = True
        try:
            yield
        finally:
            self.is_asking_itself = False

    def documents(self) -> list[dict[str, Any]]:
        """The calls, for JSON. `statement` is empty if no statement allowed the call: it was denied."""
        names = ("principal", "statement", "action", "resource")
        return [dict(zip(names, call, strict=True)) | {"count": count} for call, count in sorted(self.calls.items())]
