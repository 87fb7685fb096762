"""`image-release corpus label` as a person uses it: the program, a real browser, keys, and labels.csv."""

import csv
import json
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from tests.end_to_end.axe import serious_findings
from tests.end_to_end.chromium import PATIENCE_S, ShownPage, chromium
from tests.integration.labelled_corpus import BROKEN, small_corpus, write
from tests.integration.world import jpeg, photo

PROGRAM = Path(sys.executable).with_name("image-release")
"""A long timeout for busy machines; no time is measured."""


def rows(corpus):
    """The rows of labels.csv by image."""
    with (corpus / "labels.csv").open(newline="", encoding="utf-8") as file:
        return {row["image"]: row for row in csv.DictReader(file)}


def groups(corpus):
    """The images of each label, as sets of names."""
    by_label = {}
    for row in rows(corpus).values():
        by_label.setdefault(row["label"], set()).add(row["image"].rpartition("/")[2])
    return sorted(map(sorted, by_label.values()))


@pytest.fixture
def label():
    """Start the program on a corpus; Ctrl-C ends it."""
    running = []

    def start(corpus, *options):
        command = [PROGRAM, "corpus", "label", str(corpus), "--no-browser", "--json", *options]
        program = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        running.append(program)
        return program, json.loads(program.stdout.readline() or "{}")

    yield start
    for program in running:
        if program.poll() is None:
            program.send_signal(signal.SIGINT)
        program.communicate(timeout=PATIENCE_S)


@pytest.fixture(scope="module")
def browser():
    with chromium() as driver:
        yield driver


class Page(ShownPage):
    """The actions of a person, and what the page shows."""

    def __init__(self, browser, address):
        self.browser = browser
        browser.get("about:blank")  # an address that differs in its fragment alone would not be loaded again
        browser.get_log("browser")  # what an earlier page left
        browser.get(address)
        self.wait("document.body.dataset.state === 'ready'")

    def press(self, *keys):
        """Press keys; each is a letter or one of selenium's names."""
        from selenium.webdriver import ActionChains
        from selenium.webdriver.common.keys import Keys

        for key in keys:
            ActionChains(self.browser).send_keys(getattr(Keys, key) if len(key) > 1 else key).perform()

    def edit(self, *keys):
        """Press keys that end in one edit, and wait until it is saved."""
        version = int(self.js("document.body.dataset.version"))
        self.press(*keys)
        self.wait(f"document.body.dataset.version === '{version + 1}'")

    def click(self, action):
        """Click the button of an action with the mouse."""
        self.browser.find_element("css selector", f"[data-action={action}]").click()

    def click_edit(self, action):
        """Click the button of an edit, and wait until it is saved."""
        version = int(self.js("document.body.dataset.version"))
        self.click(action)
        self.wait(f"document.body.dataset.version === '{version + 1}'")

    def go_to(self, name):
        """Choose an image by a click; `name` is its file name."""
        self.js(f"[...document.querySelectorAll('.tile')].find(t => t.title.endsWith({json.dumps(name)})).click()")
        self.wait(f"document.querySelector('.tile.current').title.endsWith({json.dumps(name)})")

    @property
    def shown(self):
        """The groups on the screen, as file names."""
        found = self.js(
            "[...document.querySelectorAll('.group')].map(g => [...g.querySelectorAll('.tile')].map(t => t.title))"
        )
        return sorted(sorted(name.rpartition("/")[2] for name in group) for group in found)


class TestAPersonLabels:
    @pytest.fixture
    def page(self, browser, label, tmp_path):
        return Page(browser, label(small_corpus(tmp_path))[1]["address"])

    def test_with_keys_and_finds_it_all_again(self, page, tmp_path):
        """Each edit is in labels.csv at once, and on the page after a reload."""
        alone = [["c.jpg"], [BROKEN]]
        assert page.shown == sorted([["a.jpg", "b.jpg"], *alone])
        assert not (tmp_path / "labels.csv").exists()

        page.go_to("b.jpg")
        page.edit("s")
        assert page.shown == groups(tmp_path) == sorted([["a.jpg"], ["b.jpg"], *alone])

        page.go_to("b.jpg")
        page.edit("ARROW_UP", "ARROW_DOWN", "m")
        assert groups(tmp_path) == sorted([["a.jpg", "b.jpg"], *alone])

        page.go_to("c.jpg")
        page.edit("x")
        assert rows(tmp_path)["h1/dolce/c.jpg"]["label"] == "h1/placeholder0"
        page.edit("u")
        assert "placeholder" not in rows(tmp_path)["h1/dolce/c.jpg"]["label"]
        page.edit("r")
        assert rows(tmp_path)["h1/dolce/c.jpg"]["label"] == "h1/placeholder0"

        page.go_to("a.jpg")
        page.edit("b")
        assert {name: row["best"] for name, row in rows(tmp_path).items() if row["best"]} == {
            "h1/atlas/a.jpg": "1",
            "h1/dolce/b.jpg": "0",
        }
        before = rows(tmp_path), page.shown
        page.browser.refresh()
        page.wait("document.body.dataset.state === 'ready'")
        assert (rows(tmp_path), page.shown) == before
        assert page.js("document.querySelectorAll('.tile.best').length") == 1
        assert page.js("document.getElementById('saved').textContent") == "saved"

    def test_by_going_to_the_group_that_it_belongs_to(self, page, tmp_path):
        """`v` moves one image or all marked ones, and `g` a whole group, to the chosen group."""
        page.go_to("b.jpg")
        page.press("v")
        page.go_to("c.jpg")
        page.edit("ENTER")
        assert groups(tmp_path) == sorted([["a.jpg"], ["b.jpg", "c.jpg"], [BROKEN]])
        page.go_to("c.jpg")
        page.press("g")
        page.go_to("a.jpg")
        page.edit("ENTER")
        assert groups(tmp_path) == sorted([["a.jpg", "b.jpg", "c.jpg"], [BROKEN]])
        for name in ("b.jpg", "c.jpg"):
            page.go_to(name)
            page.press(" ")
        page.edit("s")
        assert groups(tmp_path) == sorted([["a.jpg"], ["b.jpg", "c.jpg"], [BROKEN]])

    def test_and_a_cancelled_move_changes_nothing(self, page, tmp_path):
        """Esc goes back to the image that was chosen before."""
        page.go_to("b.jpg")
        page.press("v", "ARROW_DOWN", "ESCAPE")
        page.wait("document.querySelector('.tile.current').title.endsWith('b.jpg')")
        page.press("ENTER")
        assert not (tmp_path / "labels.csv").exists()

    def test_keys_that_are_pressed_quickly_one_after_the_other(self, page, tmp_path):
        """A key that is pressed during an edit acts on the hotel after that edit."""
        page.go_to("b.jpg")
        page.browser.execute_script(
            "for (const key of ['s', 'u', 's', 'u', 'r', 'End', 'm', 'm', 'm', 'm', 'u'])"
            " dispatchEvent(new KeyboardEvent('keydown', { key }))"
        )
        page.wait("document.body.dataset.version === '9'")
        assert page.shown == groups(tmp_path)
        assert len(page.shown) == 2

    def test_and_accepts_a_hotel_to_go_on_to_the_next(self, page, tmp_path):
        """`a` saves the proposed groups, and the list of hotels shows which ones are done."""
        page.press("a")
        page.wait("document.title.startsWith('h2') && document.body.dataset.state === 'ready'")
        assert groups(tmp_path) == sorted([["a.jpg", "b.jpg"], ["c.jpg"], [BROKEN]])
        assert page.js("document.getElementById('hotels').options[0].textContent").startswith("✓ h1")
        page.press("p")
        page.wait("document.title.startsWith('h1') && document.body.dataset.state === 'ready'")

    def test_with_buttons_alone(self, page, tmp_path):
        """Each key has a button that does the same, so the page works without a keyboard; some wait for a target."""
        keys = "(await import('./keys.js')).KEYS.flatMap(key => key.actions)"
        actions = page.browser.execute_async_script(f"(async () => {keys})().then(arguments[0])")
        assert set(page.js("[...document.querySelectorAll('#buttons button')].map(b => b.dataset.action)")) == set(
            actions
        )
        page.go_to("b.jpg")
        page.click("moveInto")
        page.wait("document.querySelector('[data-action=split]').disabled")
        page.go_to("c.jpg")
        page.click_edit("confirm")
        assert groups(tmp_path) == sorted([["a.jpg"], ["b.jpg", "c.jpg"], [BROKEN]])
        assert page.js("document.querySelector('[data-action=confirm]').disabled")
        page.click_edit("undo")
        assert groups(tmp_path) == sorted([["a.jpg", "b.jpg"], ["c.jpg"], [BROKEN]])
        page.click("zoom")
        page.wait("!document.getElementById('zoom').hidden")
        assert page.js("document.getElementById('zoom').clientHeight") > 500
        page.click("cancel")
        page.wait("document.getElementById('zoom').hidden")

    def test_a_button_that_has_the_focus_keeps_its_keys(self, page):
        """Space and Enter press it, and mark or confirm nothing; after a click with the mouse the page has the keys."""
        page.browser.execute_script("document.querySelector('[data-action=help]').focus()")
        page.press(" ")
        page.wait("!document.getElementById('help').hidden && document.activeElement.textContent === 'Close'")
        page.press("ENTER")
        page.wait("document.getElementById('help').hidden")
        assert page.js("document.querySelectorAll('.tile.marked').length") == 0
        page.click("imageAfter")
        page.wait("document.activeElement === document.body")
        page.press(" ")
        page.wait("document.querySelectorAll('.tile.marked').length === 1")

    def test_on_a_phone_in_the_dark_and_with_a_screen_reader(self, page):
        """Nothing serious is found while a target is chosen or the keys are shown."""
        page.go_to("b.jpg")
        page.press(" ", "v")
        page.wait("document.getElementById('message').textContent")
        assert serious_findings(page.browser) == []
        page.press("ESCAPE", "?")
        page.wait("!document.getElementById('help').hidden")
        assert serious_findings(page.browser) == []

    def test_and_sees_the_keys(self, page):
        """`?` shows all keys and hides them again; meanwhile other keys do nothing."""
        page.press("?")
        page.wait("!document.getElementById('help').hidden")
        assert page.js("document.querySelectorAll('#help dt').length") >= 15
        page.press("x", "?")
        page.wait("document.getElementById('help').hidden")
        assert page.js("document.body.dataset.version") == "0"

    def test_what_partners_named_stays_text(self, page):
        """Markup in a file name is shown as text, and the browser logs errors of the broken image only."""
        page.go_to(BROKEN)
        assert BROKEN in page.js("document.querySelector('#chosen figcaption').textContent")
        assert page.js("document.querySelectorAll('img[src=x]').length") == 0
        page.wait("document.querySelector('.tile.current').classList.contains('broken')")
        complaints = [entry["message"] for entry in page.browser.get_log("browser")]
        assert [line for line in complaints if "415" not in line] == []


class TestALargeHotel:
    IMAGES = 1_200

    @pytest.fixture
    def corpus(self, tmp_path):
        """1,200 images in 600 labels, one of them with a copy to be merged."""
        picture = jpeg(photo(5, (96, 64)))
        lines = ["image,hotel_id,label,attacks,best"]
        for number in range(self.IMAGES):
            write(tmp_path, f"big/p/{number:04}.jpg", picture)
            lines.append(f"big/p/{number:04}.jpg,big,big/{number // 2:03},,")
        (tmp_path / "labels.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
        return tmp_path

    def test_is_touched_only_where_something_changes(self, browser, label, corpus):
        """Of 1,200 images, a key press changes two tiles and two groups, and an edit only its groups."""
        page = Page(browser, label(corpus)[1]["address"])
        assert page.js("document.querySelectorAll('.tile').length") == self.IMAGES
        browser.execute_script(
            "window.seen = []; new MutationObserver(list => seen.push(...list))"
            ".observe(document.getElementById('groups'), { subtree: true, childList: true, attributes: true })"
        )
        page.go_to("0600.jpg")
        browser.execute_script("seen.length = 0")
        page.press("ARROW_DOWN")
        page.wait("document.querySelector('.tile.current').title.endsWith('0602.jpg')")
        assert page.js("seen.length") == 4
        browser.execute_script("seen.length = 0")
        page.edit("m")
        assert page.js("seen.length") < 30
        assert {row["label"] for row in rows(corpus).values() if row["image"][6:10] in ("0600", "0603")} == {"big/300"}
        assert len(groups(corpus)) == self.IMAGES // 2 - 1

    def test_loads_pictures_only_as_they_come_into_sight(self, browser, label, corpus):
        """The first screen does not request 1,200 thumbnails; the last one is loaded when it comes into sight."""
        page = Page(browser, label(corpus)[1]["address"])
        page.wait("document.querySelector('.tile img').complete")
        asked = "performance.getEntriesByType('resource').filter(e => e.name.endsWith('/small')).length"
        browser.execute_script("performance.setResourceTimingBufferSize(5000)")
        assert page.js(asked) < self.IMAGES / 2
        page.press("END")
        page.wait("document.querySelector('.tile.current').title.endsWith('1198.jpg')")
        page.wait("document.querySelector('.tile.current img').naturalWidth > 0")


class TestTheCommand:
    def test_ends_by_ctrl_c_and_says_where_the_labels_are(self, label, tmp_path):
        """The status is 130, as for every interrupted command."""
        program, told = label(small_corpus(tmp_path))
        assert (told["hotels"], told["images"]) == (2, 5)
        program.send_signal(signal.SIGINT)
        _, err = program.communicate(timeout=PATIENCE_S)
        assert program.returncode == 130
        assert str(tmp_path / "labels.csv") in err

    def test_opens_the_hotel_that_is_asked_for_or_the_first_that_is_not_done(self, label, tmp_path):
        """It also locks the corpus: a second program is refused."""
        small_corpus(tmp_path)
        program, told = label(tmp_path, "--hotel", "h2")
        assert told["address"].endswith("/#1")
        second, _ = label(tmp_path)
        assert second.wait(PATIENCE_S) == 2
        assert "another" in second.stderr.read()
        program.send_signal(signal.SIGINT)
        program.wait(PATIENCE_S)
        names = [str(path.relative_to(tmp_path / "images")) for path in tmp_path.glob("images/h1/*/*")]
        lines = [f"{name},h1,h1/{number:02}" for number, name in enumerate(names)]
        (tmp_path / "labels.csv").write_text("\n".join(["image,hotel_id,label", *lines, ""]), encoding="utf-8")
        assert label(tmp_path)[1]["address"].endswith("/#1")

    @pytest.mark.parametrize(
        ("made", "options", "said"),
        [
            ("h/p/a.jpg", ("--hotel", "nowhere\x1b[31m"), r"nowhere\x1b[31m: no such hotel"),
            ("a.jpg", (), "expected images/<hotel>/<partner>/<file>"),
            ("h/p/a.jpg", ("--port", "99999"), "99999"),
        ],
    )
    def test_refuses_what_it_cannot_do(self, label, tmp_path, made, options, said):
        """Wrong use ends with status 2 and a sentence."""
        write(tmp_path, made, jpeg(photo(1, (320, 213))))
        program, _ = label(tmp_path, *options)
        _, err = program.communicate(timeout=PATIENCE_S)
        assert program.returncode == 2
        assert said in " ".join(err.split())

    def test_refuses_a_label_file_that_it_cannot_read(self, label, tmp_path):
        """The message names the file, which is not changed."""
        write(tmp_path, "h/p/a.jpg", jpeg(photo(1, (320, 213))))
        (tmp_path / "labels.csv").write_bytes(b"picture\n\xff\n")
        program, _ = label(tmp_path)
        _, err = program.communicate(timeout=PATIENCE_S)
        assert (program.returncode, "labels.csv" in err) == (2, True)
        assert (tmp_path / "labels.csv").read_bytes() == b"picture\n\xff\n"
