"""A catalogue that is split gives what it gives at once, whatever happens to its invocations and messages."""

import gzip
import json
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from image_release.ingest import Held, Ignored, InputDamagedError
from image_release.ingest.catalogues import CatalogueApplied, apply_catalogue
from image_release.ingest.catalogues.claims import claim
from image_release.serverless.detect_changes import detect_changes
from image_release.serverless.fan_out import fan_out
from image_release.serverless.shares import resume_split
from image_release.serverless.split_catalogues import GoingOn
from image_release.settings import Settings
from image_release.state import accept, held
from image_release.store_keys import accept_catalogue_key, held_catalogue_key
from tests.unit.serverless.conftest import World
from tests.unit.serverless.killing import kills
from tests.unit.serverless.split_world import ALWAYS, drained, handle, objects, shuffled, split, splitting, whole

BRAKED = Settings.model_validate({"brakes": {"harmless": 1}})
NAMES = ["a", "b", "c", "d", "e", "f", "c/d", "é", 'q"', "ü b", "$"]
IMAGES = st.lists(
    st.fixed_dictionaries(
        {"url": st.sampled_from("uvwxyz")},
        optional={"version": st.sampled_from("12"), "caption": st.sampled_from(["é", "_id", '"accommodation_id"'])},
    ),
    max_size=4,
)
GOOD = st.builds(
    lambda name, images, ascii_only: json.dumps({"accommodation_id": name, "images": images}, ensure_ascii=ascii_only),
    st.sampled_from(NAMES),
    IMAGES,
    st.booleans(),
)
BAD = st.sampled_from(
    [
        '{"accommodation_id": "a"}',
        '{"accommodation_id": "b", "images": [{"url": 1}]}',
        '{"accommodation_id": "c", "images": [], "accommodation_id": "d"}',
        '{"accommodation_id": "a", "images": [], "accommodation\\u005fid": "b"}',
        '{"accommodation\\u005fid": "e", "images": [{"url": "u"}]}',
        '{"images": [{"url": "u"}], "accommodation_id": "f"}',
        '{"accommodation_id": "a", "ima',
        '{"accommodation_id": "", "images": []}',
        "[]",
        "",
        " ",
    ]
)
LINES = st.lists(st.one_of(GOOD, GOOD, GOOD, BAD), max_size=9)


def put(world, version, lines, end="\n", suffix=""):
    key = f"catalogues/atlas/{version}.jsonl{suffix}"
    data = end.join(lines).encode()
    world.suite.inbox.put(key, gzip.compress(data, mtime=0) if suffix else data)
    return key


def hotels(world):
    return Counter(body["hotel_id"] for body in world.take(world.suite.urgent))


def at_work(**settings_of):
    """A suite with a release: each hotel has one accommodation."""
    world = World()
    world.suite = replace(world.suite, **settings_of)
    fan_out(world.release("r1", {f"h{number}": [name] for number, name in enumerate("abcdef")}), world.suite)
    world.take(world.suite.shards)
    return world


def applied_in_part(world, key):
    """Apply a catalogue at once, and be killed before it is in force."""
    killed = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    with pytest.raises(KeyboardInterrupt):
        apply_catalogue(world.suite.inbox, world.suite.state, key, world.suite.settings, announce=killed)


class TestASplitCatalogue:
    @settings(max_examples=150, suppress_health_check=[HealthCheck.too_slow])
    @given(LINES, LINES, LINES, st.sampled_from(["\n", "\r\n", "\r"]), st.sampled_from(["", ".gz"]), st.integers(0, 99))
    @example([], ['{"accommodation_id": "a", "images": [{"url": "u"}]}'], [], "\n", "", 0)
    def test_gives_what_it_gives_at_once(self, first, between, last, end, suffix, seed):
        """Every object of the state, the hotels that are nudged, and what is told. One was applied in part before."""
        both = at_work(settings=BRAKED), at_work(settings=BRAKED)
        results = []
        for world, apply in zip(both, (whole, lambda world, key: split(world, key, shuffled(seed))), strict=True):
            whole(world, put(world, "1", first))
            bold = replace(world.suite, settings=Settings.model_validate({"brakes": {"max_deleted_share": 1}}))
            if between:
                given_world = replace_suite(world, bold)
                applied_in_part_or_ignored(given_world, put(world, "2", between))
            hotels(world)
            results.append((apply(world, put(world, "3", last, end, suffix)), set(hotels(world)), objects(world)))
        assert results[1] == results[0]

    def test_leaves_nothing_of_its_work(self):
        world = at_work()
        assert isinstance(split(world, world.catalogue("1", {name: ["u"] for name in "abcdef"})), CatalogueApplied)
        assert [listed.key for listed in world.suite.state.list("split/")] == []

    def test_nudges_every_hotel_concerned_once(self):
        world = at_work()
        split(world, world.catalogue("1", {name: ["u"] for name in "abcdef"}))
        assert hotels(world) == Counter(f"h{number}" for number in range(6))
        split(world, world.catalogue("2", {"b": ["u", "v"], **{name: ["u"] for name in "acdef"}}))
        assert hotels(world) == Counter(["h1"])

    def test_is_held_and_goes_through_once_it_is_accepted(self):
        world = at_work(settings=BRAKED)
        whole(world, world.catalogue("1", {name: ["u"] for name in "abcdef"}))
        key = world.catalogue("2", {"a": ["u"]})
        assert isinstance(split(world, key), Held)
        assert [listed.key for listed in world.suite.state.list("split/")] == []
        record = held(world.suite.state, held_catalogue_key("atlas"))
        accept(world.suite.inbox, accept_catalogue_key("atlas", "2"), record)
        assert isinstance(split(world, accept_catalogue_key("atlas", "2")), CatalogueApplied)
        assert held(world.suite.state, held_catalogue_key("atlas")) is None

    def test_of_a_cut_gz_is_refused_before_anything_is_written(self):
        world = at_work()
        before = objects(world)
        key = put(world, "1", [json.dumps({"accommodation_id": str(n), "images": []}) for n in range(99)], suffix=".gz")
        world.suite.inbox.put(key, world.suite.inbox.get(key).data[:-20])
        with pytest.raises(InputDamagedError):
            detect_changes(key, splitting(world.suite))
        assert objects(world) == before

    def test_is_not_split_below_the_limit(self):
        world = at_work()
        assert isinstance(detect_changes(world.catalogue("1", {"a": ["u"]}), world.suite).result, CatalogueApplied)

    def test_that_is_small_is_split_where_many_accommodations_would_go(self):
        """Each tombstone is a write too."""
        world = at_work()
        whole(world, world.catalogue("1", {name: ["u"] for name in "abcdef"}))
        suite = replace(world.suite, split_sizes=replace(ALWAYS, most_lines=5))
        assert isinstance(detect_changes(world.catalogue("2", {"a": ["u"]}), suite).result, GoingOn)


def replace_suite(world, suite):
    """The same world with another suite."""
    other = World.__new__(World)
    other.__dict__.update(world.__dict__)
    other.suite = suite
    return other


def applied_in_part_or_ignored(world, key):
    """Apply a catalogue and be killed before it is in force, unless it changes nothing."""
    killed = lambda _: (_ for _ in ()).throw(KeyboardInterrupt)
    try:
        apply_catalogue(world.suite.inbox, world.suite.state, key, world.suite.settings, announce=killed)
    except KeyboardInterrupt:
        return


class TestAKilledInvocation:
    def applied(self):
        world = at_work()
        whole(world, world.catalogue("1", {name: ["u"] for name in "abcd"}))
        hotels(world)
        return world, world.catalogue("2", {"a": ["u"], "b": ["v"], "e": ["w"], "f": ["x"]})

    def expected(self):
        world, key = self.applied()
        whole(world, key)
        return objects(world), set(hotels(world))

    @pytest.mark.parametrize("after", [False, True])
    def test_that_splits_comes_back_and_gives_the_same(self, after):
        expected, nudged = self.expected()
        world, key = self.applied()
        for _ in kills(world.suite, lambda suite: detect_changes(key, splitting(suite)), after=after):
            pass
        drained(world)
        world.wait(days=2)
        resume_split(world.suite)
        assert (objects(world), set(hotels(world))) == (expected, nudged)

    @pytest.mark.parametrize("after", [False, True])
    def test_at_any_message_comes_back_and_gives_the_same(self, after):
        """Every request of the invocation for the n-th message is killed, before its effect and after it."""
        expected, nudged = self.expected()
        number, messages = 0, 1
        while number < messages:
            world, key = self.applied()
            detect_changes(key, splitting(world.suite))
            messages = len(self.killed_at(world, number, after))
            assert (objects(world), set(hotels(world))) == (expected, nudged)
            number += 1
        assert number >= 6

    def killed_at(self, world, number, after):
        """Work on all messages; the invocations for one of them are killed. Returns the messages."""
        bodies = []
        while waiting := [(q, name) for q in (world.suite.shards, world.suite.catalogues) for name in q.visible()]:
            queue, name = waiting[0]
            bodies.append(queue.receive(name).body)
            if len(bodies) - 1 == number:
                for _ in kills(world.suite, lambda suite: handle(suite, bodies[-1]), after=after):
                    pass
            handle(world.suite, bodies[-1])
            queue.delete(name)
        return bodies

    def test_repeats_no_share_that_was_confirmed(self):
        """A planner that comes back sends only the shares that have no mark."""
        world, key = self.applied()
        first = detect_changes(key, splitting(world.suite)).result
        body = world.suite.shards.receive(world.suite.shards.visible()[0]).body
        handle(world.suite, body)
        assert detect_changes(key, splitting(world.suite)).result.shares == first.shares - 1


class TestANewerCatalogue:
    def test_that_claims_stops_the_shares_of_an_older_one_and_its_work_goes(self):
        world = at_work()
        detect_changes(world.catalogue("1", {name: ["u"] for name in "abcdef"}), splitting(world.suite))
        while not list(world.suite.state.list("catalogues/atlas/touched/")):
            queue = next(queue for queue in (world.suite.shards, world.suite.catalogues) if queue.visible())
            received = queue.receive()
            handle(world.suite, received.body)
            queue.delete(received.receipt)
        claim(world.suite.state, "atlas", "2")
        result = drained(world)
        assert (type(result), result.is_warning) == (Ignored, True)
        assert [key for key in objects(world) if key.startswith(("accommodations/", "split/"))] == []


class TestAReplacedFile:
    def test_is_split_again_before_the_earlier_content_is_in_force(self):
        """Its own message may come later, or be lost."""
        world = at_work()
        detect_changes(world.catalogue("1", {name: ["u"] for name in "abcdef"}), splitting(world.suite))
        world.wait(seconds=1)
        world.catalogue("1", {name: ["v"] for name in "abcd"})
        assert isinstance(drained(world), CatalogueApplied)
        found = objects(world)
        assert b'"url": "v"' in found["accommodations/atlas/a/images.json"]
        assert "accommodations/atlas/f/images.json" not in found


class TestALateMessage:
    def test_of_finished_work_does_nothing(self):
        world = at_work()
        bodies = []
        detect_changes(world.catalogue("1", {name: ["u"] for name in "abcdef"}), splitting(world.suite))
        while waiting := [(q, name) for q in (world.suite.shards, world.suite.catalogues) for name in q.visible()]:
            queue, name = waiting[0]
            bodies.append(queue.receive(name).body)
            handle(world.suite, bodies[-1])
            queue.delete(name)
        before = objects(world)
        hotels(world)
        for body in bodies:
            handle(world.suite, body)
        assert (objects(world), hotels(world)) == (before, Counter())

    def test_of_the_upload_finds_the_catalogue_in_force(self):
        world = at_work()
        key = world.catalogue("1", {name: ["u"] for name in "abcdef"})
        split(world, key)
        before = objects(world)
        result = split(world, key)
        assert (type(result), result.is_warning, objects(world)) == (Ignored, False, before)
