"""Counters in a DynamoDB table: one item per window, changed by conditional updates.

The table has the partition key `window`. `expires_at` (seconds since 1970) can be its time-to-live attribute.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from functools import cached_property
from typing import Any

from image_release.problems import printable
from image_release.tag.quota import CountersUnreachableError

KEPT_S = 3 * 24 * 3600
"""Seconds after which a count expires: far longer than the longest window, a day."""
REQUESTS = 3
"""Maximum number of times that one request is sent."""
WAIT_S = 3
"""Seconds to wait for a connection, and for an answer."""
ATTEMPTS = 4
"""Maximum number of attempts to take what is left: other workers may take some of it between two attempts."""


class DynamoCounters:
    """Counters in `table`. It connects (and imports boto3) at the first request. Threads may share it."""

    def __init__(
        self, table: str, *, connect: Callable[[], Any] | None = None, clock: Callable[[], float] = time.time
    ) -> None:
        self._table = table
        self._connect = connect or dynamodb_client
        self._clock = clock

    @cached_property
    def _client(self) -> Any:
        return self._connect()

    def take(self, window: str, wanted: int, limit: int) -> int:
        """Take up to `wanted` of what is left; returns how many. Raises CountersUnreachableError.

        One update is enough unless less than `wanted` is left.
        """
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            for _ in range(ATTEMPTS):
                if wanted <= 0 or wanted > limit:
                    wanted = max(0, min(wanted, limit))
                if not wanted:
                    return 0
                left = self._try(window, wanted, limit)
                if left is None:
                    return wanted
                wanted = min(wanted, left)
        except (BotoCoreError, ClientError) as error:
            raise CountersUnreachableError(self._away(error)) from error
        return 0

    def taken(self, window: str) -> int:
        """The count of a window; 0 before the first take. Raises CountersUnreachableError."""
        from botocore.exceptions import BotoCoreError, ClientError

        try:
            answer = self._client.get_item(
                TableName=self._table, Key={"window": {"S": window}}, ConsistentRead=True, ProjectionExpression="taken"
            )
        except (BotoCoreError, ClientError) as error:
            raise CountersUnreachableError(self._away(error)) from error
        return int(answer["Item"]["taken"]["N"]) if "Item" in answer else 0

    def _away(self, error: Exception) -> str:
        return printable(f"the table {self._table} that counts images does not answer: {error}", 300)

    def _try(self, window: str, wanted: int, limit: int) -> int | None:
        """Take all of `wanted` and return None, or take nothing and return how much is left."""
        try:
            self._client.update_item(
                TableName=self._table,
                Key={"window": {"S": window}},
                UpdateExpression="ADD taken :wanted SET expires_at = :expires",
                ConditionExpression="attribute_not_exists(taken) OR taken <= :most",
                ExpressionAttributeValues={
                    ":wanted": {"N": str(wanted)},
                    ":most": {"N": str(limit - wanted)},
                    ":expires": {"N": str(int(self._clock()) + KEPT_S)},
                },
            )
        except self._client.exceptions.ConditionalCheckFailedException:
            return max(0, limit - self.taken(window))
        return None


def dynamodb_client() -> Any:
    """A boto3 client with the credentials, region and endpoint of the environment.

    It gives up after seconds: a hotel without labels is published, and must not wait for them.
    """
    import boto3
    from botocore.config import Config

    retries = {"mode": "standard", "max_attempts": REQUESTS}
    return boto3.client("dynamodb", config=Config(connect_timeout=WAIT_S, read_timeout=WAIT_S, retries=retries))
