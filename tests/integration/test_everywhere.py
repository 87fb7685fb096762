"""This picture, in every hotel: the index of fingerprints, what is found in it, and the job that follows a decision."""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from PIL import Image, ImageDraw, ImageFont

from image_release.everywhere import (
    PrintIndex,
    decide_everywhere,
    find_everywhere,
    fingerprint_in,
    hand_over,
    job_of,
    listed_everywhere,
    run_job,
    undo_everywhere,
)
from image_release.feed import Cause, Collecting, Position
from image_release.ingest import EverywhereRefusedError, append_revoke, parse_request, read_decisions
from image_release.storage import CountingStore, FolderStore, StorageError, Store, StoreCounter, Stores
from image_release.values import sha256_hex
from tests.integration.world import World, jpeg, photo


def logo(text: str, size: tuple[int, int] = (800, 533), quality: int = 90) -> bytes:
    """A partner's logo: a mark and a word on a ground that grows darker, so that it passes for a photograph."""
    image = Image.linear_gradient("L").rotate(90).resize((800, 533)).convert("RGB")
    draw = ImageDraw.Draw(image)
    draw.ellipse((120, 140, 320, 340), fill=(200, 60, 40))
    draw.text((120, 370), text, font=ImageFont.load_default(size=84), fill=(30, 40, 90))
    return jpeg(image.resize(size, Image.Resampling.LANCZOS), quality)


class Chain:
    """Hotels of one partner in a folder workspace, processed, with an index of their fingerprints."""

    def __init__(self, folder: Path, **stores: Store) -> None:
        self.folder = folder
        names = ("inbox", "state", "published")
        self.world = World(**(stores or {name: FolderStore(folder / name) for name in names}))
        self.stores = Stores(self.world.inbox, self.world.state, self.world.published)
        self.index = PrintIndex(folder / "desk" / "prints.sqlite")
        self.version = 0

    def hotels(self, **hotels: list[bytes]) -> None:
        """Hand in a new catalogue and release, and process the hotels as a run does."""
        self.version += 1
        lists = {
            hotel_id: [self.world.serve(f"/{hotel_id}/{sha256_hex(data)[:8]}.jpg", data) for data in images]
            for hotel_id, images in hotels.items()
        }
        self.world.catalogue("atlas", str(self.version), lists)
        self.world.release(str(self.version), {hotel_id: [("atlas", hotel_id)] for hotel_id in hotels})
        for hotel_id in hotels:
            self.process(hotel_id)

    def process(self, hotel_id: str) -> bool:
        cause = Cause.of("hotel", self.world.now.replace(microsecond=self.version))
        with Collecting(self.stores, cause) as collecting:
            collecting.add(hotel_id, self.world.process(hotel_id).seqs)
        return True

    def found(self, image: bytes, hotel_id: str = "h1") -> dict[str, list[str]]:
        self.index.catch_up(self.stores)
        sha256 = sha256_hex(image)
        hotels = find_everywhere(self.index, self.stores, sha256, fingerprint_in(self.stores, hotel_id, sha256))
        return {hotel.hotel_id: list(hotel.images) for hotel in hotels}

    def decide(self, image: bytes, **said: str):
        said = {"by": "ana", "at": "2026-11-24T10:00:00+00:00", "why": "a logo", **said}
        return decide_everywhere(self.stores, "h1", sha256_hex(image), "hide", **said)

    def shown(self, hotel_id: str) -> set[str]:
        manifest = json.loads(self.world.published.get(f"hotels/{hotel_id}/manifest.json").data)
        return {picture["best"]["sha256"] for picture in manifest["pictures"]}


LOGO, SMALL_LOGO, OTHER_LOGO = logo("Sunny Club"), logo("Sunny Club", (600, 400), 60), logo("Grand Bank")
ROOMS = [jpeg(photo(seed)) for seed in range(4)]


@pytest.fixture
def chain(tmp_path):
    made = Chain(tmp_path)
    yield made
    made.world.close()


FOUR = {"h1": [LOGO, ROOMS[0]], "h2": [SMALL_LOGO, ROOMS[1]], "h3": [OTHER_LOGO, ROOMS[2]], "h4": [ROOMS[3]]}
"""Four hotels: the logo, a smaller copy of it, another logo, and only a room."""


@pytest.fixture
def four(chain):
    chain.hotels(**FOUR)
    return chain


@pytest.fixture(scope="module")
def looked(tmp_path_factory):
    """Four hotels for tests that change nothing of them."""
    made = Chain(tmp_path_factory.mktemp("looked"))
    made.hotels(**FOUR)
    yield made
    made.world.close()


def test_an_image_is_found_in_every_hotel_in_whatever_size_and_another_logo_is_not(looked):
    assert looked.found(LOGO) == {"h1": [sha256_hex(LOGO)], "h2": [sha256_hex(SMALL_LOGO)]}


def test_a_photograph_is_found_where_it_is_recompressed_and_cropped_a_little(four):
    cropped = jpeg(photo(0).crop((24, 16, 776, 517)), 60)
    four.hotels(h1=[LOGO, ROOMS[0]], h2=[cropped])
    assert four.found(ROOMS[0]) == {"h1": [sha256_hex(ROOMS[0])], "h2": [sha256_hex(cropped)]}


def test_what_a_partner_took_away_is_not_found(four):
    four.found(LOGO)
    four.hotels(h1=[LOGO, ROOMS[0]], h2=[ROOMS[1]])
    assert four.found(LOGO) == {"h1": [sha256_hex(LOGO)]}


def test_an_image_that_came_since_the_index_was_made_is_found(four):
    four.found(LOGO)
    four.hotels(h1=[LOGO], h4=[ROOMS[3], SMALL_LOGO])
    assert set(four.found(LOGO)) == {"h1", "h4"}


def test_catching_up_reads_the_hotels_that_changed_alone(four):
    four.found(LOGO)
    four.process("h4")
    four.hotels(h1=[LOGO], h2=[SMALL_LOGO], h3=[OTHER_LOGO], h4=[ROOMS[3], SMALL_LOGO])
    told = []
    four.index.catch_up(four.stores, lambda done, total: told.append(total))
    before = len(told)
    four.index.catch_up(four.stores, lambda done, total: told.append(total))
    assert before == 1
    assert told[1:] == []


def test_a_first_build_that_was_killed_goes_on(four, monkeypatch):
    monkeypatch.setattr("image_release.everywhere.print_index.HOTELS_AT_ONCE", 1)

    def die(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        four.index.catch_up(four.stores, die)
    assert four.index.images() == 4
    assert set(four.found(LOGO)) == {"h1", "h2"}


@pytest.mark.parametrize("damage", [b"no database", b"SQLite format 3\0" + b"\xff" * 4000])
def test_a_damaged_index_is_made_again(four, damage):
    four.found(LOGO)
    path = four.folder / "desk" / "prints.sqlite"
    for other in path.parent.glob("prints.sqlite-*"):
        other.unlink()
    path.write_bytes(damage)
    assert set(four.found(LOGO)) == {"h1", "h2"}


def drop_table(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("DROP TABLE meta")


def damage_pages(path: Path) -> None:
    with closing(sqlite3.connect(path)) as db:
        db.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    with path.open("r+b") as file:
        file.seek(8192)
        file.write(b"\xff" * (path.stat().st_size - 8192))


def followed_until(text: str):
    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as db, db:
            db.execute("UPDATE meta SET value = ? WHERE key = 'position'", (text,))
            db.execute("DELETE FROM prints")

    return change


def test_an_index_that_is_damaged_or_cannot_follow_reads_every_hotel_again(four):
    """The feed forgets after 90 days; and from a time to come nothing is ever found."""
    now = datetime.now(UTC)
    positions = ["nonsense", *(Position(now + timedelta(days=days)).to_text() for days in (-91, 9))]
    for damage in (drop_table, damage_pages, *map(followed_until, positions)):
        four.found(LOGO)
        damage(four.folder / "desk" / "prints.sqlite")
        assert set(four.found(LOGO)) == {"h1", "h2"}


def test_an_index_that_cannot_be_written_is_a_sentence(four):
    (four.folder / "desk").touch()
    with pytest.raises(StorageError, match="the index of fingerprints cannot be written"):
        four.index.catch_up(four.stores)


def test_a_damaged_list_of_changes_has_every_hotel_read_again_once(four):
    four.found(LOGO)
    four.hotels(**FOUR | {"h3": [ROOMS[2], LOGO]})
    four.world.state.put(Cause.of("run", datetime.now(UTC)).key, b"no gzip")
    assert set(four.found(LOGO)) == {"h1", "h2", "h3"}


def test_the_job_hides_the_image_in_every_hotel_and_leaves_the_others(four):
    before = [four.world.published.get(f"hotels/{name}/manifest.json").data for name in ("h3", "h4")]
    found = four.found(LOGO)
    job = job_of(four.world.state, four.decide(LOGO), found)
    assert job.left == ("h1", "h2")
    run_job(four.stores, job, four.process)
    assert [four.shown(name) for name in ("h1", "h2")] == [{sha256_hex(ROOMS[0])}, {sha256_hex(ROOMS[1])}]
    assert [four.world.published.get(f"hotels/{name}/manifest.json").data for name in ("h3", "h4")] == before


def test_a_job_that_was_killed_repeats_nothing_that_was_confirmed(four):
    decision = four.decide(LOGO)
    asked = []

    def die_in_the_second(hotel_id: str) -> bool:
        asked.append(hotel_id)
        if hotel_id == "h2":
            raise KeyboardInterrupt
        return four.process(hotel_id)

    found = four.found(LOGO)
    with pytest.raises(KeyboardInterrupt):
        run_job(four.stores, job_of(four.world.state, decision, found), die_in_the_second)
    again = job_of(four.world.state, decision, found)
    run_job(four.stores, again, four.process)
    assert asked == ["h1", "h2"]
    assert again.left == ("h2",)
    assert len(read_decisions(four.world.inbox, "h2")[0]) == 1
    assert four.shown("h2") == {sha256_hex(ROOMS[1])}


def test_a_hotel_that_could_not_be_processed_is_left_for_the_next_time(four):
    decision = four.decide(LOGO)
    run_job(four.stores, job_of(four.world.state, decision, ["h1", "h2"]), lambda hotel_id: hotel_id != "h1")
    assert job_of(four.world.state, decision, ["h1", "h2"]).left == ("h1",)


def test_revoking_the_decision_undoes_it_wherever_it_wrote_also_where_a_person_had_undone_it(four):
    decision = four.decide(LOGO)
    run_job(four.stores, job_of(four.world.state, decision, four.found(LOGO)), four.process)
    [line] = read_decisions(four.world.inbox, "h2")[0]
    append_revoke(four.world.inbox, "h2", line.digest, by="bo", at="", why="")
    four.hotels(h1=[LOGO, ROOMS[0]], h2=[SMALL_LOGO, ROOMS[1]], h3=[OTHER_LOGO], h4=[ROOMS[3], SMALL_LOGO])
    revoked = undo_everywhere(four.stores, decision.image, by="cy", at="2026-11-25", why="our own")
    job = job_of(four.world.state, revoked, ())
    assert job.left == ("h1", "h2", "h4")
    run_job(four.stores, job, four.process)
    assert [len(four.shown(name)) for name in ("h1", "h2", "h4")] == [2, 2, 2]
    assert len(read_decisions(four.world.inbox, "h2")[0]) == 2


def test_after_a_revocation_it_can_be_decided_again_and_the_document_keeps_both(four):
    first = four.decide(LOGO)
    run_job(four.stores, job_of(four.world.state, first, ["h1"]), four.process)
    undo_everywhere(four.stores, first.image, by="cy", at="2026-11-25")
    second = four.decide(LOGO, at="2026-11-26")
    run_job(four.stores, job_of(four.world.state, second, ["h1"]), four.process)
    lines = read_decisions(four.world.inbox, "h1")[0]
    assert [line.is_revoked for line in lines] == [True, False, False]
    assert four.shown("h1") == {sha256_hex(ROOMS[0])}
    [[listed], problems] = listed_everywhere(four.stores)
    assert [listed.identity, *(item.identity for item in listed.earlier)] == [second.identity, first.identity]
    assert problems == ()


def decide(action: str):
    return lambda four: decide_everywhere(four.stores, "h1", sha256_hex(LOGO), action, by="", at="")


@pytest.mark.parametrize(
    ("act", "words"),
    [
        (lambda four: (four.decide(LOGO), four.decide(LOGO, by="bo")), "ana decided hide for every hotel already"),
        (lambda four: four.decide(ROOMS[3]), "h1: it has no image"),
        (lambda four: undo_everywhere(four.stores, "0" * 64, by="", at=""), "no decision for every hotel is in force"),
        (lambda four: four.decide(LOGO, why="x" * 2_000), "why: String should have at most 1000"),
        (lambda four: fingerprint_in(four.stores, "\x1b[2J", "0" * 64), r"\\x1b\[2J: no hotel of that id"),
        (decide("pin"), "action"),
        (decide("label"), "label needs labels"),
    ],
)
def test_what_makes_no_sense_is_refused_with_a_sentence(looked, act, words):
    with pytest.raises(EverywhereRefusedError, match=words):
        act(looked)


def test_deciding_the_same_twice_is_one_decision(looked):
    assert looked.decide(LOGO).identity == looked.decide(LOGO).identity
    assert len(listed_everywhere(looked.stores)[0]) == 1


def test_a_job_for_a_suite_is_a_request_of_its_hotels_in_the_inbox(looked):
    job = job_of(looked.world.state, looked.decide(LOGO), ["h1", "h2"])
    [name] = hand_over(looked.world.inbox, job)
    key = f"requests/{name}.json"
    request = parse_request(looked.world.inbox.get(key).data, key)
    assert (request.hotel_ids, request.decision) == (("h1", "h2"), sha256_hex(LOGO))


def test_a_search_reads_each_verified_content_once(chain):
    copies = {f"h{number}": [SMALL_LOGO] for number in range(2, 8)}
    chain.hotels(h1=[LOGO], **copies)
    chain.index.catch_up(chain.stores)
    fingerprint = fingerprint_in(chain.stores, "h1", sha256_hex(LOGO))
    counter = StoreCounter()
    stores = Stores(chain.stores.inbox, CountingStore(chain.world.state, counter), chain.stores.published)
    found = find_everywhere(chain.index, stores, sha256_hex(LOGO), fingerprint)
    assert len(found) == 7
    assert counter.reads == 1 + 3 * 7  # one fingerprint; of each hotel the release, its row and what its URLs gave
