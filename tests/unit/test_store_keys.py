"""Keys are a stored format: each one literally, as version 0.1.0 wrote it, and what is read back from one."""

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release import store_keys
from image_release.values import Accommodation

PARTNER = "bed bank"
LODGING = Accommodation(PARTNER, "a/7")
DAY = date(2026, 11, 29)
BEGUN = datetime(2026, 11, 29, 2, 0, 43, 5, tzinfo=UTC)
LIST = "changed/2026-11-29T020043.000005Z/run-n%2F1.jsonl.gz"

LITERALLY = {
    store_keys.accept_catalogue_key(PARTNER, "2026-11-02"): "accepts/catalogues/bed%20bank/2026-11-02",
    store_keys.accept_gone_key(PARTNER, DAY): "accepts/catalogues/bed%20bank/gone-2026-11-29",
    store_keys.accept_release_key("2026 w48"): "accepts/releases/2026 w48",
    store_keys.change_key("h/1", 12): "changes/h%2F1/12.json",
    store_keys.changed_key(BEGUN, "run", "n/1"): LIST,
    store_keys.changed_part_key(LIST, "3fa9"): "changed/2026-11-29T020043.000005Z/run-n%2F1/3fa9.jsonl.gz",
    store_keys.changed_note_key(LIST, "h/1", 12): "changed/2026-11-29T020043.000005Z/run-n%2F1/noted/12/h%2F1",
    store_keys.snapshot_key(BEGUN): "feed/2026-11-29T020043.000005Z/hotels.jsonl.gz",
    store_keys.release_key("2026 w48", ".csv.gz"): "releases/2026 w48.csv.gz",
    store_keys.catalogue_key(PARTNER, "v 1", ".jsonl"): "catalogues/bed%20bank/v 1.jsonl",
    store_keys.overrides_key("h/1"): "overrides/h%2F1.jsonl",
    store_keys.listing_key(LODGING): "accommodations/bed%20bank/a%2F7/images.json",
    store_keys.cached_images_key(LODGING): "accommodations/bed%20bank/a%2F7/state.json",
    store_keys.fingerprints_key(LODGING, "4-1"): "accommodations/bed%20bank/a%2F7/prints-4-1.bin",
    store_keys.labels_key(LODGING, "google-1"): "accommodations/bed%20bank/a%2F7/labels-google-1.json",
    store_keys.original_key(LODGING, "ab"): "accommodations/bed%20bank/a%2F7/originals/ab",
    store_keys.catalogue_state_key(PARTNER): "catalogues/bed%20bank/state.json",
    store_keys.catalogue_digests_key(PARTNER, "v 1"): "catalogues/bed%20bank/listings-v%201.jsonl.gz",
    store_keys.catalogue_claim_key(PARTNER): "catalogues/bed%20bank/claim.json",
    store_keys.touched_key(PARTNER, "v 1"): "catalogues/bed%20bank/touched/v%201.json",
    store_keys.held_catalogue_key(PARTNER): "catalogues/bed%20bank/held.json",
    store_keys.gone_slot_folder(PARTNER, 3): "gone/bed%20bank/3/",
    store_keys.held_gone_key(PARTNER, DAY): "gone/bed%20bank/held/2026-11-29",
    store_keys.CURRENT_RELEASE: "releases/current.json",
    store_keys.release_folder("2026 w48"): "releases/2026%20w48",
    store_keys.release_digest_key("releases/r"): "releases/r/digest",
    store_keys.release_index_key("releases/r"): "releases/r/index.sqlite",
    store_keys.rows_key("releases/r", 3): "releases/r/rows/3.jsonl.gz",
    store_keys.fanned_out_key("releases/r", 3): "releases/r/fanned/3",
    store_keys.held_release_key("2026 w48"): "releases/2026%20w48/held.json",
    store_keys.request_key("q", "request.json"): "requests/q/request.json",
    store_keys.request_marker_key("q", "done", "h/1"): "requests/q/done/h%2F1",
    store_keys.due_key(DAY, "sweep", "h/1"): "due/2026-11-29/sweep/h%2F1",
    store_keys.run_key(BEGUN): "runs/2026-11-29T020043.000005Z.json",
    store_keys.STALE_GALLERY: "gallery/stale",
    store_keys.manifest_key(".."): "hotels/%2E%2E/manifest.json",
    store_keys.page_key("h"): "hotels/h/index.html",
    store_keys.rendition_key("h", 7, "0123456789abcdef" * 4, "thumb-80", "jpg"): (
        "hotels/h/renditions/7/0123456789abcdef0123-thumb-80.jpg"
    ),
}


@pytest.mark.parametrize(("made", "literal"), LITERALLY.items())
def test_every_key_is_what_it_was(made, literal):
    assert made == literal


@given(st.text(min_size=1, max_size=30))
def test_ids_are_read_back_from_keys(identifier):
    """Whatever an id is, its own key gives it back, and it stays one part of the key."""
    assert store_keys.overridden_hotel(store_keys.overrides_key(identifier)) == identifier
    assert store_keys.touched_version(store_keys.touched_key(identifier, identifier)) == identifier
    assert store_keys.touched_key(identifier, identifier).count("/") == 3


@given(st.text(min_size=1, max_size=30), st.text(min_size=1, max_size=30), st.integers(1, 10**9))
def test_lists_of_changed_hotels_are_read_back_from_keys(name, hotel_id, seq):
    key = store_keys.changed_key(BEGUN, "desk", name)
    assert store_keys.changed_list(key) == ("2026-11-29T020043.000005Z", "desk", name, "")
    *_, named, rest = store_keys.changed_list(store_keys.changed_note_key(key, hotel_id, seq))
    assert (named, store_keys.changed_note(rest)) == (name, (hotel_id, seq))


@pytest.mark.parametrize("key", ["overrides/h 1.jsonl", "overrides/a/b.jsonl", "overrides/h.txt", "releases/h.jsonl"])
def test_a_key_that_nobody_made_names_no_hotel(key):
    assert store_keys.overridden_hotel(key) is None


@pytest.mark.parametrize(
    ("name", "expected"),
    [("a.csv", "a"), ("a.csv.gz", "a"), (".csv", None), (".csv.gz", None), ("a.gz", None), ("a.csv.csv", "a.csv")],
)
def test_a_suffix_is_taken_off_once_and_whole(name, expected):
    assert store_keys.without_suffix(name, store_keys.RELEASE_SUFFIXES) == expected


@given(st.integers(1, 10**9), st.text(min_size=1, max_size=20))
def test_the_number_of_a_rendition_is_read_back(seq, hotel_id):
    assert store_keys.rendition_seq(store_keys.rendition_key(hotel_id, seq, "a" * 64, "thumb-80", "jpg")) == seq


@pytest.mark.parametrize("key", ["hotels/h/manifest.json", "hotels/h/renditions/x/a.jpg", "hotels/h/renditions/1/"])
def test_what_is_no_rendition_has_no_number(key):
    assert store_keys.rendition_seq(key) is None
