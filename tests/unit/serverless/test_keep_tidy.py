"""What `tick` deletes when weeks went by, and that its role allows it."""

import json
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import yaml

from image_release.feed import Cause, Collecting
from image_release.ingest import Request, complete_release, mark_done, read_current, store_request, write_listing
from image_release.publish import change_of, put_change
from image_release.serverless.fan_out import fan_out
from image_release.serverless.keep_tidy import keep_tidy
from image_release.storage import Stores
from image_release.store_keys import catalogue_digests_key, catalogue_state_key, original_key, overrides_key
from image_release.values import Accommodation, Listing, Nudge
from tests.unit.publish.manifests import manifest

PERMISSIONS = Path(__file__).parents[3] / "deployment" / "permissions.yml"
LEFT = Accommodation("atlas", "left")


class AskedStore:
    """Notes which keys are read and deleted."""

    def __init__(self, store, asked):
        self._store, self._asked = store, asked

    def __getattr__(self, name):
        found = getattr(self._store, name)
        verb = {"get": "read", "open": "read", "head": "read", "fetch_file": "read", "put": "write"}.get(name, name)
        if verb not in ("read", "write", "put_file", "delete"):
            return found

        def asked(key, *args, **kwargs):
            self._asked.add(("write" if verb == "put_file" else verb, key))
            return found(key, *args, **kwargs)

        return asked


@pytest.fixture
def old_world(world):
    """A suite in which something of each kind is old."""
    state = world.suite.state
    fan_out(world.release("r1", {"h1": ["a"]}), world.suite)
    write_listing(state, Listing(LEFT, "1", (), deleted=True))
    state.put(original_key(LEFT, "ab" * 32), b"bytes")
    world.suite.inbox.put(overrides_key("h1"), json.dumps({"action": "hide", "images": ["cd" * 32]}).encode())
    for version in ("1", "2"):
        state.put(catalogue_digests_key("atlas", version), b"")
    state.put(catalogue_state_key("atlas"), json.dumps({"version": "2"}).encode())
    store_request(state, Request(request_id="r", all=True), 1)
    mark_done(state, "r", "h1")
    changed = manifest(seq=1).model_copy(update={"hotel_id": "h1"})
    put_change(state, change_of(None, changed, Nudge("h1", "release")))
    stores = Stores(world.suite.inbox, state, world.suite.published)
    with Collecting(stores, Cause.of("run", world.now)) as collecting:
        collecting.add("h1", [1])
    world.wait(days=1)
    fan_out(world.release("r2", {"h1": ["a"]}), world.suite)
    complete_release(state, read_current(state))
    return world


def test_all_that_is_old_goes_and_the_role_of_tick_allows_it(old_world):
    """Each prefix that it deletes below, and reads for that, is in the permissions, and none is there for nothing."""
    suite, asked = old_world.suite, {name: set() for name in ("inbox", "state", "published")}
    watched = replace(suite, **{name: AskedStore(getattr(suite, name), asked[name]) for name in asked})
    for _ in range(40):
        old_world.now += timedelta(days=3)
        keep_tidy(watched)
    left = {listed.key for listed in suite.state.list("")}
    assert not [key for key in left if key.startswith(("releases/r1/", "requests/", "changed/", "changes/"))]
    assert original_key(LEFT, "ab" * 32) not in left
    assert catalogue_digests_key("atlas", "1") not in left
    assert catalogue_digests_key("atlas", "2") in left
    allowed = yaml.safe_load(PERMISSIONS.read_bytes())["tick"]
    for store, calls in asked.items():
        for verb, key in calls:
            assert any(key.startswith(prefix) for prefix in allowed[store].get(verb, ())), (store, verb, key)
    deleted = {key.partition("/")[0] + "/" for verb, key in asked["state"] if verb == "delete"}
    by_other_jobs = {"due/", "split/", "feed/"}
    assert deleted == set(allowed["state"]["delete"]) - by_other_jobs
    assert "overrides/h1.jsonl" in {key for verb, key in asked["inbox"] if verb == "read"}
