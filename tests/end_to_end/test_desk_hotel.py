"""The page of a hotel as a person uses it: the desk over real HTTP, Chromium, keys, a mouse, and what is published."""

import threading
from datetime import UTC, datetime
from urllib.parse import quote

import pytest

from image_release.feed import Cause
from image_release.one_machine.workers import run_nudges
from image_release.one_machine.workspace import Workspace
from image_release.store_keys import SETTINGS
from image_release.values import Nudge, key_part
from tests.end_to_end.axe import serious_findings
from tests.end_to_end.chromium import ShownPage
from tests.end_to_end.desk_world import BRISA, HOSTILE, ODD_ID, PLAIN, make_world, open_world
from tests.end_to_end.test_labelling_page import browser  # noqa: F401 - the fixture

WIDE, PHONE = (1280, 1000), (390, 844)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    make_world(folder)
    with open_world(folder) as opened:
        yield opened


@pytest.fixture
def page(browser, world):  # noqa: F811
    browser.set_window_size(*WIDE)
    browser.get(world.address)
    return HotelPage(browser, world)


class HotelPage(ShownPage):
    """What a person does on a hotel's page, and what it shows."""

    def __init__(self, browser, world):  # noqa: F811
        self.browser = browser
        self.world = world
        self.hotel_id = ""

    def open(self, hotel_id):
        self.hotel_id = hotel_id
        self.browser.get("about:blank")
        self.browser.get(f"{self.world.base}/hotels/{quote(key_part(hotel_id), safe='')}")
        self.js("sessionStorage.clear()")
        self.browser.refresh()
        self.wait("document.body.dataset.state === 'ready'")
        return self

    def press(self, *keys, focus=None, control=False, shift=False):
        from selenium.webdriver import ActionChains
        from selenium.webdriver.common.keys import Keys

        if focus:
            self.js(f"document.querySelector('#hotel [data-item=\"{focus}\"]').focus()")
        held = [key for key, is_held in ((Keys.CONTROL, control), (Keys.SHIFT, shift)) if is_held]
        actions = ActionChains(self.browser)
        for key in held:
            actions.key_down(key)
        for key in keys:
            actions.send_keys(getattr(Keys, key) if len(key) > 1 else key)
        for key in held:
            actions.key_up(key)
        actions.perform()

    def do(self, command):
        """Press the button that holds a command; what hides it is opened first."""
        selector = f'button[value="{command}"]'
        self.js(f"document.querySelector('{selector}').closest('details')?.setAttribute('open', '')")
        button = self.find(selector)
        self.js("arguments[0].scrollIntoView({block: 'center'})", button)
        button.click()
        self.settle()

    def choose(self, *images):
        for sha256 in images:
            self.js(
                f"(() => {{ const box = document.querySelector('[name=chosen][value=\"{sha256}\"]');"
                "box.checked = true; box.dispatchEvent(new Event('change', {bubbles: true})); })()"
            )

    def settle(self):
        """Wait until everything that was asked for is done."""
        self.wait("!document.body.dataset.waiting && !document.getElementById('hotel').dataset.underWay")

    @property
    def said(self):
        return self.js("document.getElementById('deed-said').textContent")

    @property
    def order(self):
        """The pictures on the page, in order."""
        return self.js("[...document.querySelectorAll('#pictures > [data-item]')].map((card) => card.dataset.item)")

    @property
    def published(self):
        """The pictures of the manifest, in order."""
        return [picture["best"]["sha256"] for picture in self.manifest["pictures"]]

    @property
    def manifest(self):
        return self.world.manifest(self.hotel_id)


def moved(order, sha256, position):
    rest = [item for item in order if item != sha256]
    return [*rest[: position - 1], sha256, *rest[position - 1 :]]


def test_a_picture_is_moved_by_keys_by_a_mouse_and_on_a_phone_and_each_move_is_undone(page):
    from selenium.webdriver import ActionChains

    page.open(BRISA)
    first = page.published
    assert page.order == first

    page.press("ARROW_LEFT", focus=first[1], shift=True)
    page.settle()
    assert page.published == page.order == moved(first, first[1], 1)
    assert "8 pictures before, 8 now: 1 moved" in page.js("document.getElementById('changed').textContent")
    assert page.js("document.activeElement.dataset.item") == first[1], "the picture has the focus no more"
    page.press("z", control=True)
    page.settle()
    assert page.published == page.order == first
    page.press("y", control=True)
    page.settle()
    assert page.published == moved(first, first[1], 1)
    page.press("z", control=True)
    page.settle()

    cards = page.browser.find_elements("css selector", "#pictures > .card .shot img")
    page.js("arguments[0].scrollIntoView({block: 'center'})", cards[2])
    ActionChains(page.browser).click_and_hold(cards[2]).move_by_offset(10, 5).move_to_element(
        cards[1]
    ).release().perform()
    page.settle()
    assert page.published == page.order == moved(first, first[2], 2)
    page.press("2", focus=first[4])  # a picture that is pinned there gives way
    page.settle()
    assert page.published == moved(moved(first, first[2], 2), first[4], 2)

    page.browser.set_window_size(*PHONE)
    assert page.js("document.documentElement.scrollWidth <= document.documentElement.clientWidth")
    page.do(f"pin {first[5]} 1")
    assert page.published[0] == first[5]
    while undo := page.browser.find_elements("css selector", "#history + .history > li:not(.undone) button"):
        before = page.manifest["seq"]
        page.js("arguments[0].scrollIntoView({block: 'center'})", undo[0])
        if "back" in undo[0].text:
            break
        undo[0].click()
        page.settle()
        assert page.manifest["seq"] > before


def test_a_picture_is_hidden_and_corrected_and_a_hotel_withdrawn_and_all_of_it_undone(page):
    page.open(BRISA)
    first = page.published

    page.find("#why").send_keys("<b>not</b> ours")
    page.press("h", focus=first[2])
    page.settle()
    assert page.published == [item for item in first if item != first[2]]
    assert "hidden by a person (Ada): <b>not</b> ours" in page.js("document.querySelector('.rejected').textContent")
    assert page.find("#why").get_attribute("value") == ""
    page.press("s", focus=first[2])
    page.settle()
    assert page.published == first

    page.js(f"document.querySelector('#kind-{first[0]}').value = 'pool'")
    page.do(f"label {first[0]}")
    assert page.manifest["pictures"][page.published.index(first[0])]["category"] == "pool"
    page.find("#undo").click()
    page.settle()
    assert page.manifest["pictures"][page.published.index(first[0])]["category"] is None

    page.do("withdraw")
    assert page.published == []
    assert "Ada took all pictures of this hotel off" in page.find("#hotel").text
    page.find("#hotel .notice button").click()
    page.settle()
    assert page.published == first


def test_copies_are_divided_and_joined_and_chosen_and_a_rejected_image_is_rescued_and_all_of_it_undone(page):
    page.open(BRISA)
    first = page.published
    merged = next(picture for picture in page.manifest["pictures"] if picture["merged"])
    best, copy = merged["best"]["sha256"], merged["merged"][0]["sha256"]
    assert page.js("document.querySelectorAll('#pictures .thumbs img, .rejected img').length") == 9

    page.do(f"different {best} {copy}")
    assert len(page.published) == len(first) + 1
    assert {best, copy} <= set(page.published)
    page.press("z", control=True)
    page.settle()
    assert page.published == first

    page.do(f"best {copy}")
    assert copy in page.published
    assert best not in page.published
    page.press("z", control=True)
    page.settle()
    assert page.published == first

    page.choose(first[0], first[3])
    assert page.find("#chosen-count").text == "2 chosen"
    page.press("m")
    page.settle()
    assert len(page.published) == len(first) - 1
    assert "joined from 2" in page.find("#changed").text
    page.press("z", control=True)
    page.settle()
    assert page.published == first

    tiny = next(image["sha256"] for image in page.manifest["rejected"] if image["outcome"] == "too_small")
    page.do(f"rescue {tiny}")
    assert tiny in page.published
    page.press("z", control=True)
    page.settle()
    assert page.published == first

    for details in page.browser.find_elements("css selector", "#hotel details"):
        page.js("arguments[0].open = true", details)
    page.choose(best, copy)
    assert serious_findings(page.browser) == []
    page.press("c")
    page.wait("location.pathname.endsWith('/compare') && document.readyState === 'complete'")
    assert "They are one picture now. Joined:" in page.find("main").text
    assert serious_findings(page.browser) == []
    page.find("main a.button").click()
    page.wait("location.pathname.endsWith('/evidence') && document.readyState === 'complete'")
    assert "How the score is made" in page.find("body").text


def test_an_old_page_says_what_happened_and_nothing_that_was_being_done_is_lost(page, world):
    page.open("harbour")
    first = page.published
    other = world.client()
    seen = page.js("document.getElementById('hotel').dataset.version")
    answer = other.post("/hotels/harbour/decisions", {"do": f"hide {first[2]}", "why": "dark", "seen": seen})
    assert answer.status == 303
    page.find("#why").send_keys("brighter")
    page.press("f", focus=first[1])
    page.wait("document.querySelector('#deed-said button')")
    assert "the page is older than the hotel, so nothing was recorded. Meanwhile: Ada hid the picture of" in page.said
    page.find("#deed-said button").click()
    page.settle()
    assert page.published == [first[1], first[0]]
    assert "“brighter”" in page.js("document.querySelector('.history').textContent")
    assert "“dark”" in page.js("document.querySelector('.history').textContent")


def test_of_decisions_of_many_people_at_once_during_a_run_none_is_lost(page, world):
    page.open("station")
    first = page.published
    commands = [f"pin {first[2]} 1", f"hide {first[1]}", f"rescue {first[0]}", "withdraw", "apply"]
    answers = {}

    def post(command):
        answers[command] = world.client().post("/hotels/station/decisions", {"do": command}).status

    def run():  # as `image-release run` does at the same time
        workspace = Workspace(world.folder, world.desk.settings)
        nudges = [Nudge(hotel_id, "release") for hotel_id in (*PLAIN, BRISA)]
        run_nudges(workspace, nudges, 1, lambda _: None, Cause.of("run", datetime.now(UTC)))

    threads = [threading.Thread(target=run)]
    threads += [threading.Thread(target=post, args=(command,)) for command in commands]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers == dict.fromkeys(commands, 303) | {commands[2]: 400}
    page.open("station")
    page.settle()
    assert len(page.browser.find_elements("css selector", ".history > li")) == 3
    assert page.published == []
    page.find("#hotel .notice button").click()
    page.settle()
    assert page.published == [first[2], first[0]]


def test_a_hotel_that_cannot_be_processed_now_keeps_the_decision_and_can_be_tried_again(page, world):
    settings = world.folder / "inbox" / SETTINGS
    good = settings.read_bytes()
    page.open("garden")
    first = page.published
    settings.write_text("filter: {min_short_side_px: wide}\n", encoding="utf-8")
    try:
        page.press("f", focus=first[2])
        page.settle()
        assert "could not be processed now: settings.yaml" in page.said
        assert page.published == first
        assert "Your decisions are recorded" in page.find("#failure").text
        assert page.find("#failure button").text == "Try again"
    finally:
        settings.write_bytes(good)
    page.find("#failure button").click()
    page.settle()
    assert page.published == moved(first, first[2], 1)
    assert not page.browser.find_elements("css selector", "#failure")


@pytest.mark.parametrize("hotel_id", [HOSTILE, ODD_ID])
def test_what_partners_write_is_shown_and_never_run(page, hotel_id):
    page.browser.get_log("browser")  # what earlier pages left
    page.open(hotel_id)
    assert page.js("document.title") != "attacked"
    assert not page.browser.find_elements("css selector", "main img[src=x]")
    page.do(f"hide {page.published[0]}")
    assert len(page.published) == 2
    assert not [entry for entry in page.browser.get_log("browser") if entry["level"] == "SEVERE"]
