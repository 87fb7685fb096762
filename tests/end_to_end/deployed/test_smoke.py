"""`make smoke` on a local AWS: every step is right, and nothing is left, whatever happens."""

import os
from unittest import mock

import pytest

from deployment import smoke
from deployment.account import open_account
from deployment.local_aws import REGION, local_aws
from deployment.remove import stack_status
from deployment.tools import ToolMissingError, tools

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(1800)]

ACCOUNT = "000000000000"
STEPS = 7


@pytest.fixture(scope="module")
def account(tmp_path_factory):
    """The account of a local AWS to which nothing is deployed, and the stage that is tried there."""
    try:
        found = tools()
    except ToolMissingError as missing:
        pytest.skip(str(missing))
    with local_aws(found, tmp_path_factory.mktemp("aws")) as aws, mock.patch.dict(os.environ, aws.environment):
        yield open_account(ACCOUNT, REGION, "smoke")


def is_clean(account):
    """Whether nothing of the stage is left: no stack, no bucket."""
    buckets = [one["Name"] for one in account.client("s3").list_buckets()["Buckets"]]
    return stack_status(account) is None and [name for name in buckets if account.stage in name] == []


def test_does_every_step_and_leaves_nothing(account):
    """Deployed, published, corrected, withdrawn; the stage is gone afterwards."""
    said = []
    status = smoke.try_suite(account, smoke.LOCAL, said.append)
    assert (status, said[-1]) == (0, "the suite works in this account"), said
    assert [line for line in said if line.startswith("    right")] == [mock.ANY] * STEPS
    assert is_clean(account)


def test_that_is_interrupted_leaves_nothing(account):
    """Ctrl-C after the deployment, with objects in the buckets."""
    said = []

    def interrupted(line):
        said.append(line)
        if line.startswith("4/"):
            raise KeyboardInterrupt

    assert smoke.try_suite(account, smoke.LOCAL, interrupted) == smoke.INTERRUPTED, said
    assert is_clean(account)


def test_that_cannot_deploy_leaves_nothing(account):
    """The deployment fails in the middle: SQS allows 1,000 receives."""
    said = []
    assert smoke.try_suite(account, [*smoke.LOCAL, "--param", "receives=2000"], said.append) == 1
    assert "maxReceiveCount" in said[-1]
    assert is_clean(account)


def test_leaves_a_stage_alone_that_exists(account):
    """It deletes what it tried, so it tries nothing that somebody else made."""
    cloudformation = account.client("cloudformation")
    topic = '{"Resources": {"Topic": {"Type": "AWS::SNS::Topic"}}}'
    cloudformation.create_stack(StackName=account.prefix, TemplateBody=topic)
    cloudformation.get_waiter("stack_create_complete").wait(StackName=account.prefix)
    said = []
    assert smoke.try_suite(account, smoke.LOCAL, said.append) == 2
    assert said == [mock.ANY]
    assert stack_status(account) == "CREATE_COMPLETE"


def test_does_nothing_without_the_number_of_the_account(account, capsys):
    """Nor with the number of another one."""
    with pytest.raises(SystemExit) as refused:
        smoke.main(["--stage", "other"])
    assert refused.value.code == 2
    assert "--account" in capsys.readouterr().err
    assert smoke.main(["--stage", "other", "--account", "111122223333"]) == 2
