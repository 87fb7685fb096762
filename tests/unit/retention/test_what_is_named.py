"""Whatever happens, retention deletes no original that a hotel, a catalogue or a decision names."""

import json
from contextlib import suppress

from hypothesis import given, settings
from hypothesis import strategies as st

from image_release.ingest import read_current
from image_release.ingest.releases.current import complete_release
from image_release.store_keys import overrides_key
from image_release.values import Accommodation
from tests.unit.feed.publishing import Killed, mortal
from tests.unit.retention.test_retention import World, few_at_once  # noqa: F401 - a fixture

ACCOMMODATIONS = [Accommodation("p", name) for name in "abc"]
WHICH = st.sampled_from(range(3))
EVENTS = st.one_of(
    st.tuples(st.just("leaves"), WHICH),
    st.tuples(st.just("comes"), WHICH),
    st.tuples(st.just("release"), st.sets(WHICH, max_size=3)),
    st.tuples(st.just("complete"), st.none()),
    st.tuples(st.just("decide"), WHICH),
    st.tuples(st.just("wait"), st.integers(1, 9)),
    st.tuples(st.just("retain"), st.tuples(st.integers(0, 6), st.integers(1, 9))),
    st.tuples(st.just("weeks"), st.integers(1, 3)),
)


def digest_of(number):
    return f"{number}a" * 32


class Named(World):
    """A world that knows of each original who names it, by what was put and not by what the code reads."""

    def __init__(self):
        super().__init__()
        self.listed, self.decided = {0, 1, 2}, set()
        self.rows = [{0, 1, 2}]
        self.number = 1
        self.release("r001", h1="p:a;p:b;p:c")
        for number, accommodation in enumerate(ACCOMMODATIONS):
            self.listing(accommodation)
            self.original(accommodation, digest_of(number))

    def happens(self, what, value):
        if what in ("leaves", "comes"):
            self.number += 1
            (self.listed.discard if what == "leaves" else self.listed.add)(value)
            version = f"1.{self.number:03}"  # versions are compared as text: the tenth must not sort before the second
            self.listing(ACCOMMODATIONS[value], version, deleted=what == "leaves")
            if what == "comes":
                self.original(ACCOMMODATIONS[value], digest_of(value))
        elif what == "release":
            self.number += 1
            self.rows.append(set(value))
            pairs = ";".join(f"p:{'abc'[number]}" for number in sorted(value))
            self.release(f"r{self.number:03}", complete=False, h1=pairs, h2="p:z")
        elif what == "complete":
            complete_release(self.stores.state, read_current(self.stores.state))
            self.rows = self.rows[-1:]
        elif what == "decide":
            self.decided.add(value)
            line = {"action": "hide", "images": [digest_of(value)], "by": "x", "at": "2026-01-01T00:00:00Z", "why": ""}
            self.stores.inbox.put(overrides_key(f"h{value}"), json.dumps(line).encode())
        elif what == "wait":
            self.days_later(value)
        elif what == "weeks":
            self.weeks(value)
        else:
            writes, steps = value
            with suppress(Killed):
                self.retain(mortal(self.stores, writes), steps=steps)

    def named(self):
        return self.listed | self.decided | set().union(*self.rows)


@settings(max_examples=250, deadline=None)
@given(st.lists(EVENTS, max_size=40))
def test_stays_whatever_happens(events):
    """Catalogues, releases, decisions, waits and retention that may be killed, in any order."""
    world = Named()
    there = {0, 1, 2}
    for event in events:
        named = world.named()
        world.happens(*event)
        now = {
            number
            for number, accommodation in enumerate(ACCOMMODATIONS)
            if world.has_original(accommodation, digest_of(number))
        }
        assert not (there - now) & named, event
        there = now
    if not world.named():
        world.weeks(4)
        assert not any(world.has_original(one, digest_of(number)) for number, one in enumerate(ACCOMMODATIONS))
