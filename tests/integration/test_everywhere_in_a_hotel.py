"""Decisions for every hotel, as `process_hotel` follows them: the lines it writes, when, and what they undo."""

from __future__ import annotations

import base64
import json
import zlib

import pytest

from image_release.cache import read_fingerprints
from image_release.everywhere_keys import everywhere_key, everywhere_marks
from image_release.fingerprint import FINGERPRINT_VERSION, pack_fingerprints
from image_release.ingest import (
    EVERYWHERE,
    EverywhereDecision,
    EverywhereDecisions,
    Revocation,
    append_override,
    append_revoke,
    mark_of,
    put_everywhere,
    read_decisions,
    revoke_everywhere,
)
from image_release.storage import CountingStore, StoreCounter
from image_release.store_keys import overrides_key
from image_release.values import Accommodation, Override, sha256_hex
from tests.integration.world import World, jpeg, photo

BAD = photo(7)


@pytest.fixture
def world():
    made = World()
    yield made
    made.close()


def hand_in(world: World, version: str, **hotels: list[bytes]) -> None:
    """Hand in one catalogue and one release: each hotel has one accommodation with these images."""
    lists = {}
    for hotel_id, images in hotels.items():
        lists[hotel_id] = [world.serve(f"/{hotel_id}/{sha256_hex(data)[:8]}.jpg", data) for data in images]
    world.catalogue("atlas", version, lists)
    world.release(version, {hotel_id: [("atlas", hotel_id)] for hotel_id in hotels})


def decision_about(world: World, hotel_id: str, data: bytes, **said: str) -> EverywhereDecision:
    sha256 = sha256_hex(data)
    known = read_fingerprints(world.state, Accommodation("atlas", hotel_id))
    packed = pack_fingerprints({sha256: known[sha256]})
    document = {
        "image": sha256,
        "action": "hide",
        "by": "ana",
        "at": "2026-11-24T10:00:00+00:00",
        "why": "a logo",
        **said,
    }
    return EverywhereDecision.model_validate(
        {**document, "fingerprint": base64.b64encode(packed), "fingerprint_version": FINGERPRINT_VERSION}
    )


def shown(report) -> set[str]:
    return {picture.best.sha256 for picture in report.manifest.pictures}


def lines(world: World, hotel_id: str = "h2"):
    return read_decisions(world.inbox, hotel_id)[0]


@pytest.fixture
def decided(world):
    """Two hotels: `h1` shows the bad picture, which is decided about; `h2` does not have it yet."""
    hand_in(world, "1", h1=[jpeg(BAD), jpeg(photo(1))], h2=[jpeg(photo(2))])
    world.process("h1")
    world.process("h2")
    decision = decision_about(world, "h1", jpeg(BAD))
    put_everywhere(world.inbox, decision)
    return decision


SMALLER = jpeg(BAD.resize((600, 400)), 70)


def a_day_later(world: World, *more: bytes) -> None:
    hand_in(world, "2", h1=[jpeg(BAD), jpeg(photo(1))], h2=[jpeg(photo(2)), SMALLER, *more])


def test_an_image_that_comes_a_day_later_is_hidden_in_the_first_manifest_that_could_show_it(world, decided):
    a_day_later(world)
    report = world.process("h2")
    assert shown(report) == {sha256_hex(jpeg(photo(2)))}
    assert report.manifest.seq == 2
    [line] = lines(world)
    assert line.override.images == (sha256_hex(SMALLER),)
    assert mark_of(line.why) == decided.mark


def test_the_line_is_written_once(world, decided):
    a_day_later(world)
    world.process("h2")
    world.process("h2", EVERYWHERE)
    hand_in(world, "3", h1=[jpeg(BAD)], h2=[SMALLER, jpeg(BAD, 60)])
    report = world.process("h2")
    assert len(lines(world)) == 1
    assert shown(report) == set()


def test_a_hotel_that_has_the_image_already_gets_the_line_when_it_is_asked_to_follow(world, decided):
    assert world.process("h1").status == "unchanged"
    report = world.process("h1", EVERYWHERE)
    assert shown(report) == {sha256_hex(jpeg(photo(1)))}
    assert world.process("h1", EVERYWHERE).status == "unchanged"


def test_a_hotel_that_does_not_match_keeps_its_digest_and_its_manifest(world, decided):
    before = world.published.get("hotels/h2/manifest.json").data
    assert world.process("h2", EVERYWHERE).status == "unchanged"
    assert world.published.get("hotels/h2/manifest.json").data == before
    assert world.inbox.get(overrides_key("h2")) is None


def reads_of(world: World, hotel_id: str) -> int:
    counter = StoreCounter()
    world.process(hotel_id, inbox=CountingStore(world.inbox, counter))
    return counter.reads


def test_an_unchanged_hotel_reads_of_the_inbox_its_own_decisions_only(world, decided):
    assert reads_of(world, "h2") == 1


def test_a_hotel_whose_images_are_all_known_does_not_ask_for_decisions(world, decided):
    append_override(world.inbox, "h2", Override("pin", (sha256_hex(jpeg(photo(2))),), 1))
    assert reads_of(world, "h2") == 2  # its own decisions: when it begins, and when it ends


def test_a_person_who_revoked_the_line_in_a_hotel_is_not_overruled(world, decided):
    a_day_later(world)
    world.process("h2")
    append_revoke(world.inbox, "h2", lines(world)[0].digest, by="bo", at="", why="")
    hand_in(world, "3", h1=[jpeg(BAD)], h2=[jpeg(photo(2)), SMALLER, jpeg(BAD, 60)])
    report = world.process("h2")
    world.process("h2", EVERYWHERE)
    assert len(shown(report)) == 2
    assert len(lines(world)) == 2


def test_a_person_who_showed_the_picture_in_a_hotel_is_not_overruled_by_a_further_copy(world, decided):
    a_day_later(world)
    world.process("h2")
    append_override(world.inbox, "h2", Override("show", (sha256_hex(SMALLER),)))
    hand_in(world, "3", h1=[jpeg(BAD)], h2=[jpeg(photo(2)), SMALLER, jpeg(BAD, 60)])
    assert len(shown(world.process("h2"))) == 2


def test_revoking_the_decision_undoes_its_line_and_names_who_revoked(world, decided):
    a_day_later(world)
    world.process("h2")
    revoke_everywhere(world.inbox, decided.image, Revocation(by="cy", at="2026-11-25", why="it is a room"))
    report = world.process("h2", EVERYWHERE)
    assert len(shown(report)) == 2
    assert lines(world)[-1].by == "cy"
    assert lines(world)[0].is_revoked


def test_the_mark_of_a_hotel_is_put_before_its_line(world, decided):
    a_day_later(world)
    world.process("h2")
    assert [item.key for item in world.state.list(everywhere_marks(decided.image))] == [
        f"everywhere/{decided.image}/h2"
    ]


class InterruptedHereError(Exception):
    """The process ends here."""


class Meddling:
    """A store that calls a function once, before or after a put under a key."""

    def __init__(self, store, prefix: str, act, *, after: bool = False) -> None:
        self._store, self._prefix, self._act, self._after = store, prefix, act, after

    def __getattr__(self, name):
        return getattr(self._store, name)

    def put(self, key, data, **conditions):
        act = self._act if key.startswith(self._prefix) else None
        if act:
            self._act = None
        if act and not self._after:
            act()
        self._store.put(key, data, **conditions)
        if act and self._after:
            act()


def revoke(world: World, decided: EverywhereDecision):
    return lambda: revoke_everywhere(world.inbox, decided.image, Revocation(by="cy"))


def test_a_line_written_by_a_process_that_had_not_seen_the_revocation_is_undone_before_anything_is_published(
    world, decided
):
    a_day_later(world)
    meddling = Meddling(world.inbox, "overrides/", revoke(world, decided))
    report = world.process("h2", inbox=meddling)
    assert len(shown(report)) == 2
    assert report.manifest.seq == 2
    assert [line.is_revoked for line in lines(world)] == [True, False]


def test_a_decision_made_while_a_hotel_works_reaches_it(world):
    hand_in(world, "1", h1=[jpeg(BAD), jpeg(photo(1))], h2=[jpeg(photo(2))])
    world.process("h1")
    world.process("h2")
    a_day_later(world)
    decide = lambda: put_everywhere(world.inbox, decision_about(world, "h1", jpeg(BAD)))
    report = world.process("h2", published=Meddling(world.published, "hotels/h2/manifest.json", decide))
    assert shown(report) == {sha256_hex(jpeg(photo(2)))}


def test_a_process_killed_after_its_line_was_written_goes_on_without_a_second_one(world, decided):
    def die():
        raise InterruptedHereError

    a_day_later(world)
    with pytest.raises(InterruptedHereError):
        world.process("h2", published=Meddling(world.published, "hotels/h2/", die))
    report = world.process("h2")
    assert shown(report) == {sha256_hex(jpeg(photo(2)))}
    assert len(lines(world)) == 1


def test_of_two_writers_one_writes_the_line(world, decided):
    a_day_later(world)
    other = Meddling(world.inbox, "overrides/", lambda: world.process("h2"))
    world.process("h2", inbox=other)
    assert len(lines(world)) == 1


def test_an_accommodation_that_another_hotel_gets_is_compared_though_its_images_are_known(world, decided):
    world.release("3", {"h1": [("atlas", "h2")], "h2": [("atlas", "h1")]})
    assert shown(world.process("h2")) == {sha256_hex(jpeg(photo(1)))}


def hostile(decision: EverywhereDecision) -> dict[str, bytes]:
    document = json.loads(decision.model_dump_json())
    bomb = base64.b64encode(zlib.compress(b"\0" * 50_000_000)).decode()
    changed = lambda **said: json.dumps({**document, **said}).encode()
    return {
        "no JSON": b"{",
        "empty": b"",
        "a list": b"[]",
        "not UTF-8": b"\xff\xfe{}",
        "deep": b"[" * 100_000,
        "huge": b" " * 2_000_000 + changed(),
        "an unknown action": changed(action="explode"),
        "another image's": changed(image="0" * 64),
        "another version's fingerprint": changed(fingerprint_version="99"),
        "a fingerprint of nothing": changed(fingerprint="AAAA"),
        "a fingerprint that unpacks to too much": changed(fingerprint=bomb),
        "a fingerprint that is no text": changed(fingerprint=7),
    }


@pytest.mark.parametrize(
    "kind",
    [
        "no JSON", "empty", "a list", "not UTF-8", "deep", "huge", "an unknown action", "another image's",
        "another version's fingerprint", "a fingerprint of nothing", "a fingerprint that unpacks to too much",
        "a fingerprint that is no text",
    ],
)  # fmt: skip
def test_a_hostile_decision_decides_nothing_and_stops_no_hotel(world, decided, kind):
    world.inbox.put(everywhere_key(decided.image), hostile(decided)[kind])
    a_day_later(world)
    report = world.process("h2")
    assert len(shown(report)) == 2
    assert lines(world) == ()


def test_what_is_wrong_with_a_decision_is_a_problem_that_names_its_file(world, decided):
    world.inbox.put(everywhere_key(decided.image), b"{")
    decisions = EverywhereDecisions()
    assert decisions.known(world.inbox) == ()
    assert [problem.file for problem in decisions.problems] == [everywhere_key(decided.image)]


def test_of_a_decision_whose_fingerprint_is_an_older_version_s_the_very_bytes_still_match(world, decided):
    world.inbox.put(everywhere_key(decided.image), replace_version(decided))
    hand_in(world, "2", h1=[jpeg(BAD)], h2=[jpeg(photo(2)), jpeg(BAD)])
    assert shown(world.process("h2")) == {sha256_hex(jpeg(photo(2)))}


def replace_version(decision: EverywhereDecision) -> bytes:
    return decision.model_copy(update={"fingerprint_version": "3-1"}).model_dump_json().encode()
