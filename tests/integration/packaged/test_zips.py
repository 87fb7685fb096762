"""The zips that are deployed: small enough, complete, and without what no function needs."""

import json
import subprocess
import zipfile

import pytest

from deployment.package import STAGES
from deployment.tools import ROOT, ToolMissingError, tools
from layers.build import unzipped_mb
from layers.recipe import AWS_SERVICES, MAX_UNZIPPED_MB
from tests.integration.packaged.conftest import template_of

pytestmark = pytest.mark.packaged

BUILD = ROOT / "build"
IMPORT = """
import importlib, json, sys
importlib.import_module("functions.NAME.handler")
print(json.dumps(sorted({name.partition(".")[0] for name in sys.modules})))
"""
CLIENTS = """
import boto3
from google.cloud import vision
for service in SERVICES:
    boto3.client(service, region_name="eu-west-1", aws_access_key_id="a", aws_secret_access_key="b")
vision.ImageAnnotatorClient.from_service_account_info
"""
LOOK = """
from functions import composition
from image_release.tag import TagRequest
request = TagRequest("0" * 64, "https://partner.example/", jpeg=bytes, view=lambda: bytes(224 * 224 * 3))
print(composition.hotel_ports().tagger.tag([request])["0" * 64])
"""
STAGE = {
    **{f"IMAGE_RELEASE_{store}": f"s3://stage-{store.lower()}" for store in ("INBOX", "STATE", "PUBLISHED")},
    **{
        f"IMAGE_RELEASE_{name}": "none"
        for name in ("URGENT_QUEUE", "BULK_QUEUE", "SHARD_QUEUE", "CATALOGUE_QUEUE", "COMPARING_QUEUE", "QUOTA_TABLE")
    },
}
"""Environment variables of a function; nothing connects to what they name."""
HEAVY = {"numpy", "PIL", "cykooz_resizer", "google", "onnxruntime", "grpc", "boto3", "obstore", "jinja2"}
"""Loaded by events that need it, not by importing a handler; only `process_hotel` may import numpy and Pillow."""


@pytest.fixture(scope="session", params=STAGES)
def layers_of(request):
    """The layers of every function in the template."""
    resources = template_of(request.param)["Resources"]
    return {
        item["Properties"]["Handler"].split("/")[1]: [
            layer["Ref"].removesuffix("LambdaLayer").lower() for layer in item["Properties"]["Layers"]
        ]
        for item in resources.values()
        if item["Type"] == "AWS::Lambda::Function"
    }


def run(program, layers, environment=None):
    """Run a program as Lambda does: on Python 3.13 with the functions' code and layers only. Returns its output."""
    try:
        python = tools().python
    except ToolMissingError as missing:
        pytest.skip(str(missing))
    places = [BUILD / "functions", *(BUILD / "layers" / layer / "python" for layer in layers)]
    program = f"import sys; sys.path[:0] = {[str(place) for place in places]!r}\n{program}"
    ended = subprocess.run(
        [python, "-I", "-S", "-c", program],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
        env={
            "POWERTOOLS_SERVICE_NAME": "test",
            "POWERTOOLS_METRICS_NAMESPACE": "test",
            "POWERTOOLS_TRACE_DISABLED": "1",
            **(environment or {}),
        },
    )
    assert ended.returncode == 0, ended.stderr
    return ended.stdout


class TestSize:
    def test_of_each_function_with_its_layers_is_within_the_limit(self, layers_of):
        """The unzipped function and its layers stay well below the limit of Lambda, also with both taggers."""
        for layers in layers_of.values():
            zips = [BUILD / "functions.zip", *(BUILD / "layers" / f"{layer}.zip" for layer in layers)]
            assert unzipped_mb(*zips) <= MAX_UNZIPPED_MB


class TestContent:
    def test_has_byte_code_for_every_module(self):
        """Lambda cannot store byte code: a module without it would be compiled at every cold start."""
        for path in (BUILD / "functions.zip", *(BUILD / "layers").glob("*.zip")):
            names = set(zipfile.ZipFile(path).namelist())
            modules = {name for name in names if name.endswith(".py")}
            compiled = {name.replace("__pycache__/", "").replace(".cpython-313.pyc", ".py") for name in names}
            assert modules
            assert modules - {name for name in compiled if "/" in name or name in modules} == set()
            assert len([name for name in names if name.endswith(".cpython-313.pyc")]) == len(modules)

    def test_leaves_out_what_no_function_runs(self):
        """The zips have no command line, no lab, no tests, and no package that only developers use."""
        names = [name for path in BUILD.glob("**/*.zip") for name in zipfile.ZipFile(path).namelist()]
        unwanted = (
            "image_release/cli/",
            "image_release/lab/",
            "image_release/one_machine/",
            "python/scipy/",
            "python/click/",
            "python/rich/",
        )
        assert [name for name in names if name.startswith(unwanted) or "/tests/" in name] == []


class TestStart:
    @pytest.mark.parametrize(
        "name", ["detect_changes", "fan_out", "fan_out_shard", "process_hotel", "reprocess", "compare_hotels", "tick"]
    )
    def test_of_each_handler_needs_its_own_layers_and_nothing_heavy(self, layers_of, name):
        """Each handler needs only its zip and its layers. Only what decodes or compares images has more than one."""
        loaded = json.loads(run(IMPORT.replace("NAME", name), layers_of[name]))
        sees_images = name in {"process_hotel", "compare_hotels"}
        allowed = {"numpy", "PIL"} if sees_images else set()
        assert set(loaded) & HEAVY <= allowed
        assert bool({"pictures", "google", "model"} & set(layers_of[name])) == sees_images

    def test_of_every_client_works_with_what_was_left_of_its_package(self):
        """botocore was reduced, but the services that are used still have their descriptions."""
        run(CLIENTS.replace("SERVICES", repr(AWS_SERVICES)), ["common", "pictures", "google"])

    def test_of_the_model_works_with_what_was_left_of_its_package(self):
        """Most of onnxruntime was left out, and Google's client is not there, but a picture is looked at."""
        told = run(LOOK, ["common", "pictures", "model"], {**STAGE, "IMAGE_RELEASE_TAGGER": "local"})
        assert told.startswith("Tagged(")
        assert "look=Look(model='local-" in told
