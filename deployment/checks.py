"""What AWS would refuse of a packaged stage, or let pass although it cannot work: one check each.

The checks read the template, because everything that will be made stands in it under its real name.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from deployment.account import Account

Template = Mapping[str, Any]

PRODUCTION = "production"
UNRESERVED = 100
"""Concurrent invocations of the account that Lambda wants to keep unreserved."""
LONGEST_NAMES = {
    "S3::Bucket": ("BucketName", 63),
    "Lambda::Function": ("FunctionName", 64),
    "IAM::Role": ("RoleName", 64),
    "SQS::Queue": ("QueueName", 80),
    "SNS::Topic": ("TopicName", 256),
    "DynamoDB::Table": ("TableName", 255),
    "CloudWatch::Alarm": ("AlarmName", 255),
    "CloudWatch::Dashboard": ("DashboardName", 255),
    "Lambda::LayerVersion": ("LayerName", 140),
}
"""By type: the property that names it, and how many characters AWS allows."""
KEY_USERS = {"s3.amazonaws.com": "the events of the buckets", "cloudwatch.amazonaws.com": "the alarms"}
"""Services of AWS that use your key without a role of ours, and for what."""
CDN = {"cloudfront.amazonaws.com": "the distribution"}


@dataclass(frozen=True)
class Miss:
    """Something that a deployment needs and that is not there, and what to do."""

    what: str
    do: str


def missing(template: Template, account: Account) -> Iterator[Miss]:
    """Yield everything that is missing. A check that may not look says so, as one more miss."""
    from botocore.exceptions import BotoCoreError, ClientError

    for check in CHECKS:
        try:
            yield from check(template, account)
        except (BotoCoreError, ClientError) as error:
            what = (check.__doc__ or "").splitlines()[0]
            yield Miss(f"cannot check this: {what} {error}", "give these credentials the right that the message names")


def names_fit(template: Template, account: Account) -> Iterator[Miss]:
    """No name is longer than AWS allows."""
    for kind, (attribute, longest) in LONGEST_NAMES.items():
        for properties in of_type(template, kind):
            name = properties.get(attribute)
            if isinstance(name, str) and len(name) > longest:
                yield Miss(
                    f"{name} has {len(name)} characters, but the name of AWS::{kind} may have {longest}",
                    f"choose a stage whose name is {len(name) - longest} characters shorter than {account.stage}",
                )


def region_is_right(template: Template, account: Account) -> Iterator[Miss]:
    """The stage is in the region that was packaged, and AWS has Lambda there."""
    import boto3

    regions = boto3.session.Session().get_available_regions("lambda")
    if account.region not in regions:
        yield Miss(f"AWS has no Lambda in {account.region}", f"choose a region, for example {', '.join(regions[:3])}")
    for properties in of_type(template, "S3::Bucket"):
        name = properties.get("BucketName", "")
        if name and not name.endswith(f"-{account.number}-{account.region}"):
            yield Miss(
                f"the bucket {name} is not packaged for account {account.number} in {account.region}",
                f"package again with --region {account.region} and the credentials of this account",
            )
    key = key_of(template)
    if key and key.split(":")[3:4] != [account.region]:
        yield Miss(f"the key {key} is not in {account.region}", "name a key of this region: kmsKey")


def concurrency_is_enough(template: Template, account: Account) -> Iterator[Miss]:
    """The account allows what the functions reserve, and 100 more."""
    client = account.client("lambda")
    reserved = {
        one["FunctionName"]: int(one.get("ReservedConcurrentExecutions", 0))
        for one in of_type(template, "Lambda::Function")
    }
    wanted = sum(reserved.values())
    settings = client.get_account_settings()["AccountLimit"]
    limit = int(settings["ConcurrentExecutions"])
    free = int(settings.get("UnreservedConcurrentExecutions", limit)) + sum(
        now_reserved(client, name) for name in reserved
    )
    if wanted + UNRESERVED > free:
        yield Miss(
            f"the functions reserve {wanted} concurrent invocations and {UNRESERVED} must stay free, but of the"
            f" account's {limit} only {free} are left for them",
            "ask AWS for more (Service Quotas, Lambda, concurrent executions), or lower hotelConcurrency,"
            " urgentConcurrency and bulkConcurrency",
        )


def secret_is_there(template: Template, account: Account) -> Iterator[Miss]:
    """Where Google is asked, its key is stored."""
    client = account.client("ssm")
    variables = [one["Environment"]["Variables"] for one in of_type(template, "Lambda::Function")]
    asked = {one["IMAGE_RELEASE_GOOGLE_SECRET"] for one in variables if "google" in one["IMAGE_RELEASE_TAGGER"]}
    for name in sorted(asked):
        try:
            found = client.get_parameter(Name=name)["Parameter"]
        except client.exceptions.ParameterNotFound:
            yield Miss(
                f"the parameter {name} with the key of Google's service account does not exist",
                f"aws ssm put-parameter --type SecureString --name {name} --value file://key.json",
            )
            continue
        if found["Type"] != "SecureString":
            yield Miss(f"the parameter {name} is stored as {found['Type']}", "store it as a SecureString")


def alarms_reach_somebody(template: Template, account: Account) -> Iterator[Miss]:
    """Somebody gets the alarms of production."""
    (topic,) = [one for one in of_type(template, "SNS::Topic") if one["TopicName"] == f"{account.prefix}-alarms"]
    if account.stage == PRODUCTION and not topic.get("Subscription"):
        yield Miss("nobody gets the alarms of production", '--param="alarmEmail=operations@example.com"')


def buckets_are_ours(template: Template, account: Account) -> Iterator[Miss]:
    """No bucket exists already, but those of this stage's stack."""
    from botocore.exceptions import ClientError

    ours = own_buckets(account)
    client = account.client("s3")
    for name in (one.get("BucketName", "") for one in of_type(template, "S3::Bucket")):
        if not name or name in ours:
            continue
        try:
            client.head_bucket(Bucket=name)
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] == HTTPStatus.NOT_FOUND:
                continue
            yield Miss(f"the bucket {name} exists and belongs to somebody else", "choose another stage")
        else:
            yield Miss(
                f"the bucket {name} exists, but is not in the stack {account.prefix}",
                "import it into the stack, or empty and delete it if nobody needs what it holds (docs/operations.md)",
            )


def key_is_usable(template: Template, account: Account) -> Iterator[Miss]:
    """Your own key is enabled, encrypts, and lets the services of AWS use it."""
    key = key_of(template)
    if not key:
        return
    client = account.client("kms")
    try:
        about = client.describe_key(KeyId=key)["KeyMetadata"]
    except client.exceptions.NotFoundException:
        yield Miss(f"the key {key} does not exist", "name the ARN of a key: kmsKey")
        return
    if not about["Enabled"] or about["KeyUsage"] != "ENCRYPT_DECRYPT":
        yield Miss(f"the key {key} is not enabled for encryption", "enable it, or name another one: kmsKey")
    policy = json.dumps(json.loads(client.get_key_policy(KeyId=key, PolicyName="default")["Policy"]))
    users = {**KEY_USERS, **(CDN if any(of_type(template, "CloudFront::Distribution")) else {})}
    for service, uses in users.items():
        if service not in policy:
            yield Miss(
                f"the policy of the key {key} does not let {service} use it, so {uses} would fail",
                "add the statement of docs/operations.md (Your own key) to the policy",
            )


CHECKS: tuple[Callable[[Template, Account], Iterator[Miss]], ...] = (
    region_is_right,
    names_fit,
    alarms_reach_somebody,
    concurrency_is_enough,
    secret_is_there,
    buckets_are_ours,
    key_is_usable,
)


def of_type(template: Template, kind: str) -> list[dict[str, Any]]:
    """Return the properties of all resources of a type, without the `AWS::` before it."""
    return [one.get("Properties", {}) for one in template["Resources"].values() if one["Type"] == f"AWS::{kind}"]


def key_of(template: Template) -> str:
    """Return the ARN of your own key, or an empty text."""
    keys = {one.get("KmsMasterKeyId", "") for one in of_type(template, "SQS::Queue")}
    return max(keys, default="")


def now_reserved(client: Any, function: str) -> int:
    """Return how many invocations the function reserves now; a new one reserves none."""
    try:
        found = client.get_function_concurrency(FunctionName=function)
    except client.exceptions.ResourceNotFoundException:
        return 0
    return int(found.get("ReservedConcurrentExecutions", 0))


def own_buckets(account: Account) -> set[str]:
    """Return the names of the buckets in the stack of the stage; none if there is no stack."""
    from botocore.exceptions import ClientError

    pages = account.client("cloudformation").get_paginator("list_stack_resources")
    try:
        return {
            one.get("PhysicalResourceId", "")
            for page in pages.paginate(StackName=account.prefix)
            for one in page["StackResourceSummaries"]
            if one["ResourceType"] == "AWS::S3::Bucket"
        }
    except ClientError as error:
        if error.response["Error"]["Code"] == "ValidationError":  # there is no such stack
            return set()
        raise
