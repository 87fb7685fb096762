"""What Lambda refuses."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

from deployment.strict_aws.faults import Fault

MAX_ENVIRONMENT = 4096
UNRESERVED = 100
"""Concurrent invocations of an account that no function may reserve."""
ACCOUNT = 1000
"""Concurrent invocations of a new account."""
CONCURRENCY = range(2, 1001)
"""MaximumConcurrency of an event source."""
DEFAULT_VISIBILITY_S = 30
DEFAULT_TIMEOUT_S = 3
RANGES = {"MemorySize": (128, 10_240), "Timeout": (1, 900)}
RESERVED = frozenset(
    {
        "AWS_ACCESS_KEY_ID",
        "AWS_DEFAULT_REGION",
        "AWS_EXECUTION_ENV",
        "AWS_LAMBDA_FUNCTION_NAME",
        "AWS_LAMBDA_FUNCTION_VERSION",
        "AWS_LAMBDA_LOG_GROUP_NAME",
        "AWS_LAMBDA_RUNTIME_API",
        "AWS_REGION",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "LAMBDA_RUNTIME_DIR",
        "LAMBDA_TASK_ROOT",
        "_HANDLER",
    }
)
_VARIABLE = re.compile(r"[A-Za-z][A-Za-z0-9_]+")
_ALIAS = re.compile(r"(?!\d+$)[A-Za-z0-9_-]{1,128}")


def function_faults(properties: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a function: its environment of at most 4 KB, the names in it, its memory, time and disk.

    https://docs.aws.amazon.com/lambda/latest/dg/gettingstarted-limits.html and
    https://docs.aws.amazon.com/lambda/latest/dg/configuration-envvars.html
    """
    variables = (properties.get("Environment") or {}).get("Variables") or {}
    texts = (value if isinstance(value, str) else json.dumps(value) for value in variables.values())
    size = sum(map(len, (*variables, *texts)))
    if size > MAX_ENVIRONMENT:
        yield _invalid(f"the environment has {size} bytes, at most {MAX_ENVIRONMENT}")
    for name in variables:
        if name in RESERVED or not _VARIABLE.fullmatch(name):
            yield _invalid(f"environment variable {name!r}")
    disk = (properties.get("EphemeralStorage") or {}).get("Size")
    for what, value, (least, most) in (
        *((name, properties.get(name), limits) for name, limits in RANGES.items()),
        ("EphemeralStorage", disk, (512, 10_240)),
    ):
        if isinstance(value, int) and not least <= value <= most:
            yield _invalid(f"{what} is {value}, but must be {least} to {most}")


def alias_faults(properties: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with an alias: its name is no number, and one that points at $LATEST gives no weights.

    https://docs.aws.amazon.com/lambda/latest/api/API_CreateAlias.html and
    https://docs.aws.amazon.com/lambda/latest/dg/configuring-alias-routing.html
    """
    name, version = properties.get("Name", ""), properties.get("FunctionVersion")
    if isinstance(name, str) and not _ALIAS.fullmatch(name):
        yield _invalid(f"an alias cannot be called {name!r}")
    weights = (properties.get("RoutingConfig") or {}).get("AdditionalVersionWeights")
    if weights and version == "$LATEST":
        yield _invalid("$LATEST is not supported for an alias that points to more than one version")


def mapping_faults(resources: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """What is wrong with the queues that functions read: a message must stay hidden as long as the function may run.

    https://docs.aws.amazon.com/lambda/latest/dg/services-sqs-configure.html; Lambda answers "Queue visibility timeout:
    30 seconds is less than Function timeout: 900 seconds".
    """
    for name, resource in resources.items():
        if resource.get("Type") != "AWS::Lambda::EventSourceMapping":
            continue
        properties = resource["Properties"]
        queue = resources.get(_target(properties["EventSourceArn"]), {}).get("Properties", {})
        function = _function(properties["FunctionName"], resources).get("Properties", {})
        visible_s = queue.get("VisibilityTimeout", DEFAULT_VISIBILITY_S)
        runs_s = function.get("Timeout", DEFAULT_TIMEOUT_S)
        if queue and visible_s < runs_s:
            message = f"Queue visibility timeout: {visible_s} seconds is less than Function timeout: {runs_s} seconds"
            yield _invalid(f"{name}: {message}")
        most = (properties.get("ScalingConfig") or {}).get("MaximumConcurrency", 2)
        if most not in CONCURRENCY:
            yield _invalid(f"{name}: MaximumConcurrency is {most}, but must be 2 to 1000")


def reservation_faults(resources: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """What is wrong with reserved concurrency: 100 invocations of the account must stay unreserved.

    https://docs.aws.amazon.com/lambda/latest/dg/configuration-concurrency.html
    """
    functions = [one.get("Properties", {}) for one in resources.values() if one.get("Type") == "AWS::Lambda::Function"]
    reserved = sum(function.get("ReservedConcurrentExecutions", 0) for function in functions)
    if reserved > ACCOUNT - UNRESERVED:
        yield _invalid(f"{reserved} of {ACCOUNT} are reserved: the account's unreserved must stay {UNRESERVED} or more")


def _function(reference: Any, resources: Mapping[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The function that a mapping names, also through its alias."""
    resource = resources.get(_target(reference), {})
    if resource.get("Type") == "AWS::Lambda::Alias":
        return _function(resource["Properties"]["FunctionName"], resources)
    return resource


def _target(reference: Any) -> str:
    """The logical id that a Ref or a GetAtt names; empty for anything else."""
    if not isinstance(reference, dict):
        return ""
    found = reference.get("Ref") or reference.get("Fn::GetAtt") or ""
    return str(found[0] if isinstance(found, list) else str(found).split(".")[0])


def _invalid(message: str) -> Fault:
    return Fault("InvalidParameterValueException", message)
