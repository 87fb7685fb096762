"""The AWS account that is deployed to: whose it is, and what it holds.

Nothing here is done to an account that was not named: `open_account` compares its number with the one that was given.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

SERVICE = "image-release"


class WrongAccountError(Exception):
    """The credentials belong to another account than the one that was named, or to none. The message says which."""


@dataclass(frozen=True)
class Account:
    """An account in a region, and the stage in it that is meant."""

    number: str
    region: str
    stage: str

    @property
    def prefix(self) -> str:
        """The beginning of every name of the stage, and the name of its stack."""
        return f"{SERVICE}-{self.stage}"

    @property
    def is_local(self) -> bool:
        """Whether it is a local AWS and not a real account."""
        return str(self.client("sts").meta.endpoint_url).startswith("http://127.0.0.1:")

    def client(self, service: str) -> Any:
        """Return a client of a service in the account's region."""
        import boto3

        return boto3.client(service, region_name=self.region)

    def bucket(self, store: str) -> str:
        """Return the name of the bucket of a store: inbox, state or published."""
        return f"{self.prefix}-{store}-{self.number}-{self.region}"


def open_account(number: str | None, region: str, stage: str) -> Account:
    """Return the account of the credentials. Raises WrongAccountError when another one was named."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = str(boto3.client("sts", region_name=region).get_caller_identity()["Account"])
    except (BotoCoreError, ClientError) as error:
        raise WrongAccountError(f"AWS does not say whose credentials these are: {error}") from error
    if number is not None and number != found:
        raise WrongAccountError(f"nothing was done: you named account {number}, but the credentials belong to {found}")
    return Account(found, region, stage)
