"""What a deployment does besides deploying: it watches the new version and deletes old ones (live_alias.js)."""

import io
import json
import os
import shutil
import subprocess
import uuid
import zipfile

import pytest

from tests.conftest import ROOT

NODE = shutil.which("node")
pytestmark = [
    pytest.mark.skipif(NODE is None, reason="needs Node.js"),
    pytest.mark.skipif(not (ROOT / "node_modules" / "@aws-sdk").is_dir(), reason="needs osls: `make package`"),
]

RUN = """
const LiveAlias = require("./deployment/live_alias.js");
const [prefix, name, method] = process.argv.slice(1);
const warnings = [];
const provider = {};
const config = { region: "eu-west-1", endpoint: process.env.AWS_ENDPOINT_URL };
const service = { custom: { prefix, watchMinutes: "35" }, provider, functions: { tick: { name } } };
const plugin = new LiveAlias(
  { service, getProvider: () => ({ getAwsSdkV3Config: async () => config }) }, {},
  { log: { warning: (line) => warnings.push(line) } });
plugin[method]().then(() => console.log(JSON.stringify({ warnings, watched: provider.rollbackConfiguration })));
"""


def run(aws, method, prefix="image-release-x", name="none"):
    """Let the plugin do one thing against a local AWS; return what it warned of and what is watched."""
    environment = {**os.environ, **aws.environment()}
    command = [NODE, "-e", RUN, prefix, name, method]
    ended = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ended.returncode == 0, ended.stderr
    return json.loads(ended.stdout)


@pytest.fixture
def stage(ministack):
    """The prefix of a stage with the two alarms that the third one watches."""
    prefix = f"image-release-{uuid.uuid4().hex[:8]}"
    cloudwatch = ministack.client("cloudwatch")
    cloudwatch.put_metric_alarm(
        AlarmName=f"{prefix}-tick-errors",
        Namespace="AWS/Lambda",
        MetricName="Errors",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=0,
        ComparisonOperator="GreaterThanThreshold",
    )
    return prefix


class TestWatch:
    def watched_by(self, ministack, stage):
        """Make the alarm that moves deployments back."""
        rule = f'ALARM("{stage}-tick-errors")'
        cloudwatch = ministack.client("cloudwatch")
        cloudwatch.put_composite_alarm(AlarmName=f"{stage}-new-version", AlarmRule=rule)
        return cloudwatch

    def test_a_first_deployment_is_watched_by_nothing(self, ministack, stage):
        """CloudFormation refuses a trigger that does not exist. The empty list also clears what an earlier one left."""
        assert run(ministack, "watchNewVersion", stage)["watched"] == {
            "RollbackTriggers": [],
            "MonitoringTimeInMinutes": 0,
        }

    def test_a_later_one_is_watched_by_the_alarm(self, ministack, stage):
        self.watched_by(ministack, stage)
        found = run(ministack, "watchNewVersion", stage)
        (trigger,) = found["watched"]["RollbackTriggers"]
        assert trigger["Arn"].endswith(f":alarm:{stage}-new-version")
        assert (trigger["Type"], found["watched"]["MonitoringTimeInMinutes"], found["warnings"]) == (
            "AWS::CloudWatch::CompositeAlarm",
            35,
            [],
        )

    def test_one_that_repairs_what_fails_is_not_stopped(self, ministack, stage):
        """The alarm is on before the deployment begins."""
        cloudwatch = self.watched_by(ministack, stage)
        for name in ("tick-errors", "new-version"):
            cloudwatch.set_alarm_state(AlarmName=f"{stage}-{name}", StateValue="ALARM", StateReason="a test")
        found = run(ministack, "watchNewVersion", stage)
        assert found["watched"]["RollbackTriggers"] == []
        assert found["warnings"] == [f"{stage}-new-version is on already: this deployment will not be moved back by it"]


def test_the_ten_newest_versions_and_the_one_that_runs_are_kept(ministack):
    """Of fourteen versions, of which the second runs, three go."""
    client = ministack.client("lambda")
    name = f"{uuid.uuid4().hex[:8]}-tick"
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("handler.py", "def handle(event, context):\n    return {}\n")
    role = "arn:aws:iam::000000000000:role/any"
    code = {"ZipFile": out.getvalue()}
    client.create_function(FunctionName=name, Runtime="python3.13", Handler="handler.handle", Role=role, Code=code)
    for number in range(14):
        client.update_function_configuration(FunctionName=name, Environment={"Variables": {"NUMBER": str(number)}})
        client.publish_version(FunctionName=name)
    client.create_alias(FunctionName=name, Name="live", FunctionVersion="2")
    run(ministack, "deleteOldVersions", name=name)
    kept = [one["Version"] for one in client.list_versions_by_function(FunctionName=name)["Versions"]]
    assert kept == ["$LATEST", "2", *(str(number) for number in range(5, 15))]
