"""`detect_changes`: one nudge a hotel concerned, none lost to a kill, whatever versions are on their way at once."""

import pytest

from image_release.ingest import Ignored, MissingInputError, apply_catalogue, read_listing
from image_release.queueing import QueueError
from image_release.serverless.detect_changes import detect_changes
from image_release.serverless.fan_out import fan_out
from image_release.values import Accommodation


def nudged(hand):
    return sorted(body["hotel_id"] for body in hand.take(hand.suite.urgent))


def urls(hand, name):
    return [image.url for image in read_listing(hand.suite.state, Accommodation("atlas", name)).images]


class TestACatalogue:
    def test_nudges_each_hotel_concerned_once(self, hand):
        fan_out(hand.release("r1", {"h1": ["a", "b"], "h2": ["c"]}), hand.suite)
        assert detect_changes(hand.catalogue("1", {"a": ["u1"], "b": ["u2"]}), hand.suite).nudged == 1
        assert nudged(hand) == ["h1"]
        detect_changes(hand.catalogue("2", {"a": ["u1"], "b": ["u2"], "c": ["u3"]}), hand.suite)
        assert nudged(hand) == ["h2"]

    def test_that_changes_nothing_nudges_nobody(self, hand):
        fan_out(hand.release("r1", {"h1": ["a"]}), hand.suite)
        detect_changes(hand.catalogue("1", {"a": ["u1"]}), hand.suite)
        nudged(hand)
        assert detect_changes(hand.catalogue("2", {"a": ["u1"]}), hand.suite).nudged == 0
        assert isinstance(detect_changes("catalogues/atlas/2.jsonl", hand.suite).result, Ignored)

    def test_of_no_hotel_is_applied_all_the_same(self, hand):
        assert detect_changes(hand.catalogue("1", {"a": ["u1"]}), hand.suite).nudged == 0
        assert urls(hand, "a") == ["u1"]

    def test_whose_nudges_were_not_sent_comes_again_and_sends_them(self, hand, monkeypatch):
        """The catalogue is in force only after its hotels were nudged."""
        fan_out(hand.release("r1", {"h1": ["a"]}), hand.suite)
        key = hand.catalogue("1", {"a": ["u1"]})
        with monkeypatch.context() as patch:
            patch.setattr(hand.suite.urgent, "send", lambda messages: (_ for _ in ()).throw(QueueError))
            with pytest.raises(QueueError):
                detect_changes(key, hand.suite)
        assert detect_changes(key, hand.suite).nudged == 1

    def test_that_is_accepted_by_name_is_found_with_its_suffix(self, hand):
        hand.catalogue("1", {"a": ["u1"]})
        detect_changes("accepts/catalogues/atlas/1", hand.suite)
        assert urls(hand, "a") == ["u1"]
        with pytest.raises(MissingInputError):
            detect_changes("accepts/catalogues/atlas/9", hand.suite)

    def test_is_not_what_lets_vanished_pictures_go(self, hand):
        """Their hotels look again by themselves."""
        assert isinstance(detect_changes("accepts/catalogues/atlas/gone-2026-11-25", hand.suite).result, Ignored)


class TestTwoCatalogues:
    """Of one partner, on their way at the same time, or one of them half."""

    def test_leave_the_newer_one_in_force_though_the_older_ends_last(self, hand):
        """The older one deletes `b`; the newer one has it as the first had it, and would not write it again."""
        suite = hand.suite
        detect_changes(hand.catalogue("1", {"a": ["u1"], "b": ["u2"]}), suite)
        older, newer = hand.catalogue("2", {"a": ["u9"]}), hand.catalogue("3", {"a": ["u1"], "b": ["u2"]})
        apply_catalogue(
            suite.inbox, suite.state, older, suite.settings, announce=lambda _: detect_changes(newer, suite)
        )
        assert (urls(hand, "a"), urls(hand, "b")) == (["u1"], ["u2"])
        assert isinstance(detect_changes(older, suite).result, Ignored)

    def test_leave_the_newer_one_in_force_though_the_older_was_killed_half_way(self, hand):
        suite = hand.suite
        detect_changes(hand.catalogue("1", {"a": ["u1"], "b": ["u2"]}), suite)
        killed = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            apply_catalogue(
                suite.inbox, suite.state, hand.catalogue("2", {"c": ["u3"]}), suite.settings, announce=killed
            )
        assert urls(hand, "b") == []
        detect_changes(hand.catalogue("3", {"a": ["u1"], "b": ["u2"]}), suite)
        assert (urls(hand, "a"), urls(hand, "b"), urls(hand, "c")) == (["u1"], ["u2"], [])

    def test_are_not_held_for_what_only_the_older_one_had(self, hand):
        """The brake compares with the catalogue in force, and not with what another left half applied."""
        suite = hand.suite
        detect_changes(hand.catalogue("1", {"a": ["u1"]}), suite)
        killed = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
        older = hand.catalogue("2", {"a": ["u1", "u2", "u3", "u4"]})
        with pytest.raises(KeyboardInterrupt):
            apply_catalogue(suite.inbox, suite.state, older, suite.settings, announce=killed)
        detect_changes(hand.catalogue("3", {"a": ["u1"]}), suite)
        assert urls(hand, "a") == ["u1"]
        assert [item.key for item in suite.state.list("catalogues/atlas/touched/")] == []
