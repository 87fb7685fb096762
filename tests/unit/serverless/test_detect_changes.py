"""`detect_changes`: each hotel concerned is nudged once, even after a kill, and the newest catalogue is in force."""

from dataclasses import replace

import pytest

from image_release.ingest import Held, Ignored, read_listing
from image_release.ingest.catalogues import CatalogueApplied, apply_catalogue
from image_release.queueing import QueueError
from image_release.serverless.detect_changes import detect_changes
from image_release.serverless.fan_out import fan_out
from image_release.settings import Settings
from image_release.values import Accommodation


@pytest.fixture
def braked(world):
    """A suite whose brake holds a catalogue that deletes more than 30 %."""
    world.suite = replace(world.suite, settings=Settings.model_validate({"brakes": {"harmless": 0}}))
    return world


def nudged(world):
    return sorted(body["hotel_id"] for body in world.take(world.suite.urgent))


def urls(world, name):
    return [image.url for image in read_listing(world.suite.state, Accommodation("atlas", name)).images]


class TestACatalogue:
    def test_nudges_each_hotel_concerned_once(self, world):
        fan_out(world.release("r1", {"h1": ["a", "b"], "h2": ["c"]}), world.suite)
        assert detect_changes(world.catalogue("1", {"a": ["u1"], "b": ["u2"]}), world.suite).nudged == 1
        assert nudged(world) == ["h1"]
        detect_changes(world.catalogue("2", {"a": ["u1"], "b": ["u2"], "c": ["u3"]}), world.suite)
        assert nudged(world) == ["h2"]

    def test_that_changes_nothing_nudges_no_hotel(self, world):
        fan_out(world.release("r1", {"h1": ["a"]}), world.suite)
        detect_changes(world.catalogue("1", {"a": ["u1"]}), world.suite)
        nudged(world)
        assert detect_changes(world.catalogue("2", {"a": ["u1"]}), world.suite).nudged == 0
        assert isinstance(detect_changes("catalogues/atlas/2.jsonl", world.suite).result, Ignored)

    def test_of_accommodations_without_a_hotel_is_applied_too(self, world):
        assert detect_changes(world.catalogue("1", {"a": ["u1"]}), world.suite).nudged == 0
        assert urls(world, "a") == ["u1"]

    def test_whose_nudges_could_not_be_sent_sends_them_when_it_is_retried(self, world, monkeypatch):
        """A catalogue is in force only after its hotels were nudged."""
        fan_out(world.release("r1", {"h1": ["a"]}), world.suite)
        key = world.catalogue("1", {"a": ["u1"]})
        with monkeypatch.context() as patch:
            patch.setattr(world.suite.urgent, "send", lambda messages: (_ for _ in ()).throw(QueueError))
            with pytest.raises(QueueError):
                detect_changes(key, world.suite)
        assert detect_changes(key, world.suite).nudged == 1

    def test_that_is_accepted_is_found_by_its_version(self, braked):
        """An accept names the version without the suffix of the file. Nobody who uploads it has to know a digest."""
        detect_changes(braked.catalogue("1", {"a": ["u1"], "b": ["u2"]}), braked.suite)
        assert isinstance(detect_changes(braked.catalogue("2", {"a": ["u1"]}), braked.suite).result, Held)
        braked.suite.inbox.put("accepts/catalogues/atlas/2", b"")
        assert isinstance(detect_changes("accepts/catalogues/atlas/2", braked.suite).result, CatalogueApplied)
        assert urls(braked, "b") == []

    @pytest.mark.parametrize(
        "key", ["accepts/catalogues/atlas/1", "accepts/catalogues/atlas/9", "accepts/catalogues/x"]
    )
    def test_that_is_not_held_is_not_applied_by_an_accept(self, world, key):
        """It is ignored with a warning, and the message does not come back."""
        world.catalogue("1", {"a": ["u1"]})
        world.suite.inbox.put(key, b"")
        result = detect_changes(key, world.suite).result
        assert (type(result), result.is_warning) == (Ignored, True)

    def test_is_not_applied_by_an_accept_for_images_that_are_gone(self, world):
        """Such an accept is ignored here: hotels find it when they are processed again."""
        assert isinstance(detect_changes("accepts/catalogues/atlas/gone-2026-11-25", world.suite).result, Ignored)


class TestTwoCatalogues:
    """Two catalogues of one partner applied at the same time, or one applied in part."""

    def test_leave_the_newer_one_in_force_when_the_older_one_ends_last(self, world):
        """The older one deletes `b`. The newer one has the same `b` as the first, and must still write it."""
        suite = world.suite
        detect_changes(world.catalogue("1", {"a": ["u1"], "b": ["u2"]}), suite)
        older, newer = world.catalogue("2", {"a": ["u9"]}), world.catalogue("3", {"a": ["u1"], "b": ["u2"]})
        apply_catalogue(
            suite.inbox, suite.state, older, suite.settings, announce=lambda _: detect_changes(newer, suite)
        )
        assert (urls(world, "a"), urls(world, "b")) == (["u1"], ["u2"])
        assert isinstance(detect_changes(older, suite).result, Ignored)

    def test_leave_the_newer_one_in_force_when_the_older_one_was_killed_half_way(self, world):
        suite = world.suite
        detect_changes(world.catalogue("1", {"a": ["u1"], "b": ["u2"]}), suite)
        killed = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
        with pytest.raises(KeyboardInterrupt):
            apply_catalogue(
                suite.inbox, suite.state, world.catalogue("2", {"c": ["u3"]}), suite.settings, announce=killed
            )
        assert urls(world, "b") == []
        detect_changes(world.catalogue("3", {"a": ["u1"], "b": ["u2"]}), suite)
        assert (urls(world, "a"), urls(world, "b"), urls(world, "c")) == (["u1"], ["u2"], [])

    def test_are_not_held_because_of_images_that_only_the_older_one_had(self, world):
        """The brake compares with the catalogue in force, not with one that was applied in part."""
        suite = world.suite
        detect_changes(world.catalogue("1", {"a": ["u1"]}), suite)
        killed = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
        older = world.catalogue("2", {"a": ["u1", "u2", "u3", "u4"]})
        with pytest.raises(KeyboardInterrupt):
            apply_catalogue(suite.inbox, suite.state, older, suite.settings, announce=killed)
        detect_changes(world.catalogue("3", {"a": ["u1"]}), suite)
        assert urls(world, "a") == ["u1"]
        assert [item.key for item in suite.state.list("catalogues/atlas/touched/")] == []


class TestTheNumberOfHotelsNudged:
    def test_is_that_of_the_hotels_concerned(self, world):
        fan_out(world.release("r1", {"h1": ["a"], "h2": ["b"], "h3": ["c"]}), world.suite)
        assert detect_changes(world.catalogue("1", {"a": ["u1"], "b": ["u2"]}), world.suite).nudged == 2

    def test_is_zero_where_nothing_was_applied(self, world):
        """An older catalogue is ignored."""
        fan_out(world.release("r1", {"h1": ["a"]}), world.suite)
        detect_changes(world.catalogue("2", {"a": ["u1"]}), world.suite)
        found = detect_changes(world.catalogue("1", {"a": ["u2"]}), world.suite)
        assert isinstance(found.result, Ignored)
        assert found.nudged == 0
