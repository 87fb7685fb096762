"""Pictures of one view: the manifest names them, the order keeps them apart, a setting shows the best one alone."""

import json

import pytest

from image_release.dedup import Difference, Picture, SameView
from image_release.hotel import choose as choosing
from image_release.ingest import append_override
from image_release.lab.ordering.stored import read_stored_hotel
from image_release.outcomes import Outcome
from image_release.publish import Manifest
from image_release.rank import prioritise
from image_release.storage import Stores
from image_release.store_keys import manifest_key
from image_release.values import Label, Override, sha256_hex
from tests.integration.world import World, jpeg, photo

SEEDS = range(1, 10)
VIEW = SameView("", "", Difference.LIGHT, 2.5, 0.75)


class Hotel(World):
    """Nine photographs of falling size, two copies of the first; grouping is told which of them show one view."""

    def __init__(self, monkeypatch, *pairs: tuple[int, int]) -> None:
        super().__init__()
        files = {seed: jpeg(photo(seed, (900 - 10 * seed, 600 - 10 * seed))) for seed in SEEDS}
        self.sha = {seed: sha256_hex(data) for seed, data in files.items()}
        urls = [self.serve(f"/{seed}.jpg", data) for seed, data in files.items()]
        urls.append(self.serve("/copy.jpg", jpeg(photo(1, (890, 590)).resize((500, 331)))))
        self.catalogue("atlas", "1", {"a": urls})
        self.release("r1", {"h1": [("atlas", "a")]})
        group_same = choosing.group_same

        def with_views(*arguments) -> list[Picture]:
            return [self._with_views(picture, pairs) for picture in group_same(*arguments)]

        monkeypatch.setattr(choosing, "group_same", with_views)

    def _with_views(self, picture: Picture, pairs) -> Picture:
        views = []
        for pair in pairs:
            for one, other in (pair, pair[::-1]):
                if self.sha[one] in picture.members:
                    views.append(SameView(self.sha[one], self.sha[other], VIEW.difference, VIEW.score, VIEW.overlap))
        return Picture(picture.members, picture.joins, tuple(views))

    def decide(self, action: str, *seeds: int, **details: object) -> None:
        append_override(self.inbox, "h1", Override(action, tuple(self.sha[seed] for seed in seeds), **details))

    def best_only(self, most: int = 200) -> None:
        publishing = self.settings.publishing.model_copy(update={"same_view": "best", "max_pictures": most})
        self.settings = self.settings.model_copy(update={"publishing": publishing})

    def publish(self) -> Manifest:
        return self.process().manifest

    def order(self, manifest: Manifest) -> list[int]:
        """The seeds of the shown pictures, in order."""
        seed_of = {sha256: seed for seed, sha256 in self.sha.items()}
        return [seed_of[picture.best.sha256] for picture in manifest.pictures]

    def left_out(self, manifest: Manifest) -> dict[int, str]:
        seed_of = {sha256: seed for seed, sha256 in self.sha.items()}
        return {seed_of[i.picture]: i.reason for i in manifest.rejected if i.outcome == Outcome.SAME_VIEW}


@pytest.fixture
def made(monkeypatch):
    """Makes hotels, and takes them down."""
    worlds = []

    def make(*pairs: tuple[int, int]) -> Hotel:
        worlds.append(Hotel(monkeypatch, *pairs))
        return worlds[-1]

    yield make
    for world in worlds:
        world.close()


def test_pictures_of_one_view_name_each_other_and_stand_apart(made):
    hotel = made((1, 2))
    manifest = hotel.publish()
    assert hotel.order(manifest) == [1, 3, 4, 5, 6, 2, 7, 8, 9]
    first, second = (manifest.pictures[place] for place in (0, 5))
    assert first.merged, "its copy is merged: the view is one of pictures, not of files"
    [view] = first.same_view
    assert (view.picture, view.difference, view.score, view.overlap) == (hotel.sha[2], "light", 2.5, 0.75)
    assert [view.picture for view in second.same_view] == [hotel.sha[1]]
    assert second.held_back == "it shows the same view as picture 1"
    assert Manifest.from_bytes(manifest.to_bytes()).pictures[0].same_view == first.same_view


def test_a_hotel_without_views_has_nothing_of_it_in_its_manifest(made):
    data = made().publish().to_bytes()
    assert b"same_view" not in data
    assert b"held_back" not in data


def test_a_picture_that_is_hidden_is_not_named(made):
    hotel = made((1, 2))
    hotel.decide("hide", 2)
    assert not any(picture.same_view for picture in hotel.publish().pictures)


@pytest.mark.parametrize("word", ["light", "weather"])
def test_pictures_whose_bytes_are_lost_stay_what_they_were(made, word):
    """All that is known of the images is lost, and the partner is down: the manifest stands, order and views too.

    A difference that only a newer version knows is left out, as this version writes no word that it does not know.
    """
    hotel = made((1, 2))
    before = hotel.publish()
    key = manifest_key("h1")
    hotel.published.put(key, hotel.published.get(key).data.replace(b'"light"', json.dumps(word).encode()))
    for item in list(hotel.state.list("accommodations/")):
        if not item.key.endswith("/images.json"):
            hotel.state.delete(item.key)
    hotel.site.files = dict.fromkeys(hotel.site.files, 503)
    hotel.decide("label", 9, labels=(Label("Garden", 1.0),))
    after = hotel.publish()
    if word == "light":
        assert hotel.order(after)[:6] == hotel.order(before)[:6]
        assert [picture.same_view for picture in after.pictures] == [picture.same_view for picture in before.pictures]
    else:
        assert not any(picture.same_view for picture in after.pictures)
        assert len(after.pictures) == len(before.pictures)


def test_the_instruments_order_a_stored_hotel_as_it_was_published(made):
    """`ranking compare` reads views from the manifest: the same settings give the same order."""
    hotel = made((1, 2), (3, 4))
    hotel.decide("pin", 4, position=2)
    manifest = hotel.publish()
    stores = Stores(hotel.inbox, hotel.state, hotel.published)
    stored = read_stored_hotel(stores, "h1", None)
    settings = hotel.settings.prioritising
    ranked = prioritise([picture.to_rank(settings) for picture in stored.pictures], settings, stored.pins)
    assert [item.picture.sha256 for item in ranked] == [picture.best.sha256 for picture in manifest.pictures]
    assert [item.held_back for item in ranked] == [picture.held_back for picture in manifest.pictures]
    assert any(item.held_back for item in ranked)


class TestOnlyTheBest:
    def test_is_shown_and_the_others_say_which_one(self, made):
        hotel = made((1, 2), (3, 4))
        hotel.best_only()
        manifest = hotel.publish()
        assert hotel.order(manifest) == [1, 3, 5, 6, 7, 8, 9]
        assert hotel.left_out(manifest) == {
            2: "shows the same view as picture 1: the light changed",
            4: "shows the same view as picture 2: the light changed",
        }

    def test_views_do_not_chain(self, made):
        """The third is like the second alone, which is left out."""
        hotel = made((1, 2), (2, 3))
        hotel.best_only()
        manifest = hotel.publish()
        assert hotel.order(manifest) == [1, 3, 4, 5, 6, 7, 8, 9]

    @pytest.mark.parametrize(
        ("action", "details"), [("pin", {"position": 4}), ("show", {}), ("different", {"with_": 9})]
    )
    def test_what_a_person_wants_stays_in_its_place(self, made, action, details):
        """The better shot of the view makes way for the one that a person decided about."""
        hotel = made((1, 2))
        hotel.best_only()
        hotel.decide(action, 2, *filter(None, [details.pop("with_", None)]), **details)
        manifest = hotel.publish()
        assert 2 in hotel.order(manifest)
        assert list(hotel.left_out(manifest)) == [1]
        if action == "pin":
            assert hotel.order(manifest)[3] == 2

    def test_two_that_a_person_calls_different_are_both_shown(self, made):
        hotel = made((1, 2))
        hotel.best_only()
        hotel.decide("different", 1, 2)
        manifest = hotel.publish()
        assert sorted(hotel.order(manifest)) == list(SEEDS)
        assert hotel.left_out(manifest) == {}

    def test_of_a_view_beyond_the_limit_all_are_over_limit(self, made):
        """Nobody is told of a picture that is not shown."""
        hotel = made((1, 2), (8, 9))
        hotel.best_only(most=4)
        manifest = hotel.publish()
        assert hotel.order(manifest) == [1, 3, 4, 5]
        assert list(hotel.left_out(manifest)) == [2]
        assert sum(image.outcome == Outcome.OVER_LIMIT for image in manifest.rejected) == 4

    def test_every_image_has_one_outcome(self, made):
        hotel = made((1, 2), (2, 3), (5, 6))
        hotel.best_only()
        manifest = hotel.publish()
        shown = [image for picture in manifest.pictures for image in (picture.best, *picture.merged)]
        assert len(shown) + len(manifest.rejected) == len(SEEDS) + 1

    def test_it_changes_the_digest_only_where_it_is_set(self, made):
        hotel = made()
        before = hotel.settings.digest()
        hotel.best_only()
        assert hotel.settings.digest() != before

    def test_labels_of_what_is_left_out_are_kept(self, made):
        """Set back to `all`, the picture is shown with what a person said of it."""
        hotel = made((1, 2))
        everything = hotel.settings
        hotel.decide("label", 2, labels=(Label("Garden", 1.0),))
        hotel.best_only()
        assert 2 in hotel.left_out(hotel.publish())
        hotel.settings = everything
        shown = {picture.best.sha256: picture for picture in hotel.publish().pictures}
        assert [label.description for label in shown[hotel.sha[2]].labels] == ["Garden"]
