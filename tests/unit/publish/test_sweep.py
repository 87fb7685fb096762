"""The sweep, day by day: what it deletes before the grace period, at its end and after it."""

from datetime import datetime, timedelta

import pytest

from image_release.publish import Pending, pending_sweeps, sweep_renditions
from image_release.storage import MemoryStore
from tests.unit.publish.manifests import NOW, key, manifest

GRACE = timedelta(days=7)
MOMENT = timedelta(microseconds=1)


def sweep_of(*keys: str, at: datetime, kind: str = "sweep") -> Pending:
    return Pending(kind=kind, not_before=at, keys=keys)


@pytest.fixture
def published():
    """A store in which everything was written at NOW."""
    return MemoryStore(clock=lambda: NOW)


class TestSweep:
    @pytest.mark.parametrize(
        ("age", "is_deleted"),
        [
            (timedelta(0), False),
            (timedelta(days=1), False),
            (GRACE - MOMENT, False),
            (GRACE, True),
            (GRACE + MOMENT, True),
        ],
    )
    def test_deletes_what_a_failed_writer_left_when_it_is_as_old_as_the_grace_period(self, published, age, is_deleted):
        published.put(key("a"), b"left over")
        swept = sweep_renditions(published, manifest(), NOW + age, GRACE)
        assert swept == ((key("a"),) if is_deleted else ())
        assert (published.get(key("a")) is None) == is_deleted

    @pytest.mark.parametrize(
        ("wait", "is_deleted"), [(timedelta(days=1), False), (GRACE - MOMENT, False), (GRACE, True)]
    )
    def test_deletes_what_a_manifest_stopped_naming_when_that_is_due(self, published, wait, is_deleted):
        """The file itself is old: only the entry in `pending` counts."""
        published.put(key("a"), b"old")
        stopped = NOW + timedelta(days=100)
        current = manifest(seq=2, pending=(sweep_of(key("a"), at=stopped + GRACE),))
        swept = sweep_renditions(published, current, stopped + wait, GRACE)
        assert swept == ((key("a"),) if is_deleted else ())

    def test_deletes_what_is_due_however_young_the_file_is(self, published):
        published.put(key("a"), b"young")
        assert sweep_renditions(published, manifest(pending=(sweep_of(key("a"), at=NOW),)), NOW, GRACE) == (key("a"),)

    def test_follows_only_entries_about_sweeps(self, published):
        """An entry of another kind neither protects a file nor makes it due."""
        for letter in "ab":
            published.put(key(letter), b"left over")
        protecting = manifest(pending=(sweep_of(key("a"), at=NOW + 9 * GRACE, kind="tag"),))
        hastening = manifest(pending=(sweep_of(key("a"), at=NOW, kind="tag"),))
        assert sweep_renditions(published, hastening, NOW, GRACE) == ()
        assert sweep_renditions(published, protecting, NOW + GRACE, GRACE) == (key("a"), key("b"))

    def test_never_deletes_what_the_manifest_names(self, published):
        """A key that is named again is safe, even if an entry still says that it is due."""
        published.put(key("a"), b"named")
        current = manifest(key("a"), pending=(sweep_of(key("a"), at=NOW),))
        assert sweep_renditions(published, current, NOW + 9 * GRACE, GRACE) == ()

    def test_leaves_what_a_later_manifest_may_name(self, published):
        """A writer may be at work on manifest 3; files up to the current manifest's number may be deleted."""
        for seq in (1, 2, 3):
            published.put(key("a", seq), b"left over")
        swept = sweep_renditions(published, manifest(seq=2), NOW + 9 * GRACE, GRACE)
        assert swept == (key("a", 1), key("a", 2))

    def test_leaves_objects_that_are_no_renditions(self, published):
        published.put("hotels/h/renditions/readme", b"by hand")
        assert sweep_renditions(published, manifest(), NOW + 9 * GRACE, GRACE) == ()


class TestPendingSweeps:
    def test_list_the_keys_that_the_next_manifest_stops_naming(self):
        *stale, named = map(key, "abcdefghijklmnop")
        before = manifest(named, *reversed(stale))
        assert pending_sweeps(before, {named}, NOW, NOW + GRACE) == [sweep_of(*stale, at=NOW + GRACE)]

    def test_are_empty_if_every_key_is_still_named(self):
        assert pending_sweeps(manifest(key("a")), {key("a"), key("b")}, NOW, NOW + GRACE) == []

    def test_are_empty_before_the_first_manifest(self):
        assert pending_sweeps(None, {key("a")}, NOW, NOW + GRACE) == []

    def test_carry_earlier_sweeps_until_they_are_due(self):
        """One that is due now was swept; one that is due a moment later was not."""
        due, later = sweep_of(key("a"), at=NOW), sweep_of(key("b"), at=NOW + MOMENT)
        before = manifest(key("c"), pending=(due, later, sweep_of(key("d"), at=NOW + GRACE, kind="tag")))
        assert pending_sweeps(before, {key("c")}, NOW, NOW + GRACE) == [later]

    def test_are_one_for_each_moment_with_their_keys_sorted(self):
        """The same content gives the same bytes, and nothing is named twice."""
        last, first, second = (sweep_of(key(n), at=NOW + d * GRACE) for n, d in (("a", 3), ("b", 1), ("d", 1)))
        before = manifest(key("c"), pending=(last, second, first))
        together = sweep_of(key("b"), key("c"), key("d"), at=NOW + GRACE)
        assert pending_sweeps(before, frozenset(), NOW, NOW + GRACE) == [together, last]

    def test_wait_for_a_key_that_was_dropped_twice_as_long_as_it_may_be_in_use(self):
        before = manifest(key("a"), pending=(sweep_of(key("a"), key("b"), at=NOW + MOMENT),))
        assert pending_sweeps(before, frozenset(), NOW, NOW + GRACE) == [
            sweep_of(key("b"), at=NOW + MOMENT),
            sweep_of(key("a"), at=NOW + GRACE),
        ]

    def test_do_not_name_a_key_that_is_published_again(self):
        before = manifest(pending=(sweep_of(key("a"), at=NOW + MOMENT),))
        assert pending_sweeps(before, {key("a")}, NOW, NOW + GRACE) == []

    def test_take_an_original_into_the_sweep_of_its_moment(self):
        before = manifest(key("a"))
        assert pending_sweeps(before, frozenset(), NOW, NOW + GRACE, NOW + GRACE) == [
            sweep_of(key("a"), at=NOW + GRACE)
        ]
        assert pending_sweeps(before, frozenset(), NOW, NOW + GRACE, NOW + MOMENT) == [
            sweep_of(at=NOW + MOMENT),
            sweep_of(key("a"), at=NOW + GRACE),
        ]
