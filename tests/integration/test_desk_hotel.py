"""A hotel's page over real HTTP: what it refuses, what it shows of images, and how it works beside a suite."""

import io
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from PIL import Image

from image_release.child_process import IsolatedCaller
from image_release.desk.applying import HotelsUnderWay, SuiteApplier
from image_release.desk.images import HotelImages
from image_release.desk.recent import RecentManifests
from image_release.one_machine.comparing import IsolatedComparer
from image_release.publish import read_before
from image_release.storage import Stores
from image_release.store_keys import original_key, overrides_key
from image_release.values import Accommodation
from tests.integration.desk_client import serving
from tests.integration.world import World, jpeg, photo

ATTACK = "<img src=x onerror=alert(1)>"


@pytest.fixture(scope="module")
def world():
    made = World()
    pictures = [made.serve(f"/{at}.jpg", jpeg(photo(at, (640, 427)))) for at in range(3)]
    small = made.serve("/small.jpg", jpeg(photo(0, (640, 427)).resize((600, 400)), quality=60))
    made.catalogue("p", "1", {"h": [{"url": url, "caption": ATTACK} for url in pictures], "other": pictures[2:]})
    made.catalogue(ATTACK, "1", {"h": [small, made.site.address + "/missing.jpg"]})
    made.release("r", {"h": [("p", "h"), (ATTACK, "h")], "other": [("p", "other")]})
    made.process("h")
    made.process("other")
    yield made
    made.close()


@pytest.fixture(scope="module")
def client(world):
    stores = Stores(world.inbox, world.state, world.published)
    caller = IsolatedCaller()
    images, compare = HotelImages(stores, world.settings, caller), IsolatedComparer(world.settings, caller)
    desk = SimpleNamespace(
        stores=stores,
        settings=world.settings,
        workspace="w",
        applying=HotelsUnderWay(SuiteApplier()),
        images=images,
        compare=compare,
        recent=RecentManifests(),
        index=SimpleNamespace(hotel=lambda _: None),
    )
    with serving(desk) as opened:
        yield opened
    caller.close()
    desk.applying.close()


@pytest.fixture
def shown(world):
    return [picture.best.sha256 for picture in manifest(world, "h").pictures]


def manifest(world, hotel_id):
    return read_before(world.published, hotel_id).manifest


def decisions(world):
    stored = world.inbox.get(overrides_key("h"))
    return stored.data.splitlines() if stored else []


class TestIsRefused:
    @pytest.mark.parametrize("command", ["", "delete everything", "hide", "hide a b", "pin {0} x", "pin {0} 9999999"])
    def test_what_is_no_command(self, client, world, shown, command):
        before = decisions(world)
        answer = client.post("/hotels/h/decisions", {"do": command.format(*shown)})
        assert answer.status == 400
        assert "Nothing was changed." in answer.text
        assert decisions(world) == before

    @pytest.mark.parametrize(
        ("command", "sentence"),
        [
            ("hide {missing}", "cannot be decided about"),
            ("same", "same needs an image"),
            ("same {0}", "same needs at least two images"),
            ("label {0}", "choose what the picture shows from the list first"),
            ("show {0}", "is not hidden"),
            ("revoke abcdef", "must be the first 6 or more digits"),
            ("rescue {0}", "is not rejected"),
        ],
    )
    def test_a_decision_that_means_nothing(self, client, world, shown, command, sentence):
        before = decisions(world)
        filled = command.format(*shown, missing="e" * 64)
        answer = client.post("/hotels/h/decisions", {"do": filled}, {"Accept": "application/json"})
        assert answer.status == 400
        assert sentence in answer.json["error"]
        assert decisions(world) == before

    @pytest.mark.parametrize("hotel_id", ["nobody", "..", "%2e%2e", "a%252Fb"])
    def test_a_hotel_that_is_not_published(self, client, hotel_id):
        assert client.get(f"/hotels/{hotel_id}").status in (400, 404)


class TestAnImage:
    def test_is_shown_small_and_kept_by_the_browser(self, client, shown):
        answer = client.get(f"/hotels/h/images/{shown[0]}/small")
        assert Image.open(io.BytesIO(answer.data)).size == (320, 214)
        assert "immutable" in answer.headers["cache-control"]

    def test_of_another_hotel_is_not_there(self, client, world, shown):
        alone = next(item for item in shown if item != manifest(world, "other").pictures[0].best.sha256)
        assert client.get(f"/hotels/other/images/{alone}/small").status == 404
        assert client.get("/hotels/h/images/..%2f..%2fx/small").status == 404
        assert client.get(f"/hotels/h/images/{alone}/huge").status == 404

    def test_that_is_not_kept_has_a_placeholder_that_the_browser_asks_for_again(self, client, world, shown):
        key = original_key(Accommodation("p", "h"), shown[1])
        kept = world.state.get(key).data
        world.state.delete(key)
        try:
            answer = client.get(f"/hotels/h/images/{shown[1]}/large")
        finally:
            world.state.put(key, kept)
        assert answer.headers["content-type"] == "image/svg+xml"
        assert answer.headers["cache-control"] == "no-store"


class TestAPair:
    def test_is_compared_with_what_can_be_decided(self, client, world):
        picture = next(item for item in manifest(world, "h").pictures if item.merged)
        answer = client.get(f"/hotels/h/compare?one={picture.best.sha256}&other={picture.merged[0].sha256}")
        assert "They are one picture now." in answer.text
        assert "Joined:" in answer.text
        assert "<img src=x" not in answer.text
        assert "of &lt;img src=x" in answer.text

    def test_has_a_page_of_all_evidence_that_runs_no_script(self, client, shown):
        answer = client.get(f"/hotels/h/evidence?one={shown[0]}&other={shown[1]}")
        assert answer.status == 200
        assert "script-src" not in answer.headers["content-security-policy"]
        assert "default-src 'none'" in answer.headers["content-security-policy"]
        assert "<script" not in answer.text

    @pytest.mark.parametrize("query", ["", "one=a&other=b", "one={0}&other={0}"])
    def test_needs_two_images(self, client, shown, query):
        assert client.get(f"/hotels/h/compare?{query.format(*shown)}").status == 400


def test_texts_of_partners_are_escaped(client):
    page = client.get("/hotels/h").text
    assert "<img src=x" not in page
    assert "&lt;img src=x" in page


def test_beside_a_suite_the_page_waits_until_the_suite_has_published_and_never_publishes_itself(client, world, shown):
    before = manifest(world, "h").seq
    answer = client.post(
        "/hotels/h/decisions", {"do": f"pin {shown[2]} 1", "why": "better"}, {"Accept": "application/json"}
    )
    assert answer.json["publishes"] is False
    assert b'"better"' in decisions(world)[-1]
    state = client.get(f"/hotels/h/state?wait=1&seen={answer.json['version']}").json
    assert (state["seq"], state["under_way"], state["happened"]) == (before, False, "")
    assert manifest(world, "h").seq == before

    world.process("h")  # the suite
    state = client.get(f"/hotels/h/state?wait=1&seen={answer.json['version']}&content=1&before={before}").json
    assert state["seq"] == before + 1
    assert "it was published again" in state["happened"]
    assert "3 pictures before, 3 now: 1 moved" in state["content"]


def test_a_decision_that_is_not_published_yet_is_told(client, world, shown):
    client.post("/hotels/h/decisions", {"do": f"hide {shown[0]}"})
    assert "of the decisions wait for the suite" in client.get("/hotels/h").text
    world.now = datetime.now(UTC)
    world.process("h")
    assert "of the decisions wait for the suite" not in client.get("/hotels/h").text


@pytest.mark.parametrize("hotel_id", ["x" * 300, "x" * 5000, "a%252Fb", "%252E%252E", "%2500"])
@pytest.mark.parametrize("rest", ["", f"/images/{'a' * 64}/small", "/state", "/compare"])
def test_an_id_that_no_hotel_has_is_not_there_whatever_it_is(client, hotel_id, rest):
    assert client.get(f"/hotels/{hotel_id}{rest}").status in (400, 404)
