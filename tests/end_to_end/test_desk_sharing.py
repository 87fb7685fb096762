"""The pages of what hotels share, in Chromium and over HTTP: compare, see hotels side by side, hide in all of them."""

import csv
import io
import json

import pytest
import yaml
from selenium.webdriver.common.by import By

from image_release.ingest.releases.applying import apply_release
from image_release.store_keys import SETTINGS
from image_release.values import key_part, sha256_hex
from tests.end_to_end.axe import serious_findings
from tests.end_to_end.chromium import chromium
from tests.end_to_end.chromium import wait_for as wait
from tests.end_to_end.desk_world import ATTACK, _stored, open_world
from tests.integration.test_everywhere import Chain
from tests.integration.test_sharing import AS_SENT, CROPPED, SMALLER
from tests.integration.world import jpeg, photo

STOCK = photo(77)
ONE, OTHER = "casa-one", "b+b"
MANY = [f"m{number:02}" for number in range(11)]
NAMES = {ONE: f"Casa {ATTACK}", OTHER: "=1+1"}


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("sharing")
    chain = Chain(folder)
    chain.world.inbox.put(SETTINGS, yaml.safe_dump(_stored(chain.world.settings)).encode())
    hotels = {ONE: AS_SENT[:5], OTHER: [SMALLER[0], CROPPED[1], AS_SENT[2], AS_SENT[7]]}
    own = {hotel_id: [jpeg(photo(300 + number))] for number, hotel_id in enumerate(MANY)}
    stock = {hotel_id: [jpeg(STOCK, 70 + number)] for number, hotel_id in enumerate(MANY)}
    try:
        chain.hotels(**hotels, **{hotel_id: own[hotel_id] + stock[hotel_id] for hotel_id in MANY})
        _name(chain, [*hotels, *MANY])
    finally:
        chain.world.close()
    with open_world(folder) as opened:
        yield opened


def _name(chain: Chain, hotels: list[str]) -> None:
    """Hand in a release in which hotels have hostile names."""
    text = io.StringIO()
    rows = csv.writer(text)
    rows.writerow(["hotel_id", "name", "country", "city", "latitude", "longitude", "accommodations"])
    for hotel_id in hotels:
        rows.writerow(
            [hotel_id, NAMES.get(hotel_id, hotel_id), "ES", "Bilbao", 43.2, -2.9, f"atlas:{key_part(hotel_id)}"]
        )
    chain.world.inbox.put("releases/named.csv", text.getvalue().encode())
    apply_release(chain.world.inbox, chain.world.state, "releases/named.csv", chain.world.settings, chain.world.now)


@pytest.fixture(scope="module")
def browser(world):
    with chromium() as driver:
        driver.get(world.address)
        yield driver


@pytest.fixture
def compared(world, browser):
    """A desk that has compared the hotels once, by the button."""
    browser.get(f"{world.base}/shared")
    if not browser.find_elements(By.CSS_SELECTOR, "nav.tabs"):
        browser.find_element(By.CSS_SELECTOR, "main form button").click()
        wait(browser, "document.querySelector('nav.tabs') !== null")
    return browser


class TestBeforeTheHotelsAreCompared:
    def test_the_page_offers_to_compare_them(self, world, browser):
        browser.get(f"{world.base}/shared")
        assert "Compare all hotels" in browser.find_element(By.TAG_NAME, "main").text
        assert serious_findings(browser) == []

    @pytest.mark.parametrize(
        "path", ["/shared/pairs.csv", "/shared/pictures.csv", "/shared/found.json", "/shared/pair"]
    )
    def test_the_rest_says_what_to_do_first(self, world, path):
        answer = world.client().get(path)
        assert answer.status == 503
        assert "compare" in answer.text


@pytest.mark.parametrize(("width", "most_rows"), [(1280, 1), (1100, 1), (900, 1), (390, 2)])
def test_the_links_of_all_pages_stand_in_one_row_and_on_a_phone_in_two(compared, width, most_rows):
    screen = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
    compared.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", screen)
    try:
        links = compared.find_elements(By.CSS_SELECTOR, ".bar nav a")
        assert len({link.rect["y"] for link in links}) <= most_rows
        assert all(link.is_displayed() and link.rect["x"] + link.rect["width"] <= width for link in links)
    finally:
        compared.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})


class TestPairs:
    def test_two_hotels_with_the_same_pictures_are_listed_with_them(self, compared):
        [pair] = compared.find_elements(By.CSS_SELECTOR, ".change")
        assert "3 shared of 4 and 5 pictures" in pair.text
        assert len(pair.find_elements(By.CSS_SELECTOR, ".pairs img")) == 6
        assert serious_findings(compared) == []

    def test_are_seen_side_by_side(self, compared):
        compared.find_element(By.CSS_SELECTOR, ".change a.button").click()
        wait(compared, "document.querySelector('h1').textContent === 'Two hotels side by side'")
        assert len(compared.find_elements(By.CSS_SELECTOR, ".aligned li")) == 3
        assert [
            len(own.find_elements(By.TAG_NAME, "img")) for own in compared.find_elements(By.CSS_SELECTOR, ".own")
        ] == [1, 2]
        wait(compared, "[...document.images].filter(image => image.loading !== 'lazy' || image.complete).length > 0")
        assert serious_findings(compared) == []

    @pytest.mark.parametrize("page", ["0", "-1", "nine", "99999", "1e9"])
    def test_a_page_that_is_not_there_is_the_nearest_one(self, compared, world, page):
        text = world.client().get(f"/shared?page={page}").text
        assert "3 shared" in text
        assert "No two hotels" not in text

    def test_hostile_names_are_text(self, compared):
        text = compared.find_element(By.TAG_NAME, "main").text
        assert ATTACK in text
        assert compared.title != "attacked"

    def test_lead_to_both_hotels(self, compared, world):
        links = [link.get_attribute("href") for link in compared.find_elements(By.CSS_SELECTOR, ".change a.name")]
        assert [world.client().get(link.removeprefix(world.base)).status for link in links] == [200, 200]

    @pytest.mark.parametrize("query", ["", "?one=a&other=b", f"?one={ONE}&other={ONE}", "?one=../..&other=%00"])
    def test_hotels_that_are_no_pair_are_a_sentence(self, compared, world, query):
        answer = world.client().get(f"/shared/pair{query}")
        assert answer.status == 404
        assert "shared no pictures" in answer.text


class TestFiles:
    def test_of_pairs_are_for_spreadsheets(self, compared, world):
        data = world.client().get("/shared/pairs.csv").data.decode("utf-8-sig")
        [row] = csv.DictReader(io.StringIO(data))
        assert (row["hotel_id"], row["name"], row["shared"]) == (OTHER, "'=1+1", "3")

    def test_of_pictures_name_all_hotels(self, compared, world):
        data = world.client().get("/shared/pictures.csv").data.decode("utf-8-sig")
        rows = list(csv.DictReader(io.StringIO(data)))
        assert [row["hotel_id"] for row in rows] == MANY
        assert {row["hotels"] for row in rows} == {"11"}

    def test_for_programs_have_both(self, compared, world):
        found = json.loads(world.client().get("/shared/found.json").data)
        assert len(found["pairs"][0]["shared"]) == 3
        assert [picture["hotels"] for picture in found["pictures"]] == [11]


class TestPicturesOfManyHotels:
    def test_are_proposals_that_a_person_accepts(self, compared, world):
        compared.get(f"{world.base}/shared/pictures")
        assert "in 11 hotels" in compared.find_element(By.CSS_SELECTOR, ".matches").text
        assert serious_findings(compared) == []
        stock = {sha256_hex(jpeg(STOCK, 70 + number)) for number in range(len(MANY))}
        assert all(self._shows(world, hotel_id) & stock for hotel_id in MANY)
        compared.find_element(By.CSS_SELECTOR, ".matches button").click()
        wait(compared, "document.querySelector('h2')?.textContent === '11 hotels have it'")
        compared.find_element(By.CSS_SELECTOR, "main button.main").click()
        wait(compared, "document.body.innerText.includes('11 hotels are processed')")
        assert not any(self._shows(world, hotel_id) & stock for hotel_id in MANY)
        compared.get(f"{world.base}/shared/pictures")
        assert "Hidden in every hotel" in compared.find_element(By.CSS_SELECTOR, ".matches").text

    def test_may_be_kept_with_one_click_and_proposed_again(self, compared, world):
        """The decision to hide of the test above is undone first."""
        self._undo(compared, world)
        compared.get(f"{world.base}/shared/pictures")
        before = {hotel_id: world.manifest(hotel_id) for hotel_id in MANY}
        compared.find_element(By.CSS_SELECTOR, ".matches form[action='/everywhere/keep'] button").click()
        wait(compared, "document.querySelector('.matches')?.innerText.includes('Kept in every hotel')")
        assert compared.current_url == f"{world.base}/shared/pictures?page=1"
        assert not compared.find_elements(By.CSS_SELECTOR, ".matches form")
        assert serious_findings(compared) == []
        assert {hotel_id: world.manifest(hotel_id) for hotel_id in MANY} == before
        compared.get(f"{world.base}/everywhere")
        assert "kept image" in " ".join(compared.find_element(By.CSS_SELECTOR, ".history").text.split())
        assert not compared.find_elements(By.CSS_SELECTOR, ".history li:first-child form[action='/everywhere/resume']")
        self._undo(compared, world)
        compared.get(f"{world.base}/shared/pictures")
        assert len(compared.find_elements(By.CSS_SELECTOR, ".matches form")) == 2

    def test_may_be_kept_after_the_hotels_were_looked_at(self, compared, world):
        compared.get(f"{world.base}/shared/pictures")
        compared.find_element(By.CSS_SELECTOR, ".matches form[action='/everywhere/search'] button").click()
        wait(compared, "document.querySelector('h2')?.textContent === '11 hotels have it'")
        compared.find_element(By.CSS_SELECTOR, "input[value='keep']").click()
        compared.find_element(By.CSS_SELECTOR, "main button.main").click()
        wait(compared, "document.querySelector('.history')?.innerText.includes('kept')")
        self._undo(compared, world)

    @staticmethod
    def _undo(browser, world):
        browser.get(f"{world.base}/everywhere")
        browser.find_element(By.CSS_SELECTOR, ".decision:not(.undone) form.undo button").click()
        wait(browser, "/Done:/.test(document.body.innerText)")

    @staticmethod
    def _shows(world, hotel_id):
        return {picture["best"]["sha256"] for picture in world.manifest(hotel_id)["pictures"]}


def test_a_comparison_that_fails_says_so_and_can_be_made_again(compared, world, monkeypatch):
    def fail(*_):
        raise OSError("no space left on device")

    with monkeypatch.context() as patched:
        patched.setattr("image_release.desk.web.sharing_work.find_shared", fail)
        compared.find_element(By.CSS_SELECTOR, "main form button").click()
        wait(compared, "document.body.innerText.includes('no space left on device')")
    assert compared.find_elements(By.CSS_SELECTOR, ".change")  # what was found before is still there
    compared.find_element(By.CSS_SELECTOR, "main form button").click()
    wait(compared, "!document.body.innerText.includes('no space left on device')")
