"""The desk beside the deployed suite, with IAM enforced: people decide, and the suite alone publishes."""

import csv
import json

import pytest
from botocore.exceptions import ClientError

from image_release.store_keys import manifest_key
from samples.partners import RELEASE_ID, sample_hotels
from tests.end_to_end.chromium import chromium
from tests.end_to_end.deployed.desk import found_in, started

pytestmark = [pytest.mark.deployed, pytest.mark.timeout(1800)]

FIRST, SECOND, *_ = HOTELS = [hotel.hotel_id for hotel in sample_hotels()]


@pytest.fixture(scope="module")
def keys(suite):
    """The keys of a person at the desk."""
    return suite.person("ada")


@pytest.fixture(scope="module")
def desk(suite, keys, tmp_path_factory):
    with started(suite, keys, tmp_path_factory.mktemp("desk")) as desk:
        yield desk


def pictures(manifest):
    """The pictures of a manifest, in order, by the SHA-256 of their best images."""
    return [picture["best"]["sha256"] for picture in manifest["pictures"]]


def listed(desk, hotel_id):
    """The row of a hotel in the list of the desk."""
    rows = csv.DictReader(desk.get("/hotels.csv").removeprefix("\ufeff").splitlines())
    return next((row for row in rows if row["hotel_id"] == hotel_id), None)


class TestRights:
    def test_of_a_person_publish_nothing_and_delete_nothing(self, suite, keys):
        """AWS refuses to write what is published and what the suite knows, and to delete a decision."""
        s3 = suite.client("s3", keys)
        key = manifest_key(FIRST)
        refused = [
            lambda: s3.put_object(Bucket=suite.buckets["published"], Key=key, Body=b"{}"),
            lambda: s3.delete_object(Bucket=suite.buckets["published"], Key=key),
            lambda: s3.put_object(Bucket=suite.buckets["state"], Key="releases/current.json", Body=b"{}"),
            lambda: s3.put_object(Bucket=suite.buckets["inbox"], Key="settings.yaml", Body=b"{}"),
            lambda: s3.delete_object(Bucket=suite.buckets["inbox"], Key=f"overrides/{FIRST}.jsonl"),
        ]
        for attempt in refused:
            with pytest.raises(ClientError, match="AccessDenied"):
                attempt()
        assert s3.get_object(Bucket=suite.buckets["published"], Key=key)["Body"].read()

    def test_of_a_person_are_enough_for_every_page(self, suite, desk):
        """A missing right would be an error of the store, and the page would say so."""
        first, second = pictures(suite.manifest(FIRST))[:2]
        hotel = desk.hotel(FIRST)
        pages = ("/", "/decisions", "/bulk", "/changes", "/everywhere", "/reports/partners", "/reports/hotels", hotel)
        for page in (*pages, f"{hotel}/compare?one={first}&other={second}"):
            assert "<h1>" in desk.get(page)
        assert desk.load(f"{hotel}/images/{first}/small").startswith(b"\xff\xd8"), "no JPEG"


class TestListOfHotels:
    def test_is_built_from_what_the_suite_published(self, suite, desk):
        for hotel_id in HOTELS:
            row, manifest = listed(desk, hotel_id), suite.manifest(hotel_id)
            assert (int(row["seq"]), int(row["pictures"])) == (manifest["seq"], len(manifest["pictures"]))

    def test_follows_what_the_suite_publishes_afterwards(self, suite, desk):
        """A developer processes a hotel again; the desk learns it from the records of changes."""
        before = suite.manifest(SECOND)
        hidden = pictures(before)[0]
        line = {"action": "hide", "images": [hidden], "by": "Bob", "at": "2026-11-20T10:00:00Z", "why": ""}
        suite.hand_in(f"overrides/{SECOND}.jsonl", json.dumps(line) + "\n")
        suite.wait("the decision", lambda: hidden not in pictures(suite.manifest(SECOND)))
        suite.settle()
        after = suite.manifest(SECOND)
        suite.wait("the list", lambda: listed(desk, SECOND)["seq"] == str(after["seq"]))
        row = listed(desk, SECOND)
        assert (int(row["pictures"]), row["corrected_by_people"]) == (len(pictures(after)), "hide:1")


class TestDecision:
    def test_on_the_page_is_published_by_the_suite_and_so_is_its_undoing(self, suite, desk):
        before, served = suite.manifest(FIRST), len(suite.served())
        hidden = pictures(before)[0]
        after = desk.decide(FIRST, f"hide {hidden}")
        assert set(pictures(after)) == set(pictures(before)) - {hidden}
        suite.wait("the log of it", lambda: FIRST in {hotel_id for hotel_id, _ in suite.served()[served:]})
        assert "Ada" in desk.command("override", "list", FIRST)

        undo = found_in(desk.get(desk.hotel(FIRST)), r'value="(revoke \w+)"')
        assert pictures(desk.decide(FIRST, undo)) == pictures(before)

    def test_in_a_browser_is_followed_until_the_suite_has_published_it(self, suite, desk):
        before = pictures(suite.manifest(FIRST))
        with chromium() as browser:
            browser.get(desk.address)
            browser.get(desk.address.partition("/enter")[0] + desk.hotel(FIRST))

            def said(words):
                text = browser.find_element("id", "deed-said").text
                return text if words in text else None

            def shown():
                script = "return [...document.querySelectorAll('#pictures > [data-item]')].map((c) => c.dataset.item)"
                return browser.execute_script(script)

            suite.wait("the page", lambda: browser.execute_script("return document.body.dataset.state") == "ready")
            browser.execute_script(f"document.querySelector('button[value=\"hide {before[0]}\"]').click()")
            suite.wait("the page to say it", lambda: said("Published."))
            assert shown() == pictures(suite.manifest(FIRST))
            assert set(shown()) == set(before) - {before[0]}
            browser.find_element("id", "undo").click()
            suite.wait("the picture on the page", lambda: shown() == before)
            assert pictures(suite.manifest(FIRST)) == before


class TestDecisionForEveryHotel:
    def test_is_brought_to_its_hotels_by_a_request_and_undone_in_the_same_way(self, suite, desk):
        before = suite.manifest(FIRST)
        image = pictures(before)[1]
        page = desk.get(f"/everywhere/new?hotel={FIRST}&image={image}")
        found = desk.post("/everywhere/search", page, hotel=FIRST, image=image)
        suite.wait("the search", lambda: "hotel has it" in desk.get(found) or "hotels have it" in desk.get(found))
        page = desk.get(found)
        making = desk.post("/everywhere/make", page, token=found.rpartition("/")[2], action="hide", why="a logo")
        hidden = desk.moved(FIRST, before["seq"])
        assert image not in pictures(hidden)
        suite.settle()
        suite.wait("the request", lambda: "The suite brings it to" in desk.get(making))
        assert "[every hotel" in suite.read("inbox", f"overrides/{FIRST}.jsonl").decode()

        desk.post("/everywhere/undo", desk.get("/everywhere"), image=image)
        suite.wait("the picture again", lambda: pictures(suite.manifest(FIRST)) == pictures(before))
        suite.settle()
        assert suite.dead_letters() == {}


class TestChanges:
    def test_of_the_release_are_those_of_its_hotels(self, suite, desk):
        found = json.loads(desk.command("changes", RELEASE_ID, "--json"))
        assert {hotel["hotel_id"] for hotel in found["hotels"]} == set(HOTELS)
        for hotel in found["hotels"]:
            assert hotel["pictures_after"] == len(pictures(suite.manifest(hotel["hotel_id"])))

    def test_have_a_page(self, desk):
        assert FIRST in desk.get(f"/changes?name={RELEASE_ID}")
