"""One deployed suite for all these tests, in which the sample hotels are published."""

import json

import pytest

from deployment.local_aws import local_aws
from deployment.tools import ToolMissingError, tools
from samples.partners import HOST, RELEASE_ID, VERSION, make_feed, sample_hotels
from samples.serve import serving
from tests.end_to_end.deployed.suite import STAGE, DeployedSuite

LAST = ("test_settings.py", "test_odd_ids.py", "test_rights.py")
"""What puts other settings and another release in force, and what looks back at all that the tests before it did."""
RENDITIONS = [
    {"name": "gallery-640", "width": 640, "height": 427},
    {"name": "thumb-120", "width": 120, "height": 80},
]


def pytest_collection_modifyitems(items):
    """Run the files of `LAST` after the others, in their order."""
    items.sort(key=lambda item: LAST.index(item.path.name) if item.path.name in LAST else -1)


@pytest.fixture(scope="session")
def feed(tmp_path_factory):
    """What the sample partners send: files to serve, catalogues and a release."""
    folder = tmp_path_factory.mktemp("feed")
    make_feed(folder)
    return folder


@pytest.fixture(scope="session")
def deployed(tmp_path_factory):
    """A local AWS to which osls has deployed the suite."""
    try:
        found = tools()
    except ToolMissingError as missing:
        pytest.skip(str(missing))
    with local_aws(found, tmp_path_factory.mktemp("aws")) as aws:
        aws.osls("deploy", "--stage", STAGE)
        yield DeployedSuite(aws)


@pytest.fixture(scope="session")
def suite(deployed, feed):
    """The suite after the catalogues and the first release were uploaded and every hotel was published."""
    with serving(feed / "files") as address:
        download = {"allowed_networks": ["127.0.0.0/8"], "resolve": {HOST.removeprefix("http://"): address}}
        deployed.hand_in("settings.yaml", json.dumps({"download": download, "renditions": RENDITIONS}))
        for path in sorted((feed / "catalogues").glob(f"*/{VERSION}.jsonl")):
            deployed.hand_in(str(path.relative_to(feed)), path.read_bytes())
        deployed.settle()  # before the first release a catalogue nudges no hotel, so every hotel is processed once
        deployed.hand_in(f"releases/{RELEASE_ID}.csv", (feed / f"{RELEASE_ID}.csv").read_bytes())
        deployed.wait(
            "the manifests of all hotels", lambda: all(deployed.manifest(hotel.hotel_id) for hotel in sample_hotels())
        )
        deployed.settle()
        yield deployed
