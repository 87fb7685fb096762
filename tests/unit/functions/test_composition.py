"""The environment and the composition root of the functions: errors name the variable, heavy packages stay unloaded."""

import json
import os
import subprocess
import sys

import pytest
from pydantic import ValidationError

from functions.environment import read_environment
from tests.conftest import ROOT

GIVEN = {
    "IMAGE_RELEASE_INBOX": "s3://stage-inbox",
    "IMAGE_RELEASE_STATE": "s3://stage-state",
    "IMAGE_RELEASE_PUBLISHED": "s3://stage-published",
    "IMAGE_RELEASE_URGENT_QUEUE": "https://sqs.eu-west-1.amazonaws.com/123456789012/urgent",
    "IMAGE_RELEASE_BULK_QUEUE": "https://sqs.eu-west-1.amazonaws.com/123456789012/bulk",
    "IMAGE_RELEASE_SHARD_QUEUE": "https://sqs.eu-west-1.amazonaws.com/123456789012/shards",
    "IMAGE_RELEASE_CATALOGUE_QUEUE": "https://sqs.eu-west-1.amazonaws.com/123456789012/catalogues",
    "IMAGE_RELEASE_COMPARING_QUEUE": "https://sqs.eu-west-1.amazonaws.com/123456789012/comparing",
    "IMAGE_RELEASE_QUOTA_TABLE": "quota",
}


@pytest.fixture
def environment(monkeypatch):
    for name in [name for name in os.environ if name.startswith("IMAGE_RELEASE_")]:
        monkeypatch.delenv(name)
    for name, value in GIVEN.items():
        monkeypatch.setenv(name, value)
    return monkeypatch


class TestTheEnvironment:
    def test_is_read_with_its_defaults(self, environment):
        found = read_environment()
        assert (found.inbox, found.tagger, found.settings, found.max_receives) == ("s3://stage-inbox", "none", "", 5)

    @pytest.mark.parametrize(
        ("name", "value"),
        [("INBOX", "stage-inbox"), ("TAGGER", "amazon"), ("MAX_RECEIVES", "0"), ("PUBLISHED", "s3://UPPER")],
    )
    def test_that_is_wrong_names_the_variable(self, environment, name, value):
        environment.setenv(f"IMAGE_RELEASE_{name}", value)
        with pytest.raises(ValidationError, match=name.lower()):
            read_environment()

    def test_that_lacks_something_names_it(self, environment):
        environment.delenv("IMAGE_RELEASE_QUOTA_TABLE")
        with pytest.raises(ValidationError, match="quota_table"):
            read_environment()

    @pytest.mark.parametrize("tagger", ["google", "google+local"])
    def test_with_google_needs_the_name_of_its_secret(self, environment, tagger):
        environment.setenv("IMAGE_RELEASE_TAGGER", tagger)
        with pytest.raises(ValidationError, match="GOOGLE_SECRET"):
            read_environment()

    @pytest.mark.parametrize("tagger", ["none", "local"])
    def test_without_google_needs_no_secret(self, environment, tagger):
        environment.setenv("IMAGE_RELEASE_TAGGER", tagger)
        assert not read_environment().asks_google


def composed(**more):
    """Build everything in a fresh process. Returns the identity of the tagger and the packages that were loaded."""
    program = (
        "import json, sys; from functions import composition; composition.suite();"
        "tagger = composition.hotel_ports().tagger.identity;"
        "print(json.dumps([tagger, sorted({name.partition('.')[0] for name in sys.modules})]))"
    )
    environment = {**{name: value for name, value in os.environ.items() if name != "IMAGE_RELEASE_SETTINGS"}, **GIVEN}
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={**environment, **more},
        capture_output=True,
        text=True,
        check=True,
    )
    tagger, loaded = json.loads(done.stdout)
    return tagger, set(loaded)


def test_composing_connects_nowhere_and_loads_no_client():
    """Not even Google's client, or what runs the model, where they tag: they are loaded for the first image."""
    assert composed()[0] == "none"
    assert composed(IMAGE_RELEASE_TAGGER="local")[0].startswith("local-")
    tagger, loaded = composed(IMAGE_RELEASE_TAGGER="google+local", IMAGE_RELEASE_GOOGLE_SECRET="/stage/vision")
    assert tagger.startswith("google-1+local-")
    assert {"boto3", "obstore", "grpc", "google", "onnxruntime"} & loaded == set()


def test_google_alone_is_composed_without_the_model():
    assert composed(IMAGE_RELEASE_TAGGER="google", IMAGE_RELEASE_GOOGLE_SECRET="/stage/vision")[0] == "google-1"
