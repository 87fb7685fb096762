"""The rights of every role against the calls that all deployed tests before made: none is missing, none is unused.

The local AWS enforces IAM, and writes down which statement of which role allowed each call. `build/rights.md`
is the table.
"""

import fnmatch
import json
import re

import pytest

from deployment.strict_aws.metrics import line_faults
from deployment.tools import ROOT
from tests.end_to_end.deployed.suite import PREFIX
from tests.simulation.playing import play
from tests.simulation.rights import recorded

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(1800)]

FUNCTIONS = ("detect_changes", "fan_out", "fan_out_shard", "process_hotel", "reprocess", "compare_hotels", "tick")
BY_LAMBDA = {
    "logs:CreateLogStream",
    "logs:PutLogEvents",
    "sqs:ReceiveMessage",
    "sqs:DeleteMessage",
    "sqs:GetQueueAttributes",
}
"""What Lambda itself does with the role of a function: it writes the log and reads the queue."""
FAILED = ("ProcessHotelDeadLetters", "ReprocessDeadLetters", "TickDeadLetters")
"""Queues to which Lambda sends what a direct asynchronous call failed with, with the role of the function."""
AFTER_A_FAULT = "s3:AbortMultipartUpload"
"""Ends an upload in parts that failed."""
SEEDS = range(60)
"""Seeds of the simulation. What only it reaches counts as used: sweeps need days, and shares need large requests."""

SETTINGS = "tests/integration/test_settings_in_functions.py"
GONE = "tests/unit/cache/test_gone_brake.py"
ROUNDS = "tests/integration/test_rounds.py"
ELSEWHERE = {
    ("*", "ReadState", "/settings/*"): SETTINGS,  # a process that starts while the stored settings cannot be read
    ("*", "ListInbox", ""): SETTINGS,  # S3 answers 404, and not 403, where the settings are missing
    ("process_hotel", "SendUrgentQueue", ""): SETTINGS,  # a hotel that is left to a newer writer
    ("process_hotel", "SendBulkQueue", ""): SETTINGS,
    ("process_hotel", "WriteState", "/gone/*"): GONE,
    ("process_hotel", "DeleteState", "/gone/*"): GONE,
    ("process_hotel", "WriteState", "/tick/*"): "tests/integration/test_tagger_that_cannot_start.py",
    ("tick", "DeleteState", "/due/*"): "tests/unit/serverless/test_tick.py",
    ("compare_hotels", "ReadState", "/changed/*"): ROUNDS,  # lists that commands on other machines wrote
    (
        "compare_hotels",
        "ReceiveComparingQueue",
        "-comparing",
    ): "tests/integration/test_failing.py",  # a step that failed
    # S3 answers 404, and not 403, where a hotel has left in the middle of a round.
    ("compare_hotels", "ListPublished", ""): "tests/unit/serverless/test_rounds_in_trouble.py",
    ("compare_hotels", "ReadPublished", "/hotels/*"): ROUNDS,  # of hotels that share photographs
}
"""Rights that neither these tests nor the simulation need: function, statement, end of the resource -> their test."""
AFTER_WEEKS = {
    "s3:GetObject": ("overrides/",),
    "s3:DeleteObject": tuple(
        f"{name}/"
        for name in ("releases", "catalogues", "accommodations", "requests", "retention", "changed", "changes", "feed")
    ),
}
"""What `tick` needs for objects that are weeks old. `tests/unit/serverless/test_keep_tidy.py` plays each of them."""


def is_for_old_objects(function, action, resource):
    """Whether a right of `tick` is needed only when something is older than anything can be here."""
    return function == "tick" and any(f"{prefix}*" in resource for prefix in AFTER_WEEKS.get(action, ()))


def listed(value):
    return value if isinstance(value, list) else [value]


@pytest.fixture(scope="module", autouse=True)
def after_the_others(request, suite):
    """These tests say something only after all others; alone they are skipped."""
    files = {item.path.name for item in request.session.items}
    if not {"test_suite.py", "test_desk.py", "test_odd_ids.py"} <= files:
        pytest.skip("the other deployed tests did not run before")
    suite.settle()


@pytest.fixture(scope="module")
def roles(suite):
    """The statements of each function's role, by the name of the role."""
    iam, found = suite.client("iam"), {}
    for function in FUNCTIONS:
        role = suite.functions.get_function_configuration(FunctionName=f"{PREFIX}-{function}")["Role"].rpartition("/")[
            2
        ]
        (policy,) = iam.list_role_policies(RoleName=role)["PolicyNames"]
        document = iam.get_role_policy(RoleName=role, PolicyName=policy)["PolicyDocument"]
        found[role] = (json.loads(document) if isinstance(document, str) else document)["Statement"]
    return found


@pytest.fixture(scope="module")
def calls(suite, roles):
    """The calls that the roles of functions made."""
    every = suite.aws.asked("calls")
    return [{**call, "role": role} for call in every for role in roles if f"/{role}/" in f"{call['principal']}/"]


@pytest.fixture(scope="module")
def simulated():
    """The rights that the functions used in the simulation, with how often."""
    with recorded() as rights:
        for seed in SEEDS:
            play(seed)
    return rights.used


def made(statement, action, resource, calls):
    """Return how many calls an action and a resource of a statement allowed."""
    return sum(
        call["count"]
        for call in calls
        if (call["statement"], call["action"]) == (statement["Sid"], action)
        and fnmatch.fnmatchcase(call["resource"], resource)
    )


def in_the_simulation(function, statement, resource, simulated):
    """Return how often the simulation used the right of a statement to a prefix of a store, or to a queue."""
    right, rest = re.fullmatch("([A-Z][a-z]+)(.+)", statement["Sid"]).groups()
    if right == "Send":
        return simulated[(function, "send", "queue", rest)]
    prefix = resource.partition("/")[2].removesuffix("*")
    return simulated[(function, right.lower(), rest.lower(), prefix)] if prefix else 0


def used_by(function, statement, action, resource, calls, simulated):
    """Return what used a right, in words; an empty text if nothing did."""
    count = in_the_simulation(function, statement, resource, simulated)
    uses = [
        (str(made(statement, action, resource, calls) or ""), True),
        ("by Lambda", action in BY_LAMBDA or statement["Sid"].removeprefix("Send") in FAILED),
        ("after a fault", action == AFTER_A_FAULT),
        (f"{count} in the simulation", count),
        ("after weeks", is_for_old_objects(function, action, resource)),
        *((file, matches(right, function, statement, resource)) for right, file in ELSEWHERE.items()),
    ]
    return next((words for words, is_so in uses if words and is_so), "")


def matches(right, function, statement, resource):
    """Whether an entry of `ELSEWHERE` is about a right."""
    name, sid, end = right
    return name in ("*", function) and sid == statement["Sid"] and resource.endswith(end)


def test_no_call_of_a_function_was_denied(calls):
    """Each call was allowed by a statement."""
    assert calls
    assert [call for call in calls if not call["statement"]] == []


def test_no_right_of_a_function_is_unused(roles, calls, simulated):
    """Every action on every resource of every statement was used, here or in the simulation."""
    rows = []
    for (role, statements), function in zip(roles.items(), FUNCTIONS, strict=True):
        of_role = [call for call in calls if call["role"] == role]
        for statement in statements:
            for action in listed(statement["Action"]):
                for resource in listed(statement["Resource"]):
                    use = used_by(function, statement, action, resource, of_role, simulated)
                    rows.append((function, statement["Sid"], action, resource.rpartition(":")[2], use))
    head = "| function | statement | action | resource | calls |\n|---|---|---|---|---|\n"
    table = "".join(f"| {' | '.join(row[:4])} | {row[4] or '**unused**'} |\n" for row in rows)
    (ROOT / "build" / "rights.md").write_text(head + table, encoding="utf-8")
    assert [row for row in rows if not row[4]] == []


def test_no_rule_of_aws_was_broken(suite):
    """Nothing that the suite sent was refused by the rules that the local AWS adds to ministack."""
    assert suite.aws.asked("refused") == []


def test_every_line_of_metrics_is_one_that_cloudwatch_takes(suite):
    lines = [line for function in FUNCTIONS for line in suite.log_lines(function) if '"_aws"' in line]
    assert lines
    assert [fault for line in lines for fault in line_faults(line)] == []


def test_every_test_that_is_named_exists():
    assert [file for file in ELSEWHERE.values() if not (ROOT / file).is_file()] == []
