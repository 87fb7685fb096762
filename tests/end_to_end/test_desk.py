"""The desk as a person uses it, in Chromium, on a workspace of 1,000 hotels: find, filter, sort, decide, undo."""

import csv
import io
import json
from urllib.parse import quote

import pytest

from image_release.store_keys import overrides_key
from image_release.values import key_part
from tests.end_to_end.axe import serious_findings
from tests.end_to_end.chromium import ShownPage
from tests.end_to_end.desk_world import BRISA, FORMULA, HOSTILE, ODD_ID, PLAIN, REAL, make_world, open_world
from tests.end_to_end.test_labelling_page import browser  # noqa: F401 - the fixture


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    folder = tmp_path_factory.mktemp("desk")
    make_world(folder)
    with open_world(folder) as opened:
        yield opened


@pytest.fixture(scope="module")
def entered(browser, world):  # noqa: F811
    browser.set_window_size(1280, 900)
    browser.get(world.address)
    return Pages(browser, world)


@pytest.fixture
def pages(entered):
    entered.browser.get_log("browser")
    yield entered
    assert entered.browser.get_log("browser") == []  # no refusal by the policy, no error of a script


class Pages(ShownPage):
    """What a person does, and what the pages show."""

    def __init__(self, browser, world):  # noqa: F811
        self.browser = browser
        self.world = world
        self.wait("location.pathname === '/' && document.body.dataset.state === 'ready'")

    def open(self, path):
        self.browser.get(self.world.base + path)
        return self

    def list(self, path="/"):
        self.open(path)
        self.wait("document.body.dataset.state === 'ready'")
        return self

    def press(self, *keys):
        from selenium.webdriver import ActionChains
        from selenium.webdriver.common.keys import Keys

        for key in keys:
            ActionChains(self.browser).send_keys(getattr(Keys, key) if len(key) > 1 else key).perform()

    def shows(self, number):
        """Wait until so many hotels are found."""
        words = "1 hotel" if number == 1 else f"{number:,} hotels"
        self.wait(f"document.getElementById('total').textContent === '{words}'")
        return self

    @property
    def ids(self):
        """The hotels of the page of the list, in order."""
        links = self.js("[...document.querySelectorAll('.hotel-row .name')].map((link) => link.getAttribute('href'))")
        return [link.rpartition("/")[2] for link in links]

    @property
    def text(self):
        return self.js("document.querySelector('main').innerText")


class TestTheListOfHotels:
    def test_is_searched_while_a_person_types(self, pages):
        """By words in any order, without accents and case."""
        pages.list().shows(1_000)
        pages.press("/", *"cadaques brisa CASA")
        assert pages.shows(1).ids == [BRISA]
        assert "q=cadaques" in pages.browser.current_url

    def test_and_filtered_with_counts(self, pages):
        pages.list()
        box = pages.find("input[value=no_pictures]")
        counted = int(pages.js("arguments[0].closest('label').querySelector('b').textContent", box))
        box.click()
        pages.shows(counted)
        assert counted == 50
        badly = pages.js("document.querySelector('input[value=never_first]').closest('label').innerText")
        assert badly.split()[-1] == "0"  # none of those without pictures opens badly

    def test_and_sorted(self, pages):
        pages.list("/?q=hotel+m00")
        assert pages.ids[0] == "m0000"  # without pictures: the worst
        pages.find("#sort option[value=name]").click()
        pages.wait("document.querySelectorAll('.hotel-row .name')[1].textContent === 'Hotel 1'")
        assert "sort=name" in pages.browser.current_url

    def test_says_when_nothing_is_found(self, pages):
        assert "No hotel is found" in pages.list("/?q=no+such+hotel").text

    def test_has_pages(self, pages):
        pages.list("/?sort=name")
        before = pages.ids
        pages.press("n")
        pages.wait("document.body.dataset.state === 'ready' && document.body.innerText.includes('Page 2 of 20')")
        assert len(pages.ids) == 50
        assert not set(before) & set(pages.ids)

    def test_is_used_with_keys_alone(self, pages):
        pages.list("/?q=lakeside")
        pages.press("/", "ENTER")
        pages.wait("document.activeElement.matches('.name')")
        pages.press("ENTER")
        pages.wait("location.pathname === '/hotels/lakeside'")

    def test_goes_up_and_down_with_keys_and_with_buttons(self, pages):
        pages.list("/?sort=name")
        pages.press("j", "j", "j", "k")
        assert pages.js("document.activeElement.getAttribute('href')").endswith(pages.ids[1])
        pages.press("?")
        pages.wait("document.getElementById('keys').open")
        pages.find("[data-key=j]").click()
        assert pages.js("document.activeElement.getAttribute('href')").endswith(pages.ids[2])

    def test_lists_an_id_of_odd_characters(self, pages):
        pages.list("/?q=hotel+of+an+odd+id").find(".hotel-row .name").click()
        pages.wait("document.querySelector('h1').textContent === 'Hotel of an odd id'")
        assert pages.browser.current_url.endswith(quote(key_part(ODD_ID), safe=""))

    def test_shows_hostile_names_as_text(self, pages):
        pages.list(f"/?q={HOSTILE}")
        assert pages.js("document.title").startswith("Hotels")
        assert "<img src=x onerror" in pages.js("document.querySelector('.hotel-row .name').textContent")
        assert pages.js("document.querySelectorAll('main img').length") == 1  # its thumbnail

    def test_is_a_csv_without_formulas(self, world):
        answer = world.client().get("/hotels.csv?q=atlas+cadaques&sort=name")
        rows = list(csv.DictReader(io.StringIO(answer.data.decode("utf-8-sig"))))
        assert {row["hotel_id"] for row in rows} >= {*REAL}
        assert next(row for row in rows if row["hotel_id"] == FORMULA)["name"] == "'=1+1"
        assert answer.headers["content-disposition"] == 'attachment; filename="hotels.csv"'

    @pytest.mark.parametrize(
        "query", ["page=9999999", "page=-1", "page=x", "f=no_such", "sort=no_such", "fewer=%00", "q=%ff%00"]
    )
    def test_an_odd_address_is_still_a_list(self, world, query):
        assert world.client().get(f"/?{query}").status == 200


class TestDecisions:
    def test_are_listed_and_undone_on_the_page(self, pages, world):
        image = world.manifest("harbour")["pictures"][0]["best"]["sha256"]
        pages.open("/bulk").find("#rows").send_keys(f"hotel_id,action,images,why\nharbour,hide,{image},it is a logo")
        pages.find("main button.main").click()
        pages.wait("document.querySelector('main')?.innerText.includes('Nothing is changed yet')")
        assert not (world.folder / "inbox" / overrides_key("harbour")).exists()
        pages.find("main button.main").click()
        pages.wait("document.body.dataset.state === 'done'")
        assert len(world.manifest("harbour")["pictures"]) == 2
        assert "it is a logo" in pages.open("/decisions").text
        pages.find(".decision button").click()
        pages.wait("document.querySelector('.decision.now.undone')")
        world.settle("harbour")
        assert len(world.manifest("harbour")["pictures"]) == 3
        assert pages.list("/?f=corrected").shows(0)

    def test_in_bulk_are_all_told_before_they_are_made(self, world):
        """A line that is wrong stops its hotel and nothing else."""
        first, second = (world.manifest(hotel)["pictures"][0]["best"]["sha256"] for hotel in PLAIN[:2])
        rows = [
            "hotel_id,action,images",
            f"{PLAIN[0]},hide,{first[:12]}",
            f"{PLAIN[1]},hide,{second}",
            f"{PLAIN[1]},fly,{second}",
            f"nowhere,hide,{second}",
            f"{PLAIN[0]},hide,ab",
        ]
        page = world.client().post("/bulk/plan", {"rows": "\n".join(rows)}).text
        assert page.count("<li>line") == 3
        assert "would be recorded" in page
        for word in ("fly", "nowhere", "too short"):
            assert word in page

    @pytest.mark.parametrize(
        "rows", ["", "a,b\n1,2", "hotel_id,action\n\x00,\x00", "hotel_id,action,images\n<img>,hide,x"]
    )
    def test_in_bulk_from_a_broken_file_are_a_sentence(self, world, rows):
        answer = world.client().post("/bulk/plan", {"rows": rows})
        assert answer.status in (200, 400)
        assert "<img>" not in answer.text
        assert "Traceback" not in answer.text

    def test_of_an_unknown_file_are_not_made(self, world):
        answer = world.client().post("/bulk/make", {"token": "0" * 64})
        assert answer.status == 404
        assert "Nothing was changed" in answer.text

    def test_that_are_undone_twice_are_told(self, world):
        answer = world.client().post("/decisions/undo", {"hotel_id": PLAIN[5], "digest": "0" * 64})
        assert answer.status == 400


class TestWhatChanged:
    def test_shows_what_the_desk_just_did_with_both_first_pictures(self, pages, world):
        client = world.client()
        first = world.manifest("garden")["pictures"][0]["best"]["sha256"]
        planned = client.post("/bulk/plan", {"rows": f"hotel_id,action,images\ngarden,hide,{first}"}).text
        token = planned.split('name="token" value="')[1].split('"')[0]
        client.post("/bulk/make", {"token": token})
        world.settle("garden")
        pages.open("/changes")
        assert "3 → 2 pictures" in pages.js("document.querySelector('.change:has(a[href$=garden])').innerText")
        pages.wait("[...document.querySelectorAll('.change img')].every((image) => image.complete)")
        assert pages.js("[...document.querySelectorAll('.change img')].every((image) => image.naturalWidth > 0)")

    def test_of_something_unknown_is_a_sentence(self, world):
        answer = world.client().get("/changes?name=no-such-run")
        assert answer.status == 404
        assert "no-such-run" in answer.text


class TestInEveryHotel:
    def test_a_picture_is_found_hidden_and_shown_again(self, pages, world):
        image = world.manifest("station")["pictures"][0]["best"]["sha256"]
        pages.open(f"/everywhere/new?hotel=station&image={image}").find("main button.main").click()
        pages.wait("document.querySelector('h2')?.textContent === '1 hotel has it'")
        pages.find("main button.main").click()
        pages.wait("document.body.innerText.includes('1 hotel is processed')")
        assert len(world.manifest("station")["pictures"]) == 2
        pages.open("/everywhere").find(".decision form[action$=resume] button").click()
        pages.wait("document.body.innerText.includes('0 hotels are processed')")  # nothing is done twice
        pages.open("/everywhere").find(".decision .undo button").click()
        pages.wait("document.body.innerText.includes('1 hotel is processed')")
        assert len(world.manifest("station")["pictures"]) == 3
        assert "Undone by Ada" in pages.open("/everywhere").text

    @pytest.mark.parametrize(
        "query", ["", "?hotel=station&image=0", f"?hotel=nowhere&image={'0' * 64}", "?hotel=..&image=x"]
    )
    def test_an_image_that_is_not_there_is_a_sentence(self, world, query):
        assert world.client().get(f"/everywhere/new{query}").status in (400, 404)


class TestReports:
    def test_of_partners_leads_to_their_hotels(self, pages):
        pages.open("/reports").find("th a[href*=bedbank]").click()
        assert pages.shows(1).ids == [BRISA]

    @pytest.mark.parametrize("name", ["partners.csv", "hotels.csv"])
    def test_are_csv_too(self, world, name):
        rows = list(csv.reader(io.StringIO(world.client().get(f"/reports/{name}").data.decode("utf-8-sig"))))
        assert len(rows) > 2


@pytest.mark.parametrize(
    "path",
    [
        *("/?q=casa", "/?q=no+such+hotel", "/changes", "/decisions", "/bulk", "/everywhere"),
        *(
            "/reports/partners",
            "/reports/hotels?fewer=1",
            "/hotels/nowhere",
            "/no-such-page",
            "/changes?name=no-such-run",
        ),
    ],
)
def test_nothing_serious_hinders_anybody(pages, path):
    """axe-core in both colour schemes, and on a phone."""
    found = serious_findings(pages.open(path).browser)
    pages.browser.get_log("browser")  # a page that is not there is told there
    assert found == []


class TestNothingSeriousHindersAnybody:
    def test_who_reads_the_keys(self, pages):
        pages.list("/?q=casa").press("?")
        pages.wait("document.getElementById('keys').open")
        assert serious_findings(pages.browser) == []

    def test_who_waits_for_the_first_list(self, pages, world, monkeypatch):
        monkeypatch.setattr("image_release.desk.web.listing.is_built", lambda _: False)
        pages.open("/")
        assert pages.js("document.querySelector('progress') !== null")
        assert serious_findings(pages.browser) == []

    def test_who_sees_what_a_file_would_do(self, pages, world):
        image = world.manifest(PLAIN[0])["pictures"][0]["best"]["sha256"]
        rows = f"hotel_id,action,images\n{PLAIN[0]},hide,{image}\nnowhere,fly,{image}"
        pages.open("/bulk").find("#rows").send_keys(rows)
        pages.find("main button.main").click()
        pages.wait("document.querySelector('main')?.innerText.includes('Nothing is changed yet')")
        assert serious_findings(pages.browser) == []

    def test_who_decides_for_every_hotel(self, pages, world):
        image = world.manifest(PLAIN[0])["pictures"][0]["best"]["sha256"]
        pages.open(f"/everywhere/new?hotel={PLAIN[0]}&image={image}")
        assert serious_findings(pages.browser) == []
        pages.find("main button.main").click()
        pages.wait("document.querySelector('h2')?.textContent === '1 hotel has it'")
        assert serious_findings(pages.browser) == []


def test_a_second_person_has_a_name_of_their_own(world):
    """Two browsers at once: each decision carries the name of who made it."""
    with open_world(world.folder, "Grace") as other:
        assert "Grace" in other.client().get("/").text
        assert json.loads(other.client().get("/progress").data)["is_built"]
