"""Deployments to a local AWS: one that fails is repeated, and the program is rolled back by its alias."""

import contextlib
import io
import json
import os
from unittest import mock

import pytest

from deployment import preflight, roll_back
from deployment.local_aws import REGION, local_aws
from deployment.tools import ToolMissingError, tools
from tests.end_to_end.deployed.suite import PREFIX, STAGE, DeployedSuite

ACCOUNT = "000000000000"
DEPLOY = ("deploy", "--stage", STAGE, "--param", "cdn=true")
pytestmark = [pytest.mark.deployed, pytest.mark.timeout(1800)]


@pytest.fixture(scope="module")
def aws(tmp_path_factory):
    """A local AWS to which nothing is deployed."""
    try:
        found = tools()
    except ToolMissingError as missing:
        pytest.skip(str(missing))
    with local_aws(found, tmp_path_factory.mktemp("aws")) as running, mock.patch.dict(os.environ, running.environment):
        yield running


def live(suite):
    """The version that each function's alias names."""
    names = [one["FunctionName"] for one in suite.functions.list_functions()["Functions"]]
    return {
        name: suite.functions.get_alias(FunctionName=name, Name="live")["FunctionVersion"] for name in sorted(names)
    }


def packages(suite):
    """The packages of the versions that run."""
    return {
        suite.functions.get_function_configuration(FunctionName=name, Qualifier="live")["Environment"]["Variables"][
            "IMAGE_RELEASE_PACKAGE"
        ]
        for name in live(suite)
    }


def said(main, *words):
    """Run a command of this folder; return its exit status and what it printed."""
    printed = io.StringIO()
    with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
        status = main(["--stage", STAGE, "--region", REGION, "--account", ACCOUNT, *words])
    return status, printed.getvalue()


@pytest.fixture(scope="module")
def suite(aws):
    """The suite after a first deployment that failed in the middle, and the same deployment without the fault."""
    with pytest.raises(RuntimeError, match="maxReceiveCount"):  # the planted fault: SQS allows 1,000
        aws.osls(*DEPLOY, "--param", "receives=2000")
    aws.osls(*DEPLOY)
    suite = DeployedSuite(aws)
    suite.put("inbox", "settings.yaml", "{}")
    return suite


def test_a_first_deployment_that_failed_is_repeated(suite):
    """It left no bucket with a fixed name, and no version of a function."""
    assert set(suite.buckets.values()) <= set(suite.bucket_names())
    assert set(live(suite).values()) == {"1"}
    (distribution,) = suite.client("cloudfront").list_distributions()["DistributionList"]["Items"]
    assert distribution["Comment"] == PREFIX


def test_buckets_of_a_first_deployment_that_failed_go_with_it(suite, aws, tmp_path):
    """The planted fault comes after the buckets were made. Without it the same template is deployed."""
    aws.osls("package", "--stage", "again", "--package", str(tmp_path), "--param", "localAws=true")
    template = json.loads((tmp_path / "cloudformation-template-update-stack.json").read_text("utf-8"))
    around = ("AWS::S3::", "AWS::SQS::", "AWS::SNS::")
    kept = {name: one for name, one in template["Resources"].items() if one["Type"].startswith(around)}
    fault = {
        "Type": "AWS::SQS::Queue",
        "DependsOn": ["InboxBucket", "StateBucket", "PublishedBucket"],
        "Properties": {
            "RedrivePolicy": {**kept["UrgentQueue"]["Properties"]["RedrivePolicy"], "maxReceiveCount": 2000}
        },
    }
    cloudformation = suite.client("cloudformation")

    def deployed(resources):
        body = json.dumps({"Resources": resources})
        cloudformation.create_stack(StackName="again", TemplateBody=body)
        status = lambda: cloudformation.describe_stacks(StackName="again")["Stacks"][0]["StackStatus"]
        suite.wait("a result", lambda: status().endswith(("COMPLETE", "FAILED")))
        return status(), sorted(name for name in suite.bucket_names() if "-again-" in name)

    status, buckets = deployed({**kept, "Fault": fault})
    assert (status, buckets) == ("ROLLBACK_COMPLETE", [])
    cloudformation.delete_stack(StackName="again")
    status, buckets = deployed(kept)
    assert (status, len(buckets)) == ("CREATE_COMPLETE", 3)


def test_the_alias_moves_back_and_forward_as_one(suite, aws):
    """Two packages differ in their tagger; the older one runs again, and then the newer one."""
    first, before = packages(suite), live(suite)
    aws.osls(*DEPLOY, "--param", "tagger=none")
    second, after = packages(suite), live(suite)
    assert (len(first), len(second), first == second) == (1, 1, False)
    assert all(after[name] != version for name, version in before.items())

    status, printed = said(roll_back.main)
    assert (status, packages(suite), live(suite)) == (0, first, before), printed
    assert printed.splitlines()[-2].startswith(f"{PREFIX}-tick")
    assert suite.call("tick", {})
    assert said(roll_back.main, "--list") == (0, mock.ANY)
    assert said(roll_back.main)[0] == 1

    status, printed = said(roll_back.main, "--to", *second)
    assert (status, packages(suite)) == (0, second), printed


def test_nothing_is_moved_in_another_account(suite):
    before = live(suite)
    words = ["--stage", STAGE, "--region", REGION, "--account", "111122223333"]
    assert roll_back.main(words) == 2
    assert live(suite) == before


def test_what_a_deployment_would_miss_is_named(suite, aws):
    """The account is asked what it allows, and the deployment stops before it changes anything."""
    status, printed = said(preflight.main, "--json", "--", "--param=tagger=none")
    assert (status, json.loads(printed)) == (0, {"missing": []})
    stage = "s" * 40
    with pytest.raises(RuntimeError, match="choose a stage whose name is"):
        aws.osls("deploy", "--stage", stage)
    assert not [name for name in suite.bucket_names() if stage in name]
