"""The desk beside the deployed suite: the program, started by a person who may decide and cannot publish."""

import html
import json
import os
import re
import signal
import subprocess
import urllib.error
import urllib.request
from contextlib import contextmanager
from http.cookiejar import CookieJar
from pathlib import Path
from urllib.parse import quote, urlencode

from image_release.values import key_part
from tests.end_to_end.deployed.suite import WAIT_S, DeployedSuite
from tests.end_to_end.machine import COMMAND


class SuiteDesk:
    """A running desk: its pages over HTTP as a browser sends them, and commands of the same person."""

    def __init__(self, suite: DeployedSuite, environment: dict[str, str], address: str) -> None:
        self.suite = suite
        self.address = address
        self._environment = environment
        self._base = address.partition("/enter")[0]
        self._browser = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(CookieJar()))
        self._open(address)

    def get(self, path: str) -> str:
        """Return the text of a page."""
        return self.load(path).decode()

    def load(self, path: str) -> bytes:
        """Return the bytes of an address."""
        return self._open(f"{self._base}{path}").read()

    def is_built(self) -> bool:
        """Whether the list of hotels can be shown. Raises AssertionError if the desk cannot make it."""
        progress = json.loads(self.get("/progress"))
        assert not progress["error"], progress["error"]
        return progress["is_built"]

    def post(self, path: str, page: str, **fields: object) -> str:
        """Send a form with the token of a page. Returns the address of the page that it led to."""
        token = found_in(page, r'data-form-token="(\w+)"')
        body = urlencode({"form_token": token, **fields}, doseq=True).encode()
        answer = self._open(urllib.request.Request(f"{self._base}{path}", body, {"Origin": self._base}))
        return answer.url.removeprefix(self._base)

    def hotel(self, hotel_id: str) -> str:
        """The address of a hotel's page."""
        return f"/hotels/{quote(key_part(hotel_id), safe='')}"

    def decide(self, hotel_id: str, command: str) -> dict:
        """Press the button of a hotel's page that holds a command. Returns the manifest that the suite publishes."""
        page = self.get(self.hotel(hotel_id))
        seen = html.unescape(found_in(page, r'data-version="([^"]*)"'))
        seq = int(found_in(page, r'data-seq="(\d+)"'))
        self.post(f"{self.hotel(hotel_id)}/decisions", page, do=command, seen=seen)
        return self.moved(hotel_id, seq)

    def moved(self, hotel_id: str, seq: int) -> dict:
        """Wait, as the page does, until the manifest is not number `seq` any more. Returns the manifest."""
        state = f"{self.hotel(hotel_id)}/state?wait=1&before={seq}"
        self.suite.wait("the suite to publish a decision", lambda: json.loads(self.get(state))["seq"] > seq)
        return self.suite.manifest(hotel_id)

    def command(self, *words: str) -> str:
        """Run a command as the same person, and return what it prints."""
        command = [COMMAND, *words, "--workspace", self.suite.workspace]
        ended = subprocess.run(command, env=self._environment, capture_output=True, text=True, check=False)
        assert ended.returncode == 0, ended.stderr
        return ended.stdout

    def _open(self, request: str | urllib.request.Request):
        try:
            return self._browser.open(request, timeout=WAIT_S)
        except urllib.error.HTTPError as error:
            raise AssertionError(f"{error.code}: {error.read().decode()}") from error


def found_in(page: str, pattern: str) -> str:
    """Return what the only group of a pattern matches first in a page."""
    found = re.search(pattern, page)
    assert found, page
    return found.group(1)


@contextmanager
def started(suite: DeployedSuite, keys: dict[str, str], folder: Path):
    """Run the desk with a person's keys while the block runs; its index lies in `folder`."""
    environment = {
        **os.environ,
        **suite.aws.environment,
        **{name.upper(): value for name, value in keys.items()},
        "XDG_CACHE_HOME": str(folder),
    }
    command = [COMMAND, "desk", "--workspace", suite.workspace, "--no-open", "--json", "--name", "Ada"]
    said = folder / "desk.log"
    with said.open("wb") as log:
        program = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, stderr=log, text=True)
    try:
        line = program.stdout.readline()
        assert line, said.read_text()
        desk = SuiteDesk(suite, environment, json.loads(line)["address"])
        suite.wait("the index of hotels", desk.is_built)
        yield desk
    finally:
        program.send_signal(signal.SIGINT)
        program.communicate(timeout=WAIT_S)
    assert "warning" not in said.read_text()
    assert "Traceback" not in said.read_text()
