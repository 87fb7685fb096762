"""Small corpora made from the sample hotels, and calls of the real command."""

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT

COMMAND = Path(sys.executable).with_name("image-release")
TIMEOUT_S = 240
PHOTOS = {
    "casa-brisa": ("double-room-1", "double-room-2", "pool"),
    "the-foundry": ("double-room-1", "lobby"),
}
JOIN_ALL = (
    "grouping: {clear_score: -99, bridge_score: -99, single_score: -99, least_score: -99, least_first_look: -99}\n"
)
"""Settings that join every pair that can be aligned, and so mix rooms of one style."""
JOIN_NONE = "grouping: {clear_score: 99, bridge_score: 99, single_score: 99, least_score: 99}\n"


def call(*words, status=0):
    """Call `image-release corpus ...` and check its exit status."""
    ended = subprocess.run(
        [COMMAND, "corpus", *map(str, words)], capture_output=True, text=True, timeout=TIMEOUT_S, check=False
    )
    assert ended.returncode == status, (ended.returncode, ended.stdout, ended.stderr)
    return ended


def told(*words, status=0):
    """The JSON document that `--json` prints."""
    return json.loads(call(*words, "--json", status=status).stdout)


def make(folder, recipe="ordinary", photos=PHOTOS):
    """Make a corpus of a few sample photographs."""
    originals = folder / "originals"
    for hotel, names in photos.items():
        (originals / hotel).mkdir(parents=True)
        for name in names:
            shutil.copy(ROOT / "samples" / "hotels" / hotel / f"{name}.jpg", originals / hotel)
    call("make", originals, folder / "corpus", "--recipe", recipe, "--seed", 1)
    return folder / "corpus"


def rows(corpus):
    """The lines of a corpus' labels."""
    return (corpus / "labels.csv").read_text(encoding="utf-8").splitlines()


@pytest.fixture(scope="session")
def made(tmp_path_factory):
    """Copies of five photographs of two hotels. Tests that change the corpus use `own`."""
    return make(tmp_path_factory.mktemp("made"))


@pytest.fixture(scope="session")
def measured(made, tmp_path_factory):
    """What two processes told of that corpus, and the file of its groups."""
    groups = tmp_path_factory.mktemp("measured") / "groups.csv"
    return told("evaluate", made, "--workers", 2, "--groups-out", groups), groups


@pytest.fixture
def own(made, tmp_path):
    """A copy of the corpus that a test may change."""
    return Path(shutil.copytree(made, tmp_path / "corpus"))


@pytest.fixture
def joining_all(tmp_path):
    """A settings file that joins too much."""
    path = tmp_path / "all.yaml"
    path.write_text(JOIN_ALL, encoding="utf-8")
    return path


@pytest.fixture
def joining_none(tmp_path):
    """A settings file that joins nothing."""
    path = tmp_path / "none.yaml"
    path.write_text(JOIN_NONE, encoding="utf-8")
    return path
