"""New rules of grouping take a picture apart: what people decided about it holds for both parts, and costs nothing."""

import json

import pytest

from image_release.gallery import DECISION_FOR_TWO, needs_a_look
from image_release.ingest import append_override, append_revoke, read_decisions
from image_release.lab.ordering.stored import read_stored_hotel
from image_release.outcomes import Outcome
from image_release.publish import Manifest
from image_release.storage import Stores
from image_release.store_keys import manifest_key
from image_release.tag import RecordedTagger
from image_release.values import Label, Override, sha256_hex
from tests.integration.world import World, jpeg, photo
from tests.unit.dedup.test_same_view import moved

ALL_JOIN = ("clear_score", "bridge_score", "single_score", "least_score", "least_first_look")
"""Settings by which two shots of one view are one picture when they are low enough."""
OTHERS = range(1, 8)
"""Seeds of other photographs of the hotel."""


class Hotel(World):
    """A hotel whose first manifest was made by other rules: two shots of a view, with a copy each, are one picture."""

    def __init__(self, folder) -> None:
        super().__init__()
        self.strict = self.settings
        lenient = self.strict.grouping.model_copy(update=dict.fromkeys(ALL_JOIN, -60.0))
        self.settings = self.strict.model_copy(update={"grouping": lenient})
        one, other = moved(40, step=70)
        self.files_of = {
            name: jpeg(image)
            for name, image in {
                "one": one,
                "one-small": one.resize((420, 298)),
                "other": other,
                "other-small": other.resize((420, 298)),
                **{f"photo-{seed}": photo(seed) for seed in OTHERS},
            }.items()
        }
        self.urls = {name: self.serve(f"/{name}.jpg", data) for name, data in self.files_of.items()}
        self.sha = {name: sha256_hex(data) for name, data in self.files_of.items()}
        self.catalogue("atlas", "1", {"a": list(self.urls.values())})
        self.release("r1", {"h1": [("atlas", "a")]})
        lines = [
            {"sha256": self.sha[name], "labels": [{"description": f"Room {name}", "score": 0.9}]} for name in self.sha
        ]
        file = folder / "labels.jsonl"
        file.write_text("\n".join(map(json.dumps, lines)), encoding="utf-8")
        self.tagger = RecordedTagger(file)

    def decide(self, action: str, *names: str, **details: object) -> None:
        images = tuple(self.sha[name] for name in names)
        append_override(self.inbox, "h1", Override(action, images, by="ana", **details))

    def publish(self) -> Manifest:
        manifest = self.process().manifest
        self.site.asked.clear()
        return manifest

    def split(self) -> Manifest:
        """Process the hotel by the rules that are shipped: the two shots are two pictures."""
        self.settings = self.strict
        return self.publish()

    def of(self, manifest: Manifest, name: str):
        """The picture or the rejected image of a file."""
        for picture in manifest.pictures:
            if self.sha[name] in {image.sha256 for image in (picture.best, *picture.merged)}:
                return picture
        return next(image for image in manifest.rejected if image.sha256 == self.sha[name])


@pytest.fixture
def hotel(tmp_path):
    world = Hotel(tmp_path)
    first = world.publish()
    shots = {world.of(first, name).position for name in ("one", "one-small", "other", "other-small")}
    assert len(shots) == 1, "the old rules join them"
    yield world
    world.close()


def made_by_an_older_program(hotel: Hotel) -> None:
    """Take out of the manifest what older programs do not write."""
    stored = hotel.published.get(manifest_key("h1"))
    document = json.loads(stored.data)
    document["versions"]["grouping"] = "1"
    for image in document["rejected"]:
        image.pop("picture", None)
    hotel.published.put(manifest_key("h1"), json.dumps(document).encode())


def outcomes(hotel: Hotel, manifest: Manifest) -> dict[str, str]:
    return {
        name: getattr(hotel.of(manifest, name), "outcome", "shown")
        for name in ("one", "one-small", "other", "other-small")
    }


def test_without_decisions_a_split_is_nothing_special(hotel):
    after = hotel.split()
    assert hotel.of(after, "one").position != hotel.of(after, "other").position
    assert not any(picture.once_with for picture in after.pictures)
    assert DECISION_FOR_TWO not in needs_a_look(after)


def test_it_costs_no_download_no_decode_to_compare_and_no_tag(hotel):
    """Only the picture that is newly apart is rendered, from one decode; its labels are those of the old picture."""
    before = hotel.process().manifest
    made_by_an_older_program(hotel)
    hotel.settings = hotel.strict
    report = hotel.process()
    work, was = report.work, {picture.best.sha256 for picture in before.pictures}
    [newly] = [picture for picture in report.manifest.pictures if picture.best.sha256 not in was]
    assert hotel.site.asked == []
    assert (work.downloads, work.tagged, work.decodes) == (0, 0, 1)
    assert work.renditions_written == len(hotel.settings.renditions)
    assert newly.labels == hotel.of(before, "one").labels


@pytest.mark.parametrize("is_older", [False, True])
@pytest.mark.parametrize("named", ["one", "other-small"])
def test_what_a_person_hid_stays_hidden(hotel, is_older, named):
    """Whichever image was named, and whichever program made the manifest before."""
    hotel.decide("hide", named, why="under construction")
    hotel.publish()
    if is_older:
        made_by_an_older_program(hotel)
    after = hotel.split()
    assert set(outcomes(hotel, after).values()) == {Outcome.HIDDEN}
    parted = hotel.of(after, "other" if named == "one" else "one")
    assert parted.once_with == (hotel.sha[named],)
    assert parted.reason == "hidden by a person (ana): under construction"
    assert DECISION_FOR_TWO in needs_a_look(after)


def test_it_holds_in_all_later_manifests(hotel):
    """Also when nothing of the rules changes any more, and when a file of the hotel is new."""
    hotel.decide("hide", "other")
    hotel.publish()
    hotel.split()
    hotel.decide("label", "photo-1", labels=(Label("Garden", 1.0),))
    assert set(outcomes(hotel, hotel.publish()).values()) == {Outcome.HIDDEN}
    hotel.catalogue("atlas", "2", {"a": [*hotel.urls.values(), hotel.serve("/new.jpg", jpeg(photo(99)))]})
    assert set(outcomes(hotel, hotel.publish()).values()) == {Outcome.HIDDEN}


def test_a_person_shows_the_part_or_revokes_the_decision(hotel):
    """Two ways to end it: a decision about the part itself, which leaves the other one, and taking the first back."""
    hotel.decide("hide", "other")
    hotel.publish()
    hotel.split()
    hotel.decide("show", "one")
    shown = hotel.publish()
    assert [outcomes(hotel, shown)[name] for name in ("one", "other")] == ["shown", Outcome.HIDDEN]
    assert DECISION_FOR_TWO not in needs_a_look(shown)
    [hidden, _] = read_decisions(hotel.inbox, "h1")[0]
    append_revoke(hotel.inbox, "h1", hidden.digest, by="ana", at="", why="")
    assert set(outcomes(hotel, hotel.publish()).values()) == {"shown"}


def test_a_person_hides_the_part_itself(hotel):
    """Then it stays hidden, whatever becomes of the first decision, and nobody needs to look."""
    hotel.decide("hide", "other")
    hotel.publish()
    hotel.split()
    hotel.decide("hide", "one")
    after = hotel.publish()
    assert set(outcomes(hotel, after).values()) == {Outcome.HIDDEN}
    assert DECISION_FOR_TWO not in needs_a_look(after)


def test_revoking_it_shows_both_parts(hotel):
    hotel.decide("hide", "other")
    hotel.publish()
    hotel.split()
    [hidden] = read_decisions(hotel.inbox, "h1")[0]
    append_revoke(hotel.inbox, "h1", hidden.digest, by="ana", at="", why="")
    after = hotel.publish()
    assert set(outcomes(hotel, after).values()) == {"shown"}
    assert DECISION_FOR_TWO not in needs_a_look(after)


@pytest.mark.parametrize("named", ["other", "other-small"])
@pytest.mark.parametrize(("action", "expected"), [("different", "shown"), ("same", Outcome.HIDDEN)])
def test_a_person_says_whether_the_two_are_one_photograph(hotel, action, expected, named):
    """`different`: the decision was about the named picture alone, whichever of its copies is said to differ.

    `same`: they are one picture again.
    """
    hotel.decide("hide", named)
    hotel.publish()
    hotel.split()
    hotel.decide(action, "one", "other")
    after = hotel.publish()
    assert [outcomes(hotel, after)[name] for name in ("one", "other")] == [expected, Outcome.HIDDEN]
    assert hotel.of(after, "one").once_with == ()


def test_a_pin_stays_with_the_image_that_it_names(hotel):
    """One place holds one picture. The other part follows its score, and a person is asked to look."""
    hotel.decide("pin", "other", position=3)
    hotel.publish()
    after = hotel.split()
    assert hotel.of(after, "other").position == 3
    assert hotel.of(after, "other").pinned is not None
    assert hotel.of(after, "one").pinned is None
    assert hotel.of(after, "one").once_with == (hotel.sha["other"],)
    assert DECISION_FOR_TWO in needs_a_look(after)


def test_a_pin_goes_to_the_other_part_if_nobody_sends_the_named_image(hotel):
    """The partner dropped the named file; what it was pinned for is shown through the other shot."""
    hotel.decide("pin", "other", position=3)
    hotel.publish()
    left = [url for name, url in hotel.urls.items() if not name.startswith("other")]
    hotel.catalogue("atlas", "2", {"a": left})
    assert hotel.of(hotel.publish(), "one").position == 3
    after = hotel.split()
    assert hotel.of(after, "one").position == 3
    assert hotel.of(after, "one").once_with == (hotel.sha["other"],)


def test_the_instruments_replay_decisions_of_both_parts(hotel):
    """`ranking compare` orders what is stored: the pin stays with the named image, labels hold for both."""
    hotel.decide("pin", "other", position=3)
    hotel.decide("label", "other", labels=(Label("Swimming pool", 1.0),))
    hotel.publish()
    after = hotel.split()
    stored = read_stored_hotel(Stores(hotel.inbox, hotel.state, hotel.published), "h1", None)
    assert stored.pins == {hotel.of(after, "other").best.sha256: 3}
    of = {sha256: picture for picture in stored.pictures for sha256 in picture.members}
    assert [of[hotel.sha[name]].labels for name in ("one", "other")] == [(Label("Swimming pool", 1.0),)] * 2


def test_the_instruments_leave_a_pin_with_a_named_image_that_is_hidden(hotel):
    """The other part is shown again, and gets no place: neither in the manifest, nor by the instruments."""
    hotel.decide("pin", "other", position=3)
    hotel.decide("hide", "other")
    hotel.publish()
    hotel.split()
    hotel.decide("show", "one")
    after = hotel.publish()
    assert hotel.of(after, "one").pinned is None
    assert hotel.of(after, "one").once_with == (hotel.sha["other"],)
    stored = read_stored_hotel(Stores(hotel.inbox, hotel.state, hotel.published), "h1", None)
    assert stored.pins == {}


def test_labels_of_a_person_hold_for_both_parts(hotel):
    hotel.decide("label", "other-small", labels=(Label("Swimming pool", 1.0),))
    hotel.publish()
    after = hotel.split()
    said = [[label.description for label in hotel.of(after, name).labels] for name in ("one", "other")]
    assert said == [["Swimming pool"], ["Swimming pool"]]
