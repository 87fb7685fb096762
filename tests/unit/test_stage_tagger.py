"""The tagger of a stage: where it cannot be found out, a sentence says what to do (deployment/stage_tagger.js)."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from tests.conftest import ROOT

ASK = """
const answer = () => { %s };
const load = require("module")._load;
require("module")._load = (name, ...rest) => name !== "@aws-sdk/client-lambda" ? load(name, ...rest) : {
  LambdaClient: class { async send() { return answer(); } }, GetFunctionConfigurationCommand: class {} };
const StageTagger = require("./deployment/stage_tagger.js");
class SaidError extends Error {}
const aws = { getAwsSdkV3Config: async () => { %s }, naming: { getLambdaLayerLogicalId: (name) => name } };
const stage = new StageTagger({ classes: { Error: SaidError }, getProvider: () => aws });
const resolveVariable = async (name) => name === "param:tagger" ? null : "image-release-x";
stage.resolve({ address: "processHotel", resolveVariable })
  .then(({ value }) => console.log(JSON.stringify(value)))
  .catch((error) => console.log(error.constructor.name, error.message));
"""
NODE = shutil.which("node")
pytestmark = pytest.mark.skipif(NODE is None, reason="needs Node.js")


def told(answer: str = "", config: str = "return {};") -> str:
    """What resolving the layers of a stage gives, whose tagger nobody said."""
    command = [NODE or "node", "-e", ASK % (answer, config)]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=60, check=True).stdout


@pytest.mark.parametrize(
    ("answer", "config"),
    [
        ("throw new Error('not authorized')", "return {};"),
        ("", "throw new Error('Region is missing')"),
        ("", "throw new Error('Could not load credentials')"),
    ],
    ids=["no right", "no region", "no credentials"],
)
def test_a_look_up_that_fails_says_how_to_go_on(answer: str, config: str) -> None:
    said = told(answer, config)
    assert said.startswith("SaidError cannot find out which tagger runs in image-release-x-process_hotel")
    assert '--param="tagger=…" (none, google, local, google+local)' in said


def test_a_tagger_that_this_version_does_not_have_is_named() -> None:
    said = told("return { Environment: { Variables: { IMAGE_RELEASE_TAGGER: 'oracle' } } };")
    assert said.startswith('SaidError image-release-x-process_hotel runs with tagger "oracle", which this version')


def test_a_stage_that_runs_keeps_the_layers_of_its_tagger() -> None:
    said = told("return { Environment: { Variables: { IMAGE_RELEASE_TAGGER: 'google' } } };")
    assert said == '[{"Ref":"common"},{"Ref":"pictures"},{"Ref":"google"}]\n'
