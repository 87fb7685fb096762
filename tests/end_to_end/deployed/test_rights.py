"""The rights of every role against the calls that all deployed tests before made: none is missing, none is unused.

The local AWS enforces IAM, and writes down which statement of which role allowed each call. `build/rights.md`
is the table.
"""

import fnmatch
import json

import pytest

from deployment.strict_aws.metrics import line_faults
from deployment.tools import ROOT
from tests.end_to_end.deployed.suite import PREFIX

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(1800)]

FUNCTIONS = ("detect_changes", "fan_out", "fan_out_shard", "process_hotel", "reprocess", "tick")
BY_LAMBDA = {
    "logs:CreateLogStream": "Lambda writes the log with the role of the function",
    "logs:PutLogEvents": "Lambda writes the log with the role of the function",
    "sqs:ReceiveMessage": "Lambda reads the queue with the role of the function",
    "sqs:DeleteMessage": "Lambda reads the queue with the role of the function",
    "sqs:GetQueueAttributes": "Lambda reads the queue with the role of the function",
    "s3:AbortMultipartUpload": "an upload in parts that failed is ended",
}
"""Actions that a role needs and no function calls here: the local AWS does them itself, or they follow a fault."""
FAILED = ("ProcessHotelDeadLetters", "ReprocessDeadLetters", "TickDeadLetters")
"""Queues to which Lambda sends what a direct asynchronous call failed with, with the role of the function."""

AFTER_WEEKS = {
    "s3:GetObject": ("overrides/",),
    "s3:DeleteObject": tuple(
        f"{name}/"
        for name in ("releases", "catalogues", "accommodations", "requests", "retention", "changed", "changes", "feed")
    ),
}
"""What `tick` needs for objects that are weeks old. `tests/unit/serverless/test_keep_tidy.py` plays each of them."""


COPIES = "/settings/*"
"""Copies of the settings: a process that starts while the stored ones cannot be read looks for them."""
LEFT = ("SendUrgentQueue", "SendBulkQueue")
"""Where `process_hotel` sends the nudge of a hotel that a newer program made.

`tests/integration/test_settings_in_functions.py` plays both with the real handlers.
"""


def is_for_editions(role, sid, action, resource):
    """Whether a right is needed only while settings cannot be read, or while two programs are at work."""
    reads_a_copy = action == "s3:GetObject" and resource.endswith(COPIES)
    return reads_a_copy or ("process" in role.lower() and sid in LEFT)


def is_for_old_objects(role, action, resource):
    """Whether a right of `tick` is needed only when something is older than anything can be here."""
    return "tick" in role.lower() and any(f"{prefix}*" in resource for prefix in AFTER_WEEKS.get(action, ()))


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


def uses(statements, calls):
    """Yield each action and resource of the statements with the number of calls that they allowed."""
    for statement in statements:
        made = [call for call in calls if call["statement"] == statement["Sid"]]
        for action in listed(statement["Action"]):
            for resource in listed(statement["Resource"]):
                count = sum(
                    call["count"]
                    for call in made
                    if call["action"] == action and fnmatch.fnmatchcase(call["resource"], resource)
                )
                yield statement["Sid"], action, resource, count


def test_no_call_of_a_function_was_denied(calls):
    """Each call was allowed by a statement."""
    assert calls
    assert [call for call in calls if not call["statement"]] == []


def test_no_right_of_a_function_is_unused(roles, calls):
    """Every action on every resource of every statement was used, or is explained above."""
    rows, unused = [], []
    for role, statements in roles.items():
        of_role = [call for call in calls if call["role"] == role]
        for sid, action, resource, count in uses(statements, of_role):
            explained = action in BY_LAMBDA or sid.removeprefix("Send") in FAILED
            explained = explained or is_for_old_objects(role, action, resource)
            explained = explained or is_for_editions(role, sid, action, resource)
            rows.append(f"| {role} | {sid} | {action} | `{resource.rpartition(':::')[2]}` | {count or 'by Lambda'} |")
            if not count and not explained:
                rows[-1] = rows[-1].replace("by Lambda", "**unused**")
                unused.append((role, sid, action, resource))
    head = "| role | statement | action | resource | calls |\n|---|---|---|---|---|\n"
    (ROOT / "build" / "rights.md").write_text(head + "\n".join(rows) + "\n", encoding="utf-8")
    assert unused == []


def test_no_rule_of_aws_was_broken(suite):
    """Nothing that the suite sent was refused by the rules that the local AWS adds to ministack."""
    assert suite.aws.asked("refused") == []


def test_every_line_of_metrics_is_one_that_cloudwatch_takes(suite):
    lines = [line for function in FUNCTIONS for line in suite.log_lines(function) if '"_aws"' in line]
    assert lines
    assert [fault for line in lines for fault in line_faults(line)] == []
