"""What a hotel's taggers said is kept for each of them: nothing is asked twice, nothing replaces another's words."""

from __future__ import annotations

import pytest

from image_release.decode import VIEW_PX
from image_release.hotel import check_urls
from image_release.ingest import Request, append_override, store_request
from image_release.settings import TaggingSettings
from image_release.storage import CountingStore, StoreCounter
from image_release.store_keys import cached_images_key, labels_key
from image_release.tag import BothTagger, GoogleTagger, NoTagger, NotTagged, Tagged
from image_release.values import Accommodation, Label, Look, Override
from tests.integration.vision_server import FakeAllowance, Response, labelled, vision_on_this_machine
from tests.integration.world import World, jpeg, photo

HOME = Accommodation("atlas", "a1")


class Eyes:
    """A local model that is easy to follow: a picture's appeal is its mean brightness."""

    wants_views = True

    def __init__(self, identity="local-eyes"):
        self.identity = identity
        self.views = {}
        self.works = True

    def tag(self, requests, *, deadline_s=None):
        if not self.works:
            return {request.sha256: NotTagged("the weights are cut short", retry=True) for request in requests}
        return {request.sha256: self._look(request) for request in requests}

    def has_recovered(self, reason):
        return self.works and reason == "the weights are cut short"

    def _look(self, request):
        view = self.views[request.sha256] = request.view()
        appeal = round(sum(view) / len(view) / 255, 3)
        return Tagged((Label("Pool", 0.6),), Look(self.identity, appeal, (0.6, 0.8)))


@pytest.fixture(scope="module")
def vision():
    with vision_on_this_machine() as server:
        server.behaviours = [
            lambda request, _: Response(responses=[labelled(("Bedroom", 0.9))] * len(request.requests))
        ]
        yield server


@pytest.fixture
def world():
    world = World()
    yield world
    world.close()


@pytest.fixture
def google(vision):
    vision.requests.clear()
    return GoogleTagger(TaggingSettings(), FakeAllowance(), connect=vision.connect)


def hotel(world, pictures=3):
    world.catalogue(
        "atlas", "1", {"a1": [world.serve(f"/{n}.jpg", jpeg(photo(n, (480, 320)))) for n in range(pictures)]}
    )
    world.release("r1", {"h1": [("atlas", "a1")]})


def process(world, tagger, **changes):
    world.wait(minutes=1)
    return world.process(tagger=tagger, **changes)


def words(report):
    """The labels of the pictures, in the manifest."""
    return [[label.description for label in picture.labels] for picture in report.manifest.pictures]


def waits_for_labels(report):
    """Why labels are still to come."""
    return [entry.reason for entry in report.manifest.pending if entry.kind == "tag"]


def stored(world, tagger):
    found = world.state.get(labels_key(HOME, tagger.identity))
    return found and found.data


def retag(world, tagger, name):
    """Ask a tagger again, as `--force retag` does."""
    store_request(world.state, Request(request_id=name, hotel_ids=("h1",), force="retag"), 1)
    return process(world, tagger, request_id=name)


class TestAChangeOfTheTagger:
    def test_and_back_asks_nothing_twice_and_changes_nothing_that_was_said(self, world, vision, google):
        """Google, a local model, Google, the model: each is asked once for each image."""
        hotel(world)
        eyes = Eyes()
        first = process(world, google)
        assert (words(first), vision.images_sent, first.work.tagged_by) == ([["Bedroom"]] * 3, 3, {"google-1": 3})
        paid = world.state.get(cached_images_key(HOME)).data
        second = process(world, eyes)
        assert (words(second), second.work.tagged_by) == ([["Pool"]] * 3, {"local-eyes": 3})
        looked = stored(world, eyes)
        for tagger, labels in ((google, "Bedroom"), (eyes, "Pool")):
            again = process(world, tagger)
            assert (again.status, words(again), again.work.tagged) == ("processed", [[labels]] * 3, 0)
        assert vision.images_sent == 3
        assert (world.state.get(cached_images_key(HOME)).data, stored(world, eyes)) == (paid, looked)
        assert stored(world, google) is None, "its labels lie where older programs read them"

    def test_that_comes_second_keeps_its_labels_beside_the_first_ones(self, world, vision, google):
        """Two paid taggers: `state.json` has room for one, and older programs read only that."""
        hotel(world)
        other = GoogleTagger(TaggingSettings(), FakeAllowance(), connect=vision.connect)
        other.identity = "recorded-0123456789abcdef"
        process(world, other)
        first = world.state.get(cached_images_key(HOME)).data
        process(world, google)
        assert world.state.get(cached_images_key(HOME)).data == first
        assert stored(world, google)
        assert process(world, other).work.tagged == 0
        assert process(world, google).work.tagged == 0

    def test_leaves_labels_that_another_gave_until_its_own_come(self, world, google):
        hotel(world)
        process(world, google)
        blind = Eyes()
        blind.works = False
        report = process(world, blind)
        assert words(report) == [["Bedroom"]] * 3
        assert waits_for_labels(report) == ["the weights are cut short"]

    def test_that_was_mended_is_asked_at_the_next_run_and_not_after_an_hour(self, world):
        hotel(world)
        eyes = Eyes()
        eyes.works = False
        process(world, eyes)
        assert process(world, eyes).status == "unchanged"
        eyes.works = True
        report = process(world, eyes)
        assert (words(report), waits_for_labels(report)) == ([["Pool"]] * 3, [])
        assert process(world, eyes).status == "unchanged"

    def test_to_none_shows_nothing_that_a_model_said(self, world):
        hotel(world)
        process(world, Eyes())
        assert words(process(world, NoTagger())) == [[]] * 3

    def test_made_by_force_replaces_only_what_that_tagger_said(self, world, vision, google):
        hotel(world)
        eyes = Eyes()
        process(world, google)
        process(world, eyes)
        paid, looked = world.state.get(cached_images_key(HOME)).data, stored(world, eyes)
        report = retag(world, eyes, "q1")
        assert (report.work.tagged_by, vision.images_sent) == ({"local-eyes": 3}, 3)
        assert world.state.get(cached_images_key(HOME)).data == paid
        assert stored(world, eyes) != looked
        assert retag(world, google, "q2").work.tagged_by == {"google-1": 3}
        assert process(world, eyes).work.tagged == 0


class TestTwoWriters:
    def test_of_two_taggers_keep_what_both_were_told(self, world, vision, google):
        """Another tagger's labels are stored between this one's read and its write: they stay where they are."""
        hotel(world)
        process(world, NoTagger())
        other = GoogleTagger(TaggingSettings(), FakeAllowance(), connect=vision.connect)
        other.identity = "recorded-0123456789abcdef"

        class Slow:
            identity, wants_views = "google-1", False

            def tag(self, requests, *, deadline_s=None):
                if not other_was_there:
                    other_was_there.append(process(world, other))
                return google.tag(requests, deadline_s=deadline_s)

        other_was_there = []
        process(world, Slow())
        assert process(world, other).work.tagged == 0
        assert process(world, google).work.tagged == 0


class TestTwoTaggersInOne:
    def test_ask_each_only_for_what_it_has_not_said(self, world, vision, google):
        """The labels of Google are known already, so only the model looks; then nobody is asked."""
        hotel(world)
        eyes = Eyes()
        process(world, google)
        both = process(world, BothTagger(google, eyes))
        assert (words(both), both.work.tagged, both.work.tagged_by) == ([["Bedroom"]] * 3, 3, {"local-eyes": 3})
        assert vision.images_sent == 3
        assert process(world, eyes).work.tagged == 0
        assert process(world, google).work.tagged == 0

    def test_each_do_their_part_where_the_other_fails(self, world, vision, google):
        """No money is left: the model's labels serve until Google's come. Then only Google is asked."""
        hotel(world)
        eyes = Eyes()
        poor = GoogleTagger(TaggingSettings(), FakeAllowance(left=0), connect=vision.connect)
        report = process(world, BothTagger(poor, eyes))
        assert (words(report), report.work.tagged_by) == ([["Pool"]] * 3, {"local-eyes": 3})
        assert len(waits_for_labels(report)) == 1
        world.wait(hours=2)
        eyes.works = False
        later = process(world, BothTagger(google, eyes))
        assert (words(later), later.work.tagged_by) == ([["Bedroom"]] * 3, {"google-1": 3})
        assert waits_for_labels(later) == []

    def test_look_at_pictures_that_people_labelled_and_do_not_pay_for_them(self, world, vision, google):
        hotel(world, pictures=1)
        sha256 = process(world, NoTagger()).manifest.pictures[0].best.sha256
        append_override(world.inbox, "h1", Override("label", (sha256,), labels=(Label("Lobby", 1.0),)))
        report = process(world, BothTagger(google, Eyes()))
        assert (words(report), report.work.tagged_by, vision.images_sent) == ([["Lobby"]], {"local-eyes": 1}, 0)


class TestDocuments:
    def test_forget_contents_that_nothing_names_after_the_grace_period(self, world, google):
        """In the documents of all taggers, whichever is in force."""
        hotel(world)
        eyes = Eyes()
        process(world, google)
        report = process(world, eyes)
        gone = next(picture.best.sha256 for picture in report.manifest.pictures if picture.best.url.endswith("/0.jpg"))
        world.catalogue("atlas", "2", {"a1": [world.site.address + f"/{n}.jpg" for n in (1, 2)]})
        process(world, google)
        assert gone.encode() in stored(world, eyes)
        world.wait(days=8)
        process(world, google, reason="sweep")
        assert gone.encode() not in stored(world, eyes)
        assert gone.encode() not in world.state.get(cached_images_key(HOME)).data
        assert stored(world, eyes).count(b'"look"') == 2

    def test_that_cannot_be_read_are_asked_again_and_the_others_stay(self, world, caplog):
        hotel(world)
        eyes = Eyes()
        process(world, eyes)
        key = labels_key(HOME, eyes.identity)
        whole = world.state.get(key).data
        world.state.put(key, whole[: len(whole) // 2])
        more = world.serve("/more.jpg", jpeg(photo(3, (480, 320))))
        world.catalogue("atlas", "2", {"a1": [*(f"{world.site.address}/{n}.jpg" for n in range(3)), more]})
        assert process(world, eyes).work.tagged == 3  # of three records one is whole; one picture is new
        assert f"{key} cannot be read whole" in caplog.text
        assert process(world, NoTagger()).status == "processed"
        assert process(world, eyes).work.tagged == 0

    @pytest.mark.parametrize("rest", [b"{", b"{}", None], ids=["damaged", "empty", "lost"])
    def test_that_were_paid_for_outlive_the_loss_of_the_state_beside_them(self, world, vision, google, rest):
        """Google was asked while another tagger's labels lay in `state.json`."""
        hotel(world)
        process(world, Eyes())
        other = GoogleTagger(TaggingSettings(), FakeAllowance(), connect=vision.connect)
        other.identity = "recorded-0123456789abcdef"
        process(world, other)
        assert process(world, google).work.tagged == 3
        if rest is None:
            world.state.delete(cached_images_key(HOME))
        else:
            world.state.put(cached_images_key(HOME), rest)
        more = world.serve("/more.jpg", jpeg(photo(3, (480, 320))))
        world.catalogue("atlas", "2", {"a1": [*(f"{world.site.address}/{n}.jpg" for n in range(3)), more]})
        assert process(world, google).work.tagged == 1

    def test_of_another_model_are_not_its_looks(self, world):
        """A new model looks at everything, and the old one's words stay for the way back."""
        hotel(world)
        process(world, Eyes("local-old"))
        assert process(world, Eyes("local-new")).work.tagged == 3
        assert process(world, Eyes("local-old")).work.tagged == 0

    def test_cost_an_unchanged_hotel_and_one_without_images_no_read(self, world):
        world.catalogue("atlas", "1", {"a1": []})
        hotel(world)
        process(world, Eyes())
        counts = []
        for tagger in (Eyes(), Eyes()):
            counter = StoreCounter()
            assert process(world, tagger, state=CountingStore(world.state, counter)).status == "unchanged"
            counts.append((counter.reads, counter.writes))
        assert counts == [(3, 0), (3, 0)]  # the release, its row, the listing


class TestViews:
    def test_of_the_first_decode_and_of_another_one_are_the_same_bytes(self, world):
        """A new best image is decoded once, and one that was examined earlier is opened again."""
        hotel(world)
        at_once, later = Eyes("local-a"), Eyes("local-b")
        first = process(world, at_once)
        second = process(world, later)
        assert at_once.views == later.views
        assert {len(view) for view in later.views.values()} == {VIEW_PX * VIEW_PX * 3}
        assert (first.work.decodes, second.work.decodes) == (3 + 3, 3), "examined and rendered; opened again"

    def test_beyond_what_is_kept_are_made_again(self, world, monkeypatch):
        hotel(world)
        monkeypatch.setattr(check_urls, "MAX_VIEWS", 1)
        eyes = Eyes()
        report = process(world, eyes)
        assert (len(eyes.views), report.work.decodes) == (3, 3 + 2 + 3)

    def test_are_not_made_for_a_tagger_that_wants_none(self, world, google, monkeypatch):
        hotel(world)
        made = []
        monkeypatch.setattr("image_release.hotel.examine.view_of", made.append)
        process(world, google)
        assert made == []

    def test_of_original_bytes_that_were_lost_wait_for_the_next_download(self, world):
        hotel(world)
        process(world, NoTagger())
        for listed in list(world.state.list("accommodations/")):
            if "/originals/" in listed.key:
                world.state.delete(listed.key)
        eyes = Eyes()
        report = process(world, eyes)
        assert (report.work.downloads, report.work.tagged) == (3, 3)
