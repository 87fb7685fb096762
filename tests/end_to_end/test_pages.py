"""All commands in the documentation work as printed, in a folder with the files that it shows."""

import json
import os
import re
import shutil
import subprocess
from contextlib import contextmanager
from pathlib import Path

import click
import pytest

from image_release.cli import main
from samples.partners import sample_hotels
from samples.serve import serving
from tests.conftest import ROOT
from tests.end_to_end.machine import COMMAND
from tests.unit.test_house import commands

FENCE = re.compile(r"^```(\w+) ?([^\n]*)\n(.*?)^```", re.DOTALL | re.MULTILINE)
README = (ROOT / "README.md").read_text(encoding="utf-8")
PARTNERS = ("pictures.atlas.example", "pictures.bedbank.example")
STAND_INS = """
download:
  allowed_networks: [127.0.0.0/8]
  resolve: {{{}}}
"""
"""The partners' host names do not exist; in the test they lead to a server on this machine."""
TIMEOUT_S = 120


def copy_photographs(folder: Path, **names: str) -> None:
    """Sample photographs under other names."""
    photographs = sample_hotels()[1].photographs()
    for name, source in names.items():
        path = folder / (name.replace("__", "/") + ".jpg")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(photographs[source].read_bytes())


@contextmanager
def prepared_desk(folder):
    """A reader's folder: photos of a hotel, the files that the README shows, and partners that answer."""
    copy_photographs(folder / "my-photos/seaview/atlas", lobby="lobby", pool="pool")
    copy_photographs(folder / "my-photos/seaview/bedbank", hall="lobby", bath="bathroom")
    for _, name, text in (block for block in FENCE.findall(README) if block[1]):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    copy_photographs(folder / "served", facade="facade", pool="pool", small__facade="facade")
    with serving(folder / "served") as address:
        with (folder / "settings.yaml").open("a", encoding="utf-8") as file:
            file.write(STAND_INS.format(", ".join(f'{host}: "{address}"' for host in PARTNERS)))
        yield folder


def typed(desk: Path, line: str) -> subprocess.CompletedProcess[str]:
    """Run a line in a shell, in the reader's folder."""
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


def test_the_readmes_examples_work(tmp_path):
    """Every shell block of the README works, in order: the photos are published, the pinned picture comes first, and
    the two copies of one photograph become one picture."""
    with prepared_desk(tmp_path / "desk") as desk:
        follow_the_readme(desk)


def follow_the_readme(desk: Path) -> None:
    one_machine = README[: README.index("\n## On AWS")]  # what follows is run by `make package` and `make e2e`
    blocks = [text for language, _, text in FENCE.findall(one_machine) if language == "sh"]
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


STAND_INS_OF_HELP = {
    "123456": "100002",
    "partner-a": "atlas",
    "--tagger google": "--tagger none",  # it costs money
    "--hotel h1": "--hotel seaview",
    "--city Bilbao": "--city cadaques",
    "atlas 2026-11-02": "atlas 2026-11-09",
    "--labels labels.jsonl": "--labels my-corpus/vision_labels.jsonl",
}
"""Example values in help texts, and the values that replace them in the test."""


@pytest.fixture(scope="module")
def done_before(tmp_path_factory):
    """Two workspaces, a corpus and a request: what the examples of the help texts need."""
    folder = tmp_path_factory.mktemp("done") / "desk"
    with prepared_desk(folder):
        run = "image-release run --release 2026-11-01.csv --catalogues catalogues --settings settings.yaml"
        for line in (
            run,
            "image-release run --photos my-photos --workspace my-workspace",
            "cp 2026-11-01.csv workspace/inbox/releases/2026-11-08.csv",
            "mkdir -p photos && cp -r my-photos/seaview/atlas photos/seaview",
            "image-release corpus make photos my-corpus",
            "touch new-settings.yaml",
            "printf 'hotel_id,action,why\\n100002,withdraw,closed\\n' > decisions.csv",
            "echo a-secret-of-the-proxy > secret.txt",
            "cp photos/seaview/lobby.jpg lobby.jpg && cp lobby.jpg lobby-copy.jpg",
        ):
            ended = typed(folder, line)
            assert ended.returncode == 0, (line, ended.stdout, ended.stderr)
        requested = json.loads(typed(folder, "image-release reprocess --hotel 100002 --json").stdout)["request_id"]
        grade_all(folder / "my-corpus")
        yield folder, requested


def hand_in_what_is_held(desk: Path) -> None:
    """A release without the hotels of the one in force, and a catalogue without any accommodation of its partner."""
    header, row, *_ = (desk / "2026-11-01.csv").read_text(encoding="utf-8").splitlines()
    inbox = desk / "workspace/inbox"
    other = f"{header}\nanother,{row.partition(',')[2].rpartition(',')[0]},\n"
    (inbox / "releases/2026-11-08.csv").write_text(other, encoding="utf-8")
    (inbox / "catalogues/atlas/2026-11-09.jsonl").write_text('{"accommodation_id": "none", "images": []}\n')
    typed(desk, "image-release run --settings settings.yaml")


def grade_all(corpus: Path) -> None:
    """Write the grades and labels that `ranking` needs for a corpus."""
    labels = sorted({line.split(",")[2] for line in (corpus / "labels.csv").read_text().splitlines()[1:]})
    rows = [f"{label},seaview,room,2" for label in labels if not label.startswith("placeholder")]
    (corpus / "ranking.csv").write_text("\n".join(["label,hotel_id,category,grade", *rows]) + "\n")
    (corpus / "vision_labels.jsonl").write_text("")


def help_examples():
    """Every example of every help text, on one line, with the command that it calls."""
    for path, command in commands(main):
        for paragraph in (command.help or "").split("\n\n") if not isinstance(command, click.Group) else ():
            words = " ".join(paragraph.split())
            if words.startswith("Example: "):
                yield pytest.param(command, words.removeprefix("Example: "), id=" ".join(path[1:]))


@pytest.mark.parametrize(("command", "line"), list(help_examples()))
def test_an_example_of_a_help_text_works(done_before, tmp_path, command, line):
    """With the reader's own names filled in, its status is 0, or 130 if Ctrl-C ends it."""
    prepared, requested = done_before
    desk = tmp_path / "desk"
    shutil.copytree(prepared, desk)
    sha256 = manifest(desk, "workspace", "100002")["pictures"][0]["best"]["sha256"]
    given = {**STAND_INS_OF_HELP, "3fa9c1d2": sha256[:8], "20261124T101500-3fa9c1": requested}
    for example, there in given.items():
        line = line.replace(example, there)
    if any(parameter.name == "settings_file" for parameter in command.params):
        line += " --settings settings.yaml"
    if line.startswith("image-release accept"):
        hand_in_what_is_held(desk)
    if "everywhere re" in line:  # resume and revoke: something was decided
        decided = typed(desk, f"image-release everywhere hide 100002 {sha256[:8]} --settings settings.yaml")
        assert decided.returncode == 0, decided.stderr
    if "corpus make" in line:
        shutil.rmtree(desk / "my-corpus")
    expected = 0
    if "corpus label" in line or "image-release desk" in line:  # serve pages until Ctrl-C, which ends them with 130
        unopened = "--no-open" if "image-release desk" in line else "--no-browser"
        line, expected = f"env --default-signal=INT timeout --preserve-status -s INT 10 {line} {unopened}", 130
    ended = typed(desk, line)
    assert ended.returncode == expected, (line, ended.stdout, ended.stderr)
