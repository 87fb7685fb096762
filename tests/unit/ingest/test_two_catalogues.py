"""Two catalogues of one partner at the same time: who claims, what is written again, and when the brake holds."""

import json

import pytest

from image_release.ingest import Held, Ignored, read_listing
from image_release.ingest.catalogues import CatalogueApplied, InputChangedError, apply_catalogue
from image_release.ingest.catalogues.claims import claim, forget_touched, holds, touch, touched
from image_release.ingest.listings import write_listing
from image_release.settings import Settings
from image_release.state import DocumentContendedError, accept, held
from image_release.storage import MemoryStore
from image_release.store_keys import (
    accept_catalogue_key,
    catalogue_claim_key,
    catalogue_state_key,
    held_catalogue_key,
    touched_folder,
    touched_key,
)
from image_release.values import Accommodation, CatalogueImage, Listing
from tests.unit.ingest.interrupted import Interrupted

STRICT = Settings.model_validate({"brakes": {"harmless": 0}})
BOLD = Settings.model_validate({"brakes": {"max_deleted_share": 1}})
FIRST = {"a": ["u1"], "b": ["u2"]}
TEN = {"a": [f"u{number}" for number in range(6)], "b": [f"v{number}" for number in range(4)]}
CUT = {"a": TEN["a"]}


class Partner:
    """Hand in one partner's catalogues, `{accommodation: [url, …]}`, and read what is in force."""

    def __init__(self) -> None:
        self.inbox, self.state = MemoryStore(), Interrupted()

    def write(self, version, lists):
        lines = [{"accommodation_id": name, "images": [{"url": url} for url in urls]} for name, urls in lists.items()]
        self.inbox.put(f"catalogues/p/{version}.jsonl", "\n".join(map(json.dumps, lines)).encode())

    def apply(self, version, lists, settings=BOLD, **more):
        self.write(version, lists)
        return apply_catalogue(self.inbox, self.state, f"catalogues/p/{version}.jsonl", settings, **more)

    def apply_in_part(self, version, lists):
        """Apply a catalogue, and be killed after its listings were written."""
        with pytest.raises(KeyboardInterrupt):
            self.apply(version, lists, announce=lambda _: (_ for _ in ()).throw(KeyboardInterrupt))

    @property
    def lists(self):
        found = {name: read_listing(self.state, Accommodation("p", name)) for name in "abc"}
        return {name: [image.url for image in listing.images] for name, listing in found.items() if listing}


@pytest.fixture
def partner():
    return Partner()


class TestAClaim:
    def test_moves_only_forward(self):
        """The same version may claim again: its message came twice."""
        state = MemoryStore()
        assert [claim(state, "p", version) for version in ("2", "2", "1", "3", "2")] == [True, True, False, True, False]
        assert holds(state, "p", "3")

    def test_is_held_by_the_last_version_that_claimed_and_by_no_other(self):
        state = MemoryStore()
        assert not holds(state, "p", "2")
        claim(state, "p", "2")
        assert [holds(state, "p", version) for version in ("1", "2", "3")] == [False, True, False]


class TestTouchedLists:
    def test_are_united_over_attempts_and_versions(self):
        """What an earlier attempt wrote must be written again, even if a later attempt no longer names it."""
        state = MemoryStore()
        touch(state, "p", "1", ["b", "a"])
        touch(state, "p", "1", ["c"])
        touch(state, "p", "2", ["d"])
        touch(state, "q", "1", ["e"])
        assert touched(state, "p") == {"a", "b", "c", "d"}

    def test_are_forgotten_up_to_the_version_in_force(self):
        state = MemoryStore()
        for version in "123":
            touch(state, "p", version, [version])
        forget_touched(state, "p", "2")
        assert touched(state, "p") == {"3"}


class TestAListing:
    @pytest.mark.parametrize("is_new", [True, False])
    @pytest.mark.parametrize(("version", "is_written"), [("1", False), ("2", True), ("3", True)])
    def test_is_replaced_by_the_same_version_and_later_ones(self, version, is_written, is_new):
        """A catalogue can be corrected under its own version; an older one writes nothing."""
        state, accommodation = MemoryStore(), Accommodation("p", "a")
        assert write_listing(state, Listing(accommodation, "2", (), deleted=True))
        later = Listing(accommodation, version, (CatalogueImage("u"),))
        assert write_listing(state, later, is_new=is_new) == is_written
        assert (read_listing(state, accommodation) == later) == is_written

    def test_that_is_the_same_is_not_written_again(self):
        state, listing = MemoryStore(), Listing(Accommodation("p", "a"), "2", (CatalogueImage("u"),))
        assert write_listing(state, listing, is_new=True)
        assert not write_listing(state, listing)


class TestOfTwoAtTheSameTime:
    def test_the_older_one_writes_nothing_once_a_newer_one_has_claimed(self, partner):
        """The newer one came and went before the older one said what it writes: nobody would write it again."""
        partner.apply("1", FIRST)
        partner.state.before[touched_key("p", "2")] = lambda: partner.apply("3", {**FIRST, "c": ["u3"]})
        assert isinstance(partner.apply("2", {"a": ["u9"]}), Ignored)
        assert partner.lists == {"a": ["u1"], "b": ["u2"], "c": ["u3"]}

    def test_the_older_one_is_ignored_if_a_newer_one_claimed_first(self, partner):
        """It does not even say what it would write: the newer one would have to write that again."""
        partner.apply("1", FIRST)
        claim(partner.state, "p", "3")
        assert isinstance(partner.apply("2", {"a": ["u9"]}), Ignored)
        assert (partner.lists, touched(partner.state, "p")) == (FIRST, frozenset())

    def test_the_newer_one_looks_again_if_the_older_one_began_to_write_before_the_claim(self, partner):
        partner.apply("1", FIRST)
        partner.state.before[catalogue_claim_key("p")] = lambda: partner.apply_in_part("2", {"a": ["u9"]})
        assert isinstance(partner.apply("3", FIRST), CatalogueApplied)
        assert partner.lists == FIRST

    def test_the_newer_one_looks_again_if_the_older_one_came_into_force_before_the_claim(self, partner):
        partner.apply("1", FIRST)
        partner.state.before[catalogue_claim_key("p")] = lambda: partner.apply("2", {"a": ["u9"]})
        assert isinstance(partner.apply("3", FIRST), CatalogueApplied)
        assert partner.lists == FIRST

    def test_one_that_never_has_the_catalogue_for_itself_gives_up(self, partner):
        """Somebody says between any two of its reads that they will write more; its message comes back later."""

        class Contended(Interrupted):
            def list(self, prefix, **options):
                if prefix == touched_folder("p"):
                    self.names.append(f"a{len(self.names)}")
                    self.put(touched_key("p", "1"), json.dumps(self.names).encode())
                return super().list(prefix, **options)

        partner.state = Contended()
        partner.state.names = []
        with pytest.raises(DocumentContendedError):
            partner.apply("2", FIRST)
        assert partner.lists == {}

    def test_the_older_one_does_not_move_the_state_back(self, partner):
        partner.apply("1", FIRST)
        newer = {"a": ["u1"], "b": ["u4"]}
        partner.apply("2", {"a": ["u9"]}, announce=lambda _: partner.apply("3", newer))
        assert json.loads(partner.state.get(catalogue_state_key("p")).data)["version"] == "3"
        assert partner.lists == newer

    def test_a_file_that_is_replaced_while_it_is_applied_is_an_error(self, partner):
        """What was compared is not what would be written: the catalogue comes back and is compared again."""
        partner.apply("1", FIRST)
        partner.state.before[touched_key("p", "2")] = lambda: partner.write("2", {"a": ["u8"], "b": ["u2"]})
        with pytest.raises(InputChangedError):
            partner.apply("2", {"a": ["u9"], "b": ["u2"]})
        assert partner.lists == FIRST


class TestTheBrake:
    def test_counts_every_image_of_an_accommodation_that_is_deleted(self, partner):
        partner.apply("1", TEN)
        held = partner.apply("2", CUT, STRICT)
        assert (type(held), held.leaving, held.of) == (Held, 4, 10)
        document = json.loads(partner.state.get(held_catalogue_key("p")).data)
        assert (document["version"], document["leaving"], document["of"]) == ("2", 4, 10)

    def test_holds_the_same_catalogue_each_time_it_comes(self, partner):
        """It has claimed nothing and touched nothing: an older catalogue may still be applied."""
        partner.apply("1", TEN)
        results = [partner.apply("3", CUT, STRICT) for _ in range(3)]
        assert [type(result) for result in results] == [Held, Held, Held]
        assert (partner.lists, touched(partner.state, "p")) == (TEN, frozenset())
        assert isinstance(partner.apply("2", {**TEN, "c": ["w"]}, STRICT), CatalogueApplied)

    def test_holds_other_content_under_the_version_in_force(self, partner):
        partner.apply("1", TEN)
        assert isinstance(partner.apply("1", CUT, STRICT), Held)
        assert partner.lists == TEN

    def test_holds_a_catalogue_that_was_applied_in_part_when_the_limit_allowed_it(self, partner):
        partner.apply("1", TEN)
        partner.apply_in_part("2", CUT)
        assert isinstance(partner.apply("2", CUT, STRICT), Held)

    def test_opens_only_for_the_version_that_was_accepted(self, partner):
        partner.apply("1", TEN)
        partner.apply("2", CUT, STRICT)
        accept(partner.inbox, accept_catalogue_key("p", "2"), held(partner.state, held_catalogue_key("p")))
        assert isinstance(partner.apply("2", CUT, STRICT), CatalogueApplied)
        assert partner.state.get(held_catalogue_key("p")) is None
        assert isinstance(partner.apply("3", {"b": ["w"]}, STRICT), Held)
