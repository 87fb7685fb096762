"""Removes a stage with all that it holds. Only `deployment.smoke` does that, with a stage that it made itself."""

from __future__ import annotations

import time
from collections.abc import Iterable
from typing import Any

from deployment.account import Account

STACK_S = 3600
"""How long the stack may take to be deleted."""
POLL_S = 2.0
WORKING = "_IN_PROGRESS"


def stack_status(account: Account) -> str | None:
    """Return the status of the stage's stack, or None if there is no such stack."""
    from botocore.exceptions import ClientError

    try:
        (stack,) = account.client("cloudformation").describe_stacks(StackName=account.prefix)["Stacks"]
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":
            return None
        raise
    return None if stack["StackStatus"] == "DELETE_COMPLETE" else str(stack["StackStatus"])


def remove_stage(account: Account, buckets: Iterable[str]) -> None:
    """Delete the stage's stack, and the buckets with everything in them. What is gone already is no error.

    The stack goes first: its functions could still write into the buckets.
    """
    cloudformation, s3 = account.client("cloudformation"), account.client("s3")
    if _settled(account):
        for page in cloudformation.get_paginator("list_stack_resources").paginate(StackName=account.prefix):
            for one in page["StackResourceSummaries"]:
                if one["LogicalResourceId"] == "ServerlessDeploymentBucket" and one.get("PhysicalResourceId"):
                    empty(s3, one["PhysicalResourceId"])
        cloudformation.delete_stack(StackName=account.prefix)
        if _settled(account):
            raise RuntimeError(f"the stack {account.prefix} was not deleted: see its events in CloudFormation")
    for bucket in buckets:
        if empty(s3, bucket):
            s3.delete_bucket(Bucket=bucket)


def empty(s3: Any, bucket: str) -> bool:
    """Delete all objects of a bucket in all their versions. Returns False if there is no such bucket."""
    try:
        for page in s3.get_paginator("list_object_versions").paginate(Bucket=bucket):
            found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
            objects = [{"Key": one["Key"], "VersionId": one["VersionId"]} for one in found]
            if objects:
                failed = s3.delete_objects(Bucket=bucket, Delete={"Objects": objects, "Quiet": True}).get("Errors", [])
                if failed:
                    raise RuntimeError(f"s3://{bucket}/{failed[0]['Key']} was not deleted: {failed[0]['Message']}")
    except s3.exceptions.NoSuchBucket:
        return False
    return True


def _settled(account: Account) -> str | None:
    """Wait until nothing happens to the stack, and return its status."""
    until = time.monotonic() + STACK_S
    while (status := stack_status(account)) and status.endswith(WORKING):
        if time.monotonic() > until:
            raise RuntimeError(f"the stack {account.prefix} is still {status} after {STACK_S} s")
        time.sleep(POLL_S)
    return status
