"""A partner's catalogue: how it differs from the previous one, and what a bad line must not delete."""

import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.ingest import CatalogueMisnamedError, Held, Ignored, read_listing
from image_release.ingest.catalogues import CatalogueApplied, apply_catalogue, diff
from image_release.ingest.catalogues.reading import BadLine, GoodLine, images_digest, read_catalogue
from image_release.settings import Settings
from image_release.state import accept, held, read_json
from image_release.storage import MemoryStore
from image_release.store_keys import accept_catalogue_key, catalogue_state_key, held_catalogue_key
from image_release.values import Accommodation, CatalogueImage

SETTINGS = Settings.model_validate({"brakes": {"harmless": 0}})
IMAGES = st.lists(
    st.builds(CatalogueImage, st.sampled_from("abcdef"), version=st.sampled_from([None, "1", "2"])),
    unique_by=lambda image: image.url,
)


def line(accommodation_id: object, *urls: object) -> str:
    images = [url if isinstance(url, dict) else {"url": url} for url in urls]
    return json.dumps({"accommodation_id": accommodation_id, "images": images})


def read(*lines: str):
    return list(read_catalogue(io.BytesIO("\n".join(lines).encode()), "c.jsonl"))


class Catalogues:
    """Hand in one partner's catalogues and read the lists in force."""

    def __init__(self) -> None:
        self.inbox, self.state = MemoryStore(), MemoryStore()
        self.changed: list[str] = []
        """Accommodations that the last catalogue announced."""

    def apply(self, version: str, *lines: str, accepted: bool = False):
        key = f"catalogues/p/{version}.jsonl"
        self.inbox.put(key, "\n".join(lines).encode())
        result = apply_catalogue(self.inbox, self.state, key, SETTINGS, announce=self.announce)
        if not accepted:
            return result
        assert isinstance(result, Held)
        accept(self.inbox, accept_catalogue_key("p", version), held(self.state, held_catalogue_key("p")))
        return apply_catalogue(self.inbox, self.state, key, SETTINGS)

    def announce(self, changed):
        self.changed = [item.accommodation_id for item in changed]

    def urls(self, accommodation_id: str) -> list[str] | None:
        listing = read_listing(self.state, Accommodation("p", accommodation_id))
        return None if listing is None else [image.url for image in listing.images]


@pytest.fixture
def catalogues():
    return Catalogues()


class TestDiff:
    def test_lists_new_updated_and_deleted_urls(self):
        """An updated URL has another version; another rank or caption is no update."""
        before = [CatalogueImage("same", rank=1), CatalogueImage("changed", version="1"), CatalogueImage("removed")]
        after = [CatalogueImage("added"), CatalogueImage("same", rank=9), CatalogueImage("changed", version="2")]
        changes = diff(before, after)
        urls = [[image.url for image in part] for part in (changes.new, changes.updated, changes.deleted)]
        assert urls == [["added"], ["changed"], ["removed"]]

    @given(IMAGES, IMAGES)
    def test_applied_to_the_old_list_gives_the_new_one(self, before, after):
        """No change is missing and no change is listed twice."""
        changes = diff(before, after)
        versions = {image.url: image.version for image in before}
        for image in changes.deleted:
            del versions[image.url]
        for image in changes.new:
            assert image.url not in versions
            versions[image.url] = image.version
        for image in changes.updated:
            assert versions[image.url] != image.version
            versions[image.url] = image.version
        assert versions == {image.url: image.version for image in after}

    @given(IMAGES)
    def test_of_a_list_with_itself_is_empty(self, images):
        """The order of the images makes no difference."""
        changes = diff(images, images[::-1])
        assert (changes.new, changes.updated, changes.deleted) == ((), (), ())


class TestLine:
    def test_is_an_accommodation_with_all_its_images(self):
        """Optional keys may be missing; unknown keys are ignored."""
        full = {"url": "u", "rank": 1, "caption": "Lobby", "version": "v", "stars": 5}
        [found] = read(line("123", full, "w"))
        assert found == GoodLine("123", (CatalogueImage("u", 1, "Lobby", "v"), CatalogueImage("w")))

    @pytest.mark.parametrize(
        ("text", "accommodation_id", "rule"),
        [
            ('{"accommodation_id": "1", "ima', None, "Invalid JSON"),
            ("[]", None, "object"),
            ('{"images": []}', None, "accommodation_id: Field required"),
            (line(7, "u"), None, "accommodation_id"),
            (line("", "u"), None, "must be text without control characters and not empty"),
            (line("a\x07", "u"), None, "must be text without control characters and not empty"),
            (line("1", {"rank": 1}), "1", "images.0.url"),
            (line("1", {"url": ""}), "1", "images.0.url"),
            (line("1", {"url": "u", "rank": 0}), "1", "images.0.rank"),
            (line("1", {"url": "u", "rank": "first"}), "1", "images.0.rank"),
            (line("1", {"url": "u", "rank": "1"}), "1", "images.0.rank"),
            (line("1", {"url": "u", "rank": True}), "1", "images.0.rank"),
            (line("1", {"url": "u", "version": 7}), "1", "images.0.version"),
            ('{"accommodation_id": "1"}', "1", "images: Field required"),
        ],
    )
    def test_that_breaks_a_rule_is_reported_with_its_accommodation_if_readable(self, text, accommodation_id, rule):
        """The problem names file, line and rule; the next line is still read."""
        bad, good = read(text, line("next"))
        assert isinstance(bad, BadLine)
        assert (bad.accommodation_id, bad.problem.file, bad.problem.line) == (accommodation_id, "c.jsonl", 1)
        assert rule in bad.problem.rule
        assert good.accommodation_id == "next"

    def test_without_text_says_nothing(self):
        assert read("", line("1", "u"), "  \t", "") == [GoodLine("1", (CatalogueImage("u"),))]

    def test_of_an_accommodation_that_had_a_line_before_does_not_count(self):
        """The first line counts, and the second is reported."""
        first, second = read(line("1", "u"), line("1", "w"))
        assert (type(first), type(second), second.problem.line) == (GoodLine, BadLine, 2)

    def test_with_a_url_twice_counts_it_once(self):
        """The first entry counts, and the second is reported."""
        [found] = read(line("1", {"url": "u", "rank": 1}, {"url": "u", "rank": 2}))
        assert [image.rank for image in found.images] == [1]
        assert found.problems[0].value == "u"


class TestCatalogue:
    def test_names_the_accommodations_that_changed(self, catalogues):
        """It names no other accommodation, because only hotels that changed are processed."""
        catalogues.apply("v1", line("1", "a"), line("2", "b"), line("3", "c"), line("4", "d"))
        applied = catalogues.apply("v2", line("4", "d"), line("2", "b", "b2"), line("1", "a"), line("5", "e"))
        assert isinstance(applied, CatalogueApplied)
        assert catalogues.changed == ["2", "3", "5"]
        assert applied.changed == 3
        assert (applied.new, applied.updated, applied.deleted, applied.images) == (2, 0, 1, 5)
        assert (catalogues.urls("2"), catalogues.urls("3")) == (["b", "b2"], [])

    def test_writes_the_lists_that_differ_and_no_others(self, catalogues):
        """A list that stays names the catalogue that last changed it."""
        catalogues.apply("1", line("a", "u1"), line("b", "u2"))
        catalogues.apply("2", line("a", "u1"), line("b", "u2", "u3"))
        found = [read_listing(catalogues.state, Accommodation("p", name)) for name in "ab"]
        assert [listing.catalogue_version for listing in found] == ["1", "2"]

    def test_in_force_is_recorded_with_what_it_holds(self, catalogues):
        """The digest is compared with that of a catalogue that comes again, by any version of the program."""
        catalogues.apply("1", line("b", "u2"), line("a", "u1", "u3"))
        assert read_json(catalogues.state, catalogue_state_key("p")) == {
            "version": "1",
            "digest": "641b3b84b6d99336b3038b64cdfe4e2ef56e365e6dc266b491be79a554d63224",
            "images": 3,
            "accommodations": 2,
        }

    def test_in_another_order_is_the_same(self, catalogues):
        """A file with the same content in another order is ignored without a warning."""
        catalogues.apply("v1", line("1", "a", "b"), line("2", "c"))
        ignored = catalogues.apply("v1", line("2", "c"), line("1", "b", "a"))
        assert (type(ignored), ignored.is_warning) == (Ignored, False)

    def test_that_is_older_is_ignored_with_a_warning(self, catalogues):
        """Versions are compared as text."""
        catalogues.apply("2026-11-02", line("1", "a"))
        ignored = catalogues.apply("2026-11-01", line("1", "z"))
        assert (type(ignored), ignored.is_warning, catalogues.urls("1")) == (Ignored, True, ["a"])

    def test_may_be_compressed(self, catalogues):
        """A file whose name ends in `.gz` is read as gzip."""
        catalogues.inbox.put("catalogues/p/v1.jsonl.gz", gzip.compress(line("1", "a").encode()))
        apply_catalogue(catalogues.inbox, catalogues.state, "catalogues/p/v1.jsonl.gz", Settings())
        assert catalogues.urls("1") == ["a"]

    @pytest.mark.parametrize(
        "key", ["catalogues/p.jsonl", "catalogues/p/v1.csv", "catalogues/p/q/v.jsonl", "catalogues/p/.jsonl"]
    )
    def test_with_a_wrong_name_is_refused(self, catalogues, key):
        """The error message states the rule for names."""
        catalogues.inbox.put(key, b"")
        with pytest.raises(CatalogueMisnamedError, match="<partner_id>/<version>"):
            apply_catalogue(catalogues.inbox, catalogues.state, key, Settings())


class TestBadLine:
    def test_keeps_what_its_accommodation_had(self, catalogues):
        """Accommodation 1 has a bad line and keeps its images; accommodation 2 has no line and is deleted."""
        catalogues.apply("v1", line("1", "a"), line("2", "b"), line("3", "c", "d", "e"))
        catalogues.apply("v2", line("1", {"rank": 1}), line("3", "c", "d", "e"))
        assert (catalogues.urls("1"), catalogues.urls("2")) == (["a"], [])

    def test_without_an_id_keeps_every_accommodation(self, catalogues):
        """The file adds and updates images, but deletes no accommodation."""
        catalogues.apply("v1", line("1", "a"), line("2", "b"))
        catalogues.apply("v2", "{", line("1", "a", "a2"))
        assert (catalogues.urls("1"), catalogues.urls("2")) == (["a", "a2"], ["b"])

    def test_keeps_an_accommodation_only_until_the_next_good_catalogue(self, catalogues):
        """An accommodation that was kept is deleted when a catalogue without bad lines leaves it out."""
        catalogues.apply("v1", line("1", "a"), line("2", "b", "c", "d"))
        catalogues.apply("v2", "{", line("2", "b", "c", "d"))
        catalogues.apply("v3", line("2", "b", "c", "d"))
        assert catalogues.urls("1") == []


class TestBrake:
    def test_holds_a_catalogue_that_deletes_more_than_thirty_percent(self, catalogues):
        """The catalogue deletes four of ten images: nothing changes until somebody accepts it."""
        urls = [f"u{number}" for number in range(10)]
        catalogues.apply("v1", line("1", *urls))
        held = catalogues.apply("v2", line("1", *urls[4:]))
        assert isinstance(held, Held)
        assert (held.leaving, held.of, len(catalogues.urls("1"))) == (4, 10, 10)
        assert isinstance(catalogues.apply("v2", line("1", *urls[4:]), accepted=True), CatalogueApplied)
        assert len(catalogues.urls("1")) == 6

    def test_lets_a_catalogue_delete_three_of_ten(self, catalogues):
        """A share equal to the limit is allowed."""
        urls = [f"u{number}" for number in range(10)]
        catalogues.apply("v1", line("1", *urls))
        assert isinstance(catalogues.apply("v2", line("1", *urls[3:])), CatalogueApplied)


class TestWhatIsReported:
    def test_counts_new_updated_and_deleted_images_and_names_bad_lines(self, catalogues):
        catalogues.apply("1", line("a", {"url": "u", "version": "1"}, "v"), line("b", "w"))
        applied = catalogues.apply(
            "2", line("a", {"url": "u", "version": "2"}, "x"), line("b", "w"), "{", accepted=True
        )
        assert (applied.new, applied.updated, applied.deleted) == (1, 1, 1)
        assert [problem.line for problem in applied.problems] == [3]

    def test_counts_the_images_of_several_accommodations(self, catalogues):
        applied = catalogues.apply("1", line("a", "u", "v"), line("b", "w"))
        assert (applied.new, applied.updated, applied.deleted) == (3, 0, 0)
        images = [{"url": url, "version": "2"} for url in "uv"]
        applied = catalogues.apply("2", line("a", *images), line("b", {"url": "w", "version": "2"}))
        assert (applied.new, applied.updated, applied.deleted) == (0, 3, 0)


class TestALine:
    def test_may_be_as_long_as_the_limit_and_no_longer(self, monkeypatch):
        monkeypatch.setattr("image_release.ingest.catalogues.reading.MAX_LINE_BYTES", len(line("a", "u")))
        assert [type(item) for item in read(line("a", "u"))] == [GoodLine]
        assert [type(item) for item in read(line("ab", "u"))] == [BadLine]


class TestTheDigestOfImages:
    def test_is_stored_and_so_never_changes(self):
        """Otherwise every accommodation would count as updated once."""
        image = CatalogueImage("u", rank=1, caption="c", version="v")
        assert images_digest([image]) == "0800cf352dac5b789cb463ed0dbdbe8e"
