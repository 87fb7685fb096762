"""What a run, a request or a release changed: found by its name, the worst first, with the totals."""

from dataclasses import replace
from datetime import timedelta

import pytest

from image_release.feed import Cause, What
from image_release.feed.changes import UnknownNameError, changes_of
from image_release.feed.pruning import prune
from image_release.ingest import Request, mark_done, store_request
from image_release.ingest.releases.applying import apply_release
from image_release.publish import FirstPicture
from image_release.settings import Settings
from image_release.store_keys import change_key, run_key
from tests.unit.feed.publishing import STARTED, a_run, memory_stores, publish_hotel, run


@pytest.fixture
def stores():
    return memory_stores()


@pytest.fixture
def changed(stores):
    """Two runs: the second one does something else to each hotel."""
    before = {"all": "abc", "most": "abc", "some": "abcd", "other": "ab", "gains": "a", "bad": "ab"}
    run(stores, a_run(1), before)
    after = {"all": "", "most": "a", "some": "abc", "other": "ba", "gains": "ab", "new": "a"}
    run(stores, a_run(2), after)
    return stores


def test_the_worst_come_first(changed):
    found = changes_of(changed)
    assert [(change.hotel_id, change.what) for change in found.hotels] == [
        ("all", What.LOST_ALL),
        ("most", What.LOST_MOST),
        ("some", What.LOST_SOME),
        ("other", What.OTHER_FIRST),
        ("gains", What.GAINED),
        ("new", What.NEW),
    ]
    totals = found.totals
    assert (totals.hotels, totals.gained, totals.lost, totals.other_first) == (6, 2, 6, 3)


def test_totals_count_hotels_that_are_not_given(changed):
    found = changes_of(changed, limit=2, offset=1)
    assert [change.hotel_id for change in found.hotels] == ["most", "some"]
    assert found.totals.hotels == sum(found.totals.words().values()) == 6


def test_hotels_have_their_present_names(changed):
    assert changes_of(changed, limit=1).hotels[0].name == "Hotel all"


def test_a_withdrawn_hotel_is_told_as_that(stores):
    run(stores, a_run(1), {"h": "a"})
    run(stores, a_run(2), {"h": ""}, withdrawn=True)
    assert changes_of(stores).hotels[0].what == What.WITHDRAWN


def test_a_hotel_that_opens_with_a_bathroom_now_comes_before_those_that_lost_some(stores):
    run(stores, a_run(1), {"h": "ab"})
    (change,) = changes_of(stores).hotels
    bathroom = FirstPicture(sha256="f" * 64, category="bathroom", key=None)
    assert replace(change, first_after=bathroom, lost=("c" * 64,), pictures_before=9).what == What.OPENS_BADLY


def test_of_a_release_is_all_that_changed_while_it_was_in_force_and_what_came_back_does_not_count(stores):
    run(stores, a_run(1), {"h": "abc", "i": "a"}, release_id="r1")
    run(stores, a_run(2), {"h": "ab"}, release_id="r2")
    run(stores, a_run(3), {"h": "abcd"}, release_id="r2")
    (change,) = changes_of(stores, "r2").hotels
    assert (change.gained, change.lost, change.pictures_before, change.pictures_after) == (("d" * 64,), (), 3, 4)
    assert change.seqs == (2, 3)


def test_a_run_is_named_by_the_beginning_of_its_time_if_no_other_begins_so(changed):
    assert changes_of(changed, "2026-11-29T0802").name == a_run(2).name
    with pytest.raises(UnknownNameError):
        changes_of(changed, "2026-11-29T080")


def test_a_request_is_named_by_its_id(stores):
    cause = Cause("request", "20261129T080000-3fa9c1", STARTED)
    run(stores, cause, {"h": "a"})
    assert changes_of(stores, cause.name).kind == "request"


def test_a_request_of_a_suite_is_told_by_its_done_hotels(stores):
    """Functions write records and no lists."""
    store_request(stores.state, Request(request_id="q", hotel_ids=("h", "i")), 2)
    publish_hotel(stores, Cause("request", "other", STARTED), "h", "a")
    publish_hotel(stores, Cause("request", "q", STARTED), "h", "ab")
    mark_done(stores.state, "q", "h")
    mark_done(stores.state, "q", "i")
    drop_lists(stores)
    found = changes_of(stores, "q")
    assert [(change.hotel_id, change.seqs) for change in found.hotels] == [("h", (2,))]


def test_a_release_of_a_suite_is_told_by_the_records_alone(stores):
    publish_hotel(stores, a_run(), "h", "a")
    drop_lists(stores)
    found = changes_of(stores, "r1", with_records=True)
    assert [change.hotel_id for change in found.hotels] == ["h"]


def test_beside_a_suite_the_release_in_force_is_told_where_nothing_is_named(stores):
    run(stores, a_run(), {"h": "a"})
    drop_lists(stores)
    stores.inbox.put("releases/r1.csv", b"hotel_id,name,country,city,latitude,longitude,accommodations\nh,H,,,,,p:1\n")
    apply_release(stores.inbox, stores.state, "releases/r1.csv", Settings(), STARTED)
    found = changes_of(stores, with_records=True)
    assert (found.kind, found.name, [change.hotel_id for change in found.hotels]) == ("release", "r1", ["h"])


def drop_lists(stores):
    for listed in list(stores.state.list("changed/")):
        stores.state.delete(listed.key)


def test_an_unknown_name_lists_the_latest_ones(changed):
    with pytest.raises(UnknownNameError) as raised:
        changes_of(changed, "nope")
    assert raised.value.latest == [a_run(2).name, a_run(1).name]


@pytest.mark.parametrize("name", ["", "a" * 300, "../../x", "nul\0", "\ud800", "%"])
def test_a_name_that_nothing_can_have_is_unknown(changed, name):
    with pytest.raises(UnknownNameError):
        changes_of(changed, name)


def test_a_run_that_changed_nothing_is_no_unknown_one(stores):
    stores.state.put(run_key(STARTED), b"{}")
    assert changes_of(stores, a_run().name).totals.hotels == 0


def test_a_record_that_is_lost_is_counted(changed):
    changed.state.delete(change_key("all", 2))
    changed.state.put(change_key("most", 2), b"{")
    found = changes_of(changed)
    assert (found.totals.hotels, found.totals.unrecorded) == (4, 2)


def test_lists_and_their_records_are_kept_for_90_days(changed):
    """The first run goes a minute before the second one."""
    prune(changed, a_run(1).started + timedelta(days=90))
    assert changed.state.head(change_key("bad", 1))
    prune(changed, a_run(2).started + timedelta(days=90))
    assert [listed.key for listed in changed.state.list("changed/")] == [a_run(2).key]
    assert [changed.state.head(change_key("all", seq)) is None for seq in (1, 2)] == [True, False]
    assert changes_of(changed).totals.hotels == 6
