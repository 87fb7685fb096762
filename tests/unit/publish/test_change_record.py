"""Records of changes: what they say, which of them count, and who takes the next number."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.publish import (
    ChangeRecord,
    ChangeUnreadableError,
    SeqTakenError,
    change_of,
    counted,
    last_recorded,
    put_change,
)
from image_release.publish.manifest import MergedImage, PublishedEvidence
from image_release.storage import MemoryStore
from image_release.store_keys import change_key
from image_release.values import Nudge
from tests.unit.publish.manifests import manifest, picture

NUDGE = Nudge("h", "request", "q1")
EVIDENCE = PublishedEvidence(method="registered", distance=0, overlap=1, score=9)


def shown(*groups: str, seq: int = 1, **others):
    """A manifest of pictures: each text is a group of images, a letter each, its best one first."""
    pictures = []
    for position, group in enumerate(groups, start=1):
        alone = picture(position=position, sha256=group[0] * 64)
        merged = tuple(
            MergedImage(**{**dict(alone.best), "sha256": name * 64}, evidence=EVIDENCE) for name in group[1:]
        )
        pictures.append(alone.model_copy(update={"merged": merged}))
    return manifest(seq=seq).model_copy(update={"pictures": tuple(pictures), **others})


def letters(shas):
    return "".join(sha256[0] for sha256 in shas)


class TestChange:
    def test_of_a_new_hotel_gains_all_pictures(self):
        change = change_of(None, shown("a", "b"), NUDGE)
        assert (letters(change.gained), change.lost, change.previous) == ("ab", (), None)
        assert (change.first_before, change.first_after.sha256) == (None, "a" * 64)

    def test_of_another_best_copy_gains_and_loses_nothing(self):
        change = change_of(shown("ab", "c"), shown("ba", "c", seq=2), NUDGE)
        assert (change.gained, change.lost, change.is_reordered, change.is_visible) == ((), (), False, False)
        assert change.other_best == {"a" * 64: "b" * 64}

    def test_of_a_divided_picture_keeps_the_part_with_its_best_image(self):
        change = change_of(shown("ab"), shown("b", "a", seq=2), NUDGE)
        assert (change.other_best, change.gained, change.lost, change.is_visible) == ({}, (), (), True)

    def test_names_what_came_went_and_opens(self):
        change = change_of(shown("a", "b", "c"), shown("c", "a", "d", seq=2), NUDGE)
        assert (letters(change.gained), letters(change.lost), change.is_reordered) == ("d", "b", True)
        assert (change.first_before.sha256[0], change.first_after.sha256[0]) == ("a", "c")

    def test_that_only_moves_what_stays_because_something_left_is_no_new_order(self):
        assert not change_of(shown("a", "b", "c"), shown("b", "c", seq=2), NUDGE).is_reordered

    def test_names_who_asked_for_it(self):
        change = change_of(None, shown("a"), NUDGE)
        assert (change.reason, change.request_id, change.release_id) == ("request", "q1", "r")

    def test_of_a_withdrawal_is_seen_although_nothing_was_shown(self):
        assert change_of(shown(), shown(seq=2, withdrawn=True), NUDGE).is_visible

    @given(st.lists(st.sampled_from("abcdef"), unique=True), st.lists(st.sampled_from("abcdef"), unique=True))
    def test_adds_up(self, before, after):
        change = change_of(shown(*before), shown(*after, seq=2), NUDGE)
        assert len(before) - len(change.lost) + len(change.gained) == len(after)
        assert change.is_visible is (before != after)

    def test_is_read_back_as_it_was_written(self):
        change = change_of(shown("a"), shown("b", seq=2), NUDGE)
        assert ChangeRecord.from_bytes(change.to_bytes()) == change

    @pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff"])
    def test_that_is_damaged_is_told(self, data):
        with pytest.raises(ChangeUnreadableError):
            ChangeRecord.from_bytes(data)


class TestRecord:
    def test_counts_if_the_present_manifest_names_it(self):
        change = change_of(None, shown("a"), NUDGE)
        assert counted([change], shown("a", change=change.digest)) == [change]

    def test_of_a_writer_that_never_published_does_not_count(self):
        published = change_of(None, shown("a"), NUDGE)
        unpublished = change_of(shown("a", change=published.digest), shown("b", seq=2), NUDGE)
        assert counted([published, unpublished], shown("a", change=published.digest)) == [published]

    def test_counts_if_a_later_one_names_it(self):
        first = change_of(None, shown("a"), NUDGE)
        second = change_of(shown("a", change=first.digest), shown("b", seq=2), NUDGE)
        assert counted([second, first], shown("b", seq=2, change=second.digest)) == [first, second]

    def test_counts_though_a_later_one_is_lost(self):
        first = change_of(None, shown("a"), NUDGE)
        third = change_of(shown("b", seq=2, change="e" * 64), shown("c", seq=3), NUDGE)
        assert counted([first, third], shown("c", seq=3, change=third.digest)) == [third]

    def test_under_a_number_that_is_taken_by_another_is_refused(self):
        state = MemoryStore()
        put_change(state, change_of(None, shown("a"), NUDGE))
        put_change(state, change_of(None, shown("a"), NUDGE))
        with pytest.raises(SeqTakenError, match="changes/h/1"):
            put_change(state, change_of(None, shown("b"), NUDGE))

    def test_with_the_highest_number_is_found(self):
        state = MemoryStore()
        for seq in (2, 10, 9):
            put_change(state, change_of(None, shown("a", seq=seq), NUDGE))
        state.put(change_key("h1", 99), b"another hotel's")
        assert (last_recorded(state, "h"), last_recorded(state, "none")) == (10, 0)
