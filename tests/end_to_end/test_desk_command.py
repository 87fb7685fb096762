"""`image-release desk` as a program: it prints an address that lets in, and Ctrl-C ends it at once."""

import json
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from click.testing import CliRunner

from image_release.cli import main
from image_release.storage import FolderStore
from tests.integration.world import World

PROGRAM = Path(sys.executable).with_name("image-release")
PATIENCE_S = 60


@pytest.fixture(scope="module")
def workspace(tmp_path_factory):
    """A workspace with one hotel that has no pictures."""
    folder = tmp_path_factory.mktemp("workspace")
    world = World(**{name: FolderStore(folder / name) for name in ("inbox", "state", "published")})
    world.release("2026-11-01", {"h1": []})
    world.process("h1")
    world.close()
    return folder


def refused(*options):
    """What the command says to wrong use."""
    ended = CliRunner().invoke(main, ["desk", "--no-open", *map(str, options)])
    assert ended.exit_code == 2, ended.output
    return ended.output


class TestTheProgram:
    def test_prints_an_address_that_lets_in_and_ends_with_ctrl_c_at_once(self, workspace):
        command = [PROGRAM, "desk", "--workspace", workspace, "--no-open", "--json", "--name", "Ada"]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        try:
            started = json.loads(program.stdout.readline())
            with urllib.request.urlopen(started["address"], timeout=PATIENCE_S) as answer:
                assert "Welcome" in answer.read().decode()
            began = time.monotonic()
            program.send_signal(signal.SIGINT)
            _, said = program.communicate(timeout=PATIENCE_S)
        finally:
            program.kill()
        assert (started["person"], program.returncode) == ("Ada", 130)
        assert "every decision is recorded" in said
        assert "Traceback" not in said
        assert time.monotonic() - began < 20  # a second where nothing else runs

    def test_says_what_to_install_without_the_extra(self, workspace, monkeypatch):
        monkeypatch.setitem(sys.modules, "starlette", None)
        assert "pip install 'image-release[desk]'" in refused("--workspace", workspace)


class TestWrongUse:
    @pytest.mark.parametrize("options", [("--host", "desk.example.com"), ("--name-header", "X-User")])
    def test_a_proxy_needs_its_secret_and_its_host(self, workspace, options):
        assert "both are needed" in refused("--workspace", workspace, *options)

    @pytest.mark.parametrize("secret", [b"", b"short\n", b"\xff" * 20])
    def test_a_proxys_secret_has_to_be_one(self, workspace, tmp_path, secret):
        file = tmp_path / "secret.txt"
        file.write_bytes(secret)
        said = refused("--workspace", workspace, "--proxy-secret-file", file, "--host", "desk.example.com")
        assert "--proxy-secret-file" in said

    @pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 201])
    def test_a_name_has_to_be_one(self, workspace, name):
        assert "--name" in refused("--workspace", workspace, "--name", name)

    def test_a_folder_that_does_not_exist_is_no_empty_workspace(self, tmp_path):
        assert "no such folder" in refused("--workspace", tmp_path / "nowhere")
