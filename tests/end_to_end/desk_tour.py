"""The five minutes of docs/desk.md, step by step in Chromium, on the workspace of the demo.

The test of the tour takes the steps. This makes the pictures of docs/desk.md, after `make demo`:

    python -m tests.end_to_end.desk_tour demo/workspace docs
"""

from __future__ import annotations

import base64
import re
import shlex
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

from selenium.webdriver.support.wait import WebDriverWait

from tests.conftest import ROOT
from tests.end_to_end.axe import show_as
from tests.end_to_end.chromium import PATIENCE_S, chromium, wait_for
from tests.end_to_end.desk_world import open_world

HOTEL = "100002"
"""Casa Brisa, which opens with its bathroom after a colleague's mistake."""
QUALITY = 74
PERSON = "Ada"
VISIBLE_LOADED = """
return [...document.images].filter((image) => {
  const box = image.getBoundingClientRect();
  const isSeen = image.checkVisibility({contentVisibilityAuto: true}) && box.width && box.bottom > 0;
  return isSeen && box.top < innerHeight && !image.complete;
}).length === 0
"""


def mistake() -> list[list[str]]:
    """The commands with which docs/desk.md makes the mistake that the tour corrects: arguments of `image-release`."""
    text = (ROOT / "docs/desk.md").read_text(encoding="utf-8")
    lines = re.findall(rf"^image-release ((?:override|hotel) {HOTEL}.*)$", text, re.MULTILINE)
    return [shlex.split(line)[: shlex.split(line).index("--workspace")] for line in lines]


class Tour:
    """A person at the desk. `look` is called with the name of each view that the page shows a picture of."""

    def __init__(self, browser, world, look: Callable[[str], None] = lambda _: None) -> None:
        self.browser = browser
        self.world = world
        self.look = look

    def start(self) -> None:
        """Open the address that the command prints."""
        self.browser.get(self.world.address)
        self.wait("location.pathname === '/' && document.body.dataset.state === 'ready'")

    def find(self) -> None:
        """Find the hotel that a person corrected wrongly, and that opens with its bathroom."""
        self.look("list")
        words = "cadaques brisa"
        self.browser.find_element("css selector", "#q").send_keys(words)
        self.wait(f"new URLSearchParams(location.search).get('q') === '{words}'")  # the list of all that was typed
        assert self.browser.find_element("id", "total").text == "1 hotel"
        assert "opens with bathroom" in self.text
        self.browser.find_element("css selector", ".hotel-row .name").click()
        self.ready()
        assert self.first() == "bathroom"

    def correct(self) -> None:
        """Move the first bedroom to the front, and say why."""
        self.look("hotel")
        self.browser.find_element("css selector", "#why").send_keys("a bedroom invites")
        card = next(item for item in self.cards() if "bedroom" in item.get_attribute("aria-label"))
        button = card.find_element("css selector", "button[data-key=f]")
        self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        self.ready()
        assert self.first() == "bedroom"
        assert "1 moved" in self.browser.find_element("css selector", "#changed").text
        assert "a bedroom invites" in self.history()[0].text
        self.look("before-and-after")

    def undo(self) -> None:
        """Undo one's own decision, then that of the colleague: the hotel is as the program had it."""
        for expected in ("bathroom", "bedroom"):
            lines = (line for line in self.history() if "undone" not in line.get_attribute("class"))
            move = next(line for line in lines if "moved the" in line.text and "undid" not in line.text)
            button = move.find_element("css selector", "button")
            self.browser.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
            button.click()
            self.ready()
            assert self.first() == expected
        self.look("history")

    def see_what_changed(self) -> None:
        """The last list of changed hotels."""
        self.browser.get(f"{self.world.base}/changes")
        assert "Casa Brisa" in self.text
        self.wait("[...document.querySelectorAll('.change img')].every((image) => image.naturalWidth > 0)")
        self.look("changes")

    def first(self) -> str:
        """What the first published picture shows."""
        return self.world.manifest(HOTEL)["pictures"][0]["category"]

    def cards(self):
        """The pictures on the page, in order."""
        return self.browser.find_elements("css selector", "#pictures .picture")

    def history(self):
        """The lines of the hotel's history, newest first."""
        return self.browser.find_elements("css selector", ".history > li")

    @property
    def text(self) -> str:
        """What the page says."""
        return self.browser.find_element("css selector", "main").text

    def ready(self) -> None:
        """Wait until the hotel's page is there and nothing is under way."""
        self.wait("document.getElementById('hotel') && document.body.dataset.state === 'ready'")
        self.wait("!document.body.dataset.waiting && !document.getElementById('hotel').dataset.underWay")

    def wait(self, condition: str) -> None:
        """Wait until a condition of JavaScript holds."""
        wait_for(self.browser, condition)


def all_steps(tour: Tour) -> None:
    """Take the whole tour."""
    tour.start()
    tour.find()
    tour.correct()
    tour.undo()
    tour.see_what_changed()


def main(workspace: Path, folder: Path) -> None:
    """Write the pictures of docs/desk.md; the workspace itself stays as it is."""
    from click.testing import CliRunner

    from image_release.cli import main as command

    with tempfile.TemporaryDirectory() as scratch, chromium() as browser:
        copied = Path(scratch) / "workspace"
        shutil.copytree(workspace, copied)
        for arguments in mistake():
            CliRunner().invoke(command, [*arguments, "--workspace", str(copied)], catch_exceptions=False)

        def look(name: str) -> None:
            show_as(browser, 1_100, "light")
            if name == "before-and-after":
                browser.execute_script("document.getElementById('changed').scrollIntoView()")
            WebDriverWait(browser, PATIENCE_S, 0.1).until(lambda _: browser.execute_script(VISIBLE_LOADED))
            shot = {"format": "jpeg", "quality": QUALITY}
            data = browser.execute_cdp_cmd("Page.captureScreenshot", shot)["data"]
            (folder / f"desk-{name}.jpg").write_bytes(base64.b64decode(data))

        with open_world(copied, PERSON) as world:
            all_steps(Tour(browser, world, look))


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
