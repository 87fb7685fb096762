"""Which tagger a stage gets: what was said, else the local model if it is new, and never another one unasked."""

import io
import json
import zipfile

import pytest

from tests.end_to_end.deployed.suite import PREFIX, STAGE

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(1800)]

OLD = "old"
"""A stage that runs with `none`; of its functions only the one that tells the tagger exists."""


@pytest.fixture(scope="module")
def old_stage(deployed):
    """The local AWS with a stage that was deployed with another tagger than new stages have."""
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", "def handle(event, context): pass\n")
    deployed.functions.create_function(
        FunctionName=f"image-release-{OLD}-process_hotel",
        Runtime="python3.13",
        Role=deployed.functions.get_function_configuration(FunctionName=f"{PREFIX}-process_hotel")["Role"],
        Handler="handler.handle",
        Code={"ZipFile": code.getvalue()},
        Environment={"Variables": {"IMAGE_RELEASE_TAGGER": "none"}},
    )
    return deployed


def packaged_tagger(aws, folder, *words):
    """Package a stage into a folder. Returns the tagger of its functions."""
    aws.osls("package", "--package", str(folder), *words)
    template = json.loads((folder / "cloudformation-template-update-stack.json").read_bytes())
    functions = [item for item in template["Resources"].values() if item["Type"] == "AWS::Lambda::Function"]
    (tagger,) = {item["Properties"]["Environment"]["Variables"]["IMAGE_RELEASE_TAGGER"] for item in functions}
    return tagger


class TestANewStage:
    def test_is_deployed_with_the_local_model(self, deployed):
        """Nobody said a tagger when the suite of these tests was deployed."""
        found = deployed.functions.get_function_configuration(FunctionName=f"{PREFIX}-process_hotel")
        assert found["Environment"]["Variables"]["IMAGE_RELEASE_TAGGER"] == "local"
        assert [layer["Arn"].split(":")[-2].rsplit("-", 1)[1] for layer in found["Layers"]] == [
            "common",
            "pictures",
            "model",
        ]

    def test_that_runs_now_is_deployed_again_without_a_word(self, deployed, tmp_path):
        """It has the tagger of new stages already, so nothing would change."""
        assert packaged_tagger(deployed.aws, tmp_path, "--stage", STAGE) == "local"


class TestARunningStage:
    def test_with_another_tagger_stops_a_deployment_that_says_none(self, old_stage):
        """The error names both commands that go on, and nothing is deployed."""
        with pytest.raises(RuntimeError) as stopped:
            old_stage.aws.osls("deploy", "--stage", OLD)
        told = str(stopped.value)
        assert "runs with tagger none" in told
        for tagger in ("none", "local"):
            assert f'npx osls deploy --stage {OLD} --region eu-west-1 --param="tagger={tagger}"' in told
        assert not [name for name in old_stage.bucket_names() if f"image-release-{OLD}-" in name]

    @pytest.mark.parametrize("tagger", ["none", "local"])
    def test_gets_the_tagger_that_is_said(self, old_stage, tmp_path, tagger):
        """To keep the tagger and to change it take one parameter."""
        assert packaged_tagger(old_stage.aws, tmp_path, "--stage", OLD, "--param", f"tagger={tagger}") == tagger

    def test_still_answers_to_other_commands(self, old_stage):
        """Only what deploys or packages has to say the tagger."""
        assert "image-release" in old_stage.aws.osls("print", "--stage", OLD)


def test_an_unknown_tagger_is_refused_with_the_ones_that_exist(deployed, tmp_path):
    with pytest.raises(
        RuntimeError, match='tagger is "amazon", but must be one of none, google, local, google\\+local'
    ):
        packaged_tagger(deployed.aws, tmp_path, "--stage", STAGE, "--param", "tagger=amazon")
