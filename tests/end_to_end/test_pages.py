"""What the pages tell a reader to type works, word for word, in a folder with the files that they show."""

import json
import os
import re
import subprocess
from pathlib import Path

import pytest

from samples.partners import sample_hotels
from samples.serve import serving
from tests.conftest import ROOT
from tests.end_to_end.machine import COMMAND

FENCE = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
README = (ROOT / "README.md").read_text(encoding="utf-8")
PARTNERS = ("pictures.atlas.example", "pictures.bedbank.example")
STAND_INS = """
download:
  allowed_networks: [127.0.0.0/8]
  resolve: {{{}}}
"""
"""The partners of the pages are on no network: in the test their names stand for a server on this machine."""
TIMEOUT_S = 120


def copy_photographs(folder: Path, **names: str) -> None:
    """Sample photographs under other names."""
    photographs = sample_hotels()[1].photographs()
    for name, source in names.items():
        path = folder / (name.replace("__", "/") + ".jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photographs[source].read_bytes())


@pytest.fixture
def desk(tmp_path):
    """A reader's folder: photos of a hotel, the files that the README shows, and partners that answer."""
    copy_photographs(tmp_path / "my-photos/seaview/atlas", lobby="lobby", pool="pool")
    copy_photographs(tmp_path / "my-photos/seaview/bedbank", hall="lobby", bath="bathroom")
    for _, name, text in (block for block in FENCE.findall(README) if block[1]):
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    copy_photographs(tmp_path / "served", facade="facade", pool="pool", small__facade="facade")
    with serving(tmp_path / "served") as address:
        with (tmp_path / "settings.yaml").open("a", encoding="utf-8") as file:
            file.write(STAND_INS.format(", ".join(f'{host}: "{address}"' for host in PARTNERS)))
        yield tmp_path


def typed(desk: Path, line: str) -> subprocess.CompletedProcess[str]:
    """What a shell makes of a line in the reader's folder."""
    environment = {**os.environ, "PATH": f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}"}
    return subprocess.run(
        ["bash", "-euo", "pipefail", "-c", line],
        cwd=desk,
        env=environment,
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )


def manifest(desk: Path, workspace: str, hotel_id: str) -> dict:
    return json.loads((desk / workspace / "published/hotels" / hotel_id / "manifest.json").read_bytes())


def test_the_readmes_examples_work(desk):
    """Every shell block of the README, in its order: the photos are published, the pinned picture comes first, and the
    partners' two copies of one photograph are one picture."""
    blocks = [text for language, _, text in FENCE.findall(README) if language == "sh"]
    assert len(blocks) >= 4
    for block in blocks:
        if "3fa9c1d2" in block:  # the reader takes it from their own manifest
            last = manifest(desk, "my-workspace", "seaview")["pictures"][-1]["best"]["sha256"]
            block = block.replace("3fa9c1d2", last[:8])  # noqa: PLW2901
        ended = typed(desk, block)
        assert ended.returncode == 0, (block, ended.stdout, ended.stderr)
    seaview = manifest(desk, "my-workspace", "seaview")
    assert (seaview["pictures"][0]["best"]["sha256"], len(seaview["pictures"])) == (last, 3)
    casa_brisa = manifest(desk, "workspace", "100002")
    assert sorted(len(picture["merged"]) for picture in casa_brisa["pictures"]) == [0, 1]
    assert ended.stdout.splitlines() == [
        f"{picture['position']} {picture['best']['url']}" for picture in casa_brisa["pictures"]
    ]
