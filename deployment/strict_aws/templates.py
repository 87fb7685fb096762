"""What CloudFormation, and the services behind it, refuse of a template. What is known only later is passed over."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from deployment.strict_aws.faults import Fault
from deployment.strict_aws.functions import alias_faults, function_faults, mapping_faults, reservation_faults
from deployment.strict_aws.metrics import dimension_faults, expression_faults
from deployment.strict_aws.objects import bucket_faults

Resources = Mapping[str, Mapping[str, Any]]
DELETION = frozenset({"Delete", "Retain", "RetainExceptOnCreate", "Snapshot"})
REPLACEMENT = frozenset({"Delete", "Retain", "Snapshot"})
MAX_RESOURCES = 500
MAX_BYTES = 1_000_000
MAX_ROLE_POLICIES = 10_240
"""Characters of all policies inside one role, without white space."""
MAX_DESCRIPTION = 1024
"""Characters of an output's description."""
HOUR_S = 3600
LONGEST_DAYS_S = 7 * 24 * HOUR_S
_TAG_KEY = re.compile(r"(?!aws:)[\w\s.:/=+\-@]{1,128}")
_TAG_VALUE = re.compile(r"[\w\s.:/=+\-@]{0,256}")
_PLAIN = r"[A-Za-z0-9_-]+"
TEXTS: Mapping[str, Mapping[str, tuple[int, str]]] = {
    "AWS::CloudWatch::Alarm": {"AlarmName": (255, r"[^\x00-\x1f]+"), "AlarmDescription": (1024, r".*")},
    "AWS::CloudWatch::Dashboard": {"DashboardName": (255, _PLAIN)},
    "AWS::DynamoDB::Table": {"TableName": (255, r"[A-Za-z0-9_.-]{3,}")},
    "AWS::Events::Rule": {"Name": (64, r"[.\-_A-Za-z0-9]+"), "Description": (512, r".*")},
    "AWS::IAM::ManagedPolicy": {"ManagedPolicyName": (128, r"[\w+=,.@-]+"), "Description": (1000, r".*")},
    "AWS::IAM::Role": {"RoleName": (64, r"[\w+=,.@-]+"), "Description": (1000, r".*")},
    "AWS::KMS::Alias": {"AliasName": (256, r"alias/(?!aws/)[A-Za-z0-9/_-]+")},
    "AWS::Lambda::Alias": {"Description": (256, r".*")},
    "AWS::Lambda::Function": {"FunctionName": (64, _PLAIN), "Description": (256, r".*")},
    "AWS::Lambda::LayerVersion": {"LayerName": (140, _PLAIN), "Description": (256, r".*")},
    "AWS::Lambda::Version": {"Description": (256, r".*")},
    "AWS::Logs::LogGroup": {"LogGroupName": (512, r"[.\-_/#A-Za-z0-9]+")},
    "AWS::SNS::Topic": {"TopicName": (256, _PLAIN)},
    "AWS::SQS::Queue": {"QueueName": (80, r"[A-Za-z0-9_-]+(\.fifo)?")},
}
"""Longest text and its pattern, for each property of a type: the constraints on the pages of its Create… action.

For example https://docs.aws.amazon.com/lambda/latest/api/API_CreateFunction.html and
https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html.
"""


def template_faults(text: str) -> Iterator[Fault]:
    """Everything that is wrong with a template in JSON."""
    if len(text.encode()) > MAX_BYTES:
        yield _invalid(f"Template may not exceed {MAX_BYTES} bytes in size.")
    template = json.loads(text)
    resources: Resources = template.get("Resources") or {}
    if len(resources) > MAX_RESOURCES:
        yield _invalid(f"{len(resources)} resources, at most {MAX_RESOURCES}")
    for name, resource in resources.items():
        for fault in (*_frame_faults(name, resource), *_property_faults(resource)):
            yield Fault(fault.code, f"{name}: {fault.message}")
    yield from mapping_faults(resources)
    yield from reservation_faults(resources)
    for name, output in (template.get("Outputs") or {}).items():
        if len(output.get("Description", "")) > MAX_DESCRIPTION:
            yield _invalid(f"Outputs.{name}: a description has at most {MAX_DESCRIPTION} characters")


def _frame_faults(name: str, resource: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong around the properties: the logical id, and what becomes of the resource.

    https://docs.aws.amazon.com/AWSCloudFormation/latest/TemplateReference/aws-attribute-deletionpolicy.html,
    …/aws-attribute-updatereplacepolicy.html, and resources-section-structure.html for ids.
    """
    if not re.fullmatch(r"[A-Za-z0-9]{1,255}", name):
        yield _invalid("a logical id has letters and digits only")
    for attribute, allowed in (("DeletionPolicy", DELETION), ("UpdateReplacePolicy", REPLACEMENT)):
        if resource.get(attribute, "Delete") not in allowed:
            yield _invalid(f"Unrecognized {attribute} {resource[attribute]}")


def _property_faults(resource: Mapping[str, Any]) -> Iterator[Fault]:
    kind, properties = resource.get("Type", ""), resource.get("Properties") or {}
    yield from text_faults(kind, properties)
    yield from _tag_faults(properties.get("Tags"))
    if kind == "AWS::S3::Bucket" and isinstance(properties.get("BucketName"), str):
        yield from bucket_faults(properties["BucketName"])
    elif kind == "AWS::Lambda::Function":
        yield from function_faults(properties)
    elif kind == "AWS::Lambda::Alias":
        yield from alias_faults(properties)
    elif kind == "AWS::CloudWatch::Alarm":
        yield from _alarm_faults(properties)
    elif kind == "AWS::IAM::Role":
        yield from _role_faults(properties)


def text_faults(kind: str, properties: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the names and descriptions of a resource of some type."""
    for name, (most, pattern) in TEXTS.get(kind, {}).items():
        text = properties.get(name)
        if isinstance(text, str) and (len(text) > most or not re.fullmatch(pattern, text, re.DOTALL)):
            yield _invalid(f"{name} {text[:80]!r} has {len(text)} characters: at most {most}, of the form {pattern}")


def _tag_faults(tags: object) -> Iterator[Fault]:
    """What is wrong with tags.

    https://docs.aws.amazon.com/tag-editor/latest/userguide/best-practices-and-strats.html: keys of 1 to 128 and values
    of 0 to 256 letters, digits, spaces and `_ . : / = + - @`; `aws:` is reserved.
    """
    for tag in tags if isinstance(tags, list) else []:
        key, value = tag.get("Key"), tag.get("Value")
        if isinstance(key, str) and not _TAG_KEY.fullmatch(key):
            yield _invalid(f"tag key {key[:40]!r}")
        if isinstance(value, str) and not _TAG_VALUE.fullmatch(value):
            yield _invalid(f"value of tag {key!r}: {value[:40]!r}")


def _alarm_faults(properties: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with an alarm: its expression, its dimensions, its periods.

    https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html: a period is 10, 20, 30 s
    or minutes; all evaluated periods together are at most a day, or seven days if each has an hour or more.
    """
    queries = properties.get("Metrics")
    if queries is not None:
        if "MetricName" in properties:
            yield _invalid("an alarm has MetricName or Metrics, not both")
        yield from expression_faults(queries)
    statistics = [query["MetricStat"] for query in queries or [] if "MetricStat" in query]
    metrics = [(one["Metric"].get("Dimensions"), one["Period"]) for one in statistics]
    if "Period" in properties:
        metrics.append((properties.get("Dimensions"), properties["Period"]))
    for dimensions, period in metrics:
        for dimension in dimensions or []:
            if isinstance(dimension["Value"], str):
                yield from dimension_faults(dimension["Name"], dimension["Value"])
        if period not in {10, 20, 30} and (not period or period % 60):
            yield _invalid(f"a period of {period} s")
        longest = LONGEST_DAYS_S if period >= HOUR_S else 24 * HOUR_S
        if properties.get("EvaluationPeriods", 1) * period > longest:
            yield _invalid(f"{properties['EvaluationPeriods']} periods of {period} s are more than {longest} s")


def _role_faults(properties: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a role: its inline policies have at most 10,240 characters together, without white space.

    https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_iam-quotas.html
    """
    policies = [policy["PolicyDocument"] for policy in properties.get("Policies", [])]
    size = sum(len(json.dumps(policy, separators=(",", ":"))) for policy in policies)
    if size > MAX_ROLE_POLICIES:
        yield Fault("LimitExceeded", f"the policies have {size} characters, at most {MAX_ROLE_POLICIES}")


def _invalid(message: str) -> Fault:
    return Fault("ValidationError", message)
