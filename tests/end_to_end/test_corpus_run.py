"""The labelled corpus as a folder of photos: all hotels are published, each image once, in an order that people like.

Skipped if there is no corpus beside the repository.
"""

import csv
import json
import re
import shutil
import subprocess
import sys
from collections import Counter
from pathlib import Path
from urllib.parse import unquote

import pytest

from image_release.outcomes import Outcome
from tests.end_to_end.machine import COMMAND, assert_whole

pytestmark = pytest.mark.corpus

TIMEOUT_S = 900
WORST_ORDER = {"first_ok": 0.71, "ndcg5": 0.60}
MOST_NEVER = 0.085
"""The formula of the published method with a hand-made table is slightly better than these three limits."""
TWICE = ("akway", "manor_rooms", "nat_manor", "villapine_bath")
"""Hotels that are processed twice: with pictures that look alike, with real copies, with bare walls."""


def run(photos: Path, workspace: Path, *words: str) -> dict:
    command = [str(COMMAND), "run", "--photos", str(photos), "--workspace", str(workspace), "--json", *words]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
    assert ended.returncode == 0, ended.stderr
    told = [line for line in ended.stderr.splitlines() if not line.startswith("tagger: local is stored")]
    assert told == []
    return json.loads(ended.stdout)


def manifests(workspace: Path) -> dict[str, dict]:
    paths = (workspace / "published/hotels").glob("*/manifest.json")
    return {document["hotel_id"]: document for document in map(json.loads, (path.read_bytes() for path in paths))}


@pytest.fixture(scope="module")
def published(corpus, tmp_path_factory):
    """The whole corpus, published with recorded labels: the workspace and the document of the run."""
    workspace = tmp_path_factory.mktemp("corpus") / "workspace"
    told = run(corpus / "images", workspace, "--tagger", f"recorded:{corpus / 'vision_labels.jsonl'}")
    yield workspace, told
    shutil.rmtree(workspace)


def images_below(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.glob("*/*/*")}


def image_of(url: str) -> str:
    return unquote(url).partition("/corpus/images/")[2]


@pytest.mark.timeout(TIMEOUT_S)
class TestWholeCorpus:
    def test_every_hotel_is_published(self, published, corpus):
        """No hotel fails, and every rendition exists."""
        workspace, told = published
        hotels = len(list((corpus / "images").iterdir()))
        assert told["hotels"] == {"processed": hotels, "unchanged": 0, "failed": 0}
        assert assert_whole(workspace) == hotels

    def test_every_image_has_exactly_one_outcome(self, published, corpus):
        """Each file of the folder is in exactly one manifest, once. The run counts what the manifests have."""
        workspace, told = published
        found: Counter[str] = Counter()
        outcomes: Counter[str] = Counter()
        for document in manifests(workspace).values():
            for picture in document["pictures"]:
                found[image_of(picture["best"]["url"])] += 1
                found.update(image_of(image["url"]) for image in picture["merged"])
                outcomes.update(published=1, merged=len(picture["merged"]))
            found.update(image_of(image["url"]) for image in document["rejected"])
            outcomes.update(image["outcome"] for image in document["rejected"])
        assert set(found.values()) == {1}
        assert set(found) == images_below(corpus / "images")
        counts = dict(told["images"])
        assert counts.pop("total") == sum(counts.values()) == len(found)
        assert counts == outcomes
        assert set(counts) <= {str(outcome) for outcome in Outcome}

    def test_the_order_is_at_least_the_published_formulas(self, published, corpus, tmp_path):
        """Measured by the corpus' own script, on the order of the manifests."""
        order = tmp_path / "order.csv"
        with order.open("w", newline="", encoding="utf-8") as file:
            rows = csv.writer(file)
            rows.writerow(("hotel_id", "image", "position"))
            for hotel_id, document in manifests(published[0]).items():
                for picture in document["pictures"]:
                    rows.writerow((hotel_id, image_of(picture["best"]["url"]), picture["position"]))
        names = ("ranking.csv", "labels.csv")
        command = [sys.executable, str(corpus / "judge_ranking.py"), *(str(corpus / name) for name in names)]
        judged = json.loads(subprocess.run([*command, str(order), "--json"], capture_output=True, check=True).stdout)
        assert {name for name, worst in WORST_ORDER.items() if judged[name] < worst} == set(), judged
        assert judged["first_never"] <= MOST_NEVER


@pytest.mark.timeout(TIMEOUT_S)
def test_the_same_photos_give_the_same_bytes(corpus, tmp_path):
    """One worker and two workers publish the same files, except for times, which name the snapshots of the feed."""
    for hotel in TWICE:
        shutil.copytree(corpus / "images" / hotel, tmp_path / "photos" / hotel)
    published = []
    for workers in ("1", "2"):
        workspace = tmp_path / f"workspace-{workers}"
        run(tmp_path / "photos", workspace, "--workers", workers)
        folder = workspace / "published"
        files = {str(path.relative_to(folder)): path.read_bytes() for path in folder.rglob("*") if path.is_file()}
        files = {name: data for name, data in files.items() if not name.startswith("feed/")}
        time = re.compile(rb'"published_at": "[^"]*"|\d{4}-\d\d-\d\d \d\d:\d\d UTC')
        published.append(
            {name: time.sub(b"", data) if name.endswith(("json", "html")) else data for name, data in files.items()}
        )
    assert published[0].keys() == published[1].keys()
    assert [name for name, data in published[0].items() if published[1][name] != data] == []
