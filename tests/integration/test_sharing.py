"""Photographs that hotels share: families over all hotels, pictures of many hotels, and pairs of hotels."""

from __future__ import annotations

import csv
import io
import json
import sqlite3
from contextlib import closing
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner
from PIL import ImageOps

from image_release.cli import main
from image_release.everywhere import PrintIndex, undo_everywhere
from image_release.one_machine.sharing import follow_shared
from image_release.one_machine.workspace import open_workspace
from image_release.settings import Settings
from image_release.sharing import Counting, Families, LikelyReason, find_shared
from image_release.sharing.pairing import _each_once
from image_release.storage import StorageError
from image_release.values import sha256_hex
from tests.integration.test_everywhere import Chain
from tests.integration.world import jpeg, photo

ROOMS = [photo(seed) for seed in range(20, 30)]
AS_SENT = [jpeg(room, 90) for room in ROOMS]
SMALLER = [jpeg(room.resize((640, 427)), 60) for room in ROOMS]
PAGE = 4096
"""Bytes of a page of SQLite."""
CROPPED = [jpeg(room.crop((24, 16, 776, 517)), 70) for room in ROOMS]


@dataclass
class Town:
    """Hotels in a folder workspace with the families of their images."""

    chain: Chain
    families: Families

    def found(self, **counting: int):
        self.families.catch_up(self.chain.stores)
        return find_shared(self.families, self.chain.stores, Counting(**counting))

    def pairs(self, **counting: int) -> dict[tuple[str, str], int]:
        found = self.found(**counting)
        return {(pair.one.hotel_id, pair.other.hotel_id): len(pair.shared) for pair in found.pairs}


@pytest.fixture
def town(tmp_path: Path):
    chain = Chain(tmp_path)
    yield Town(chain, Families(chain.index))
    chain.world.close()


def test_hotels_that_share_photographs_are_a_pair_whatever_the_bytes(town):
    town.chain.hotels(
        h1=AS_SENT[:5],
        h2=[SMALLER[0], CROPPED[1], AS_SENT[2], AS_SENT[7]],
        h3=[AS_SENT[0], AS_SENT[8]],
        h4=[AS_SENT[9]],
    )
    pair = town.found().pairs[0]
    assert town.pairs() == {("h1", "h2"): 3}
    assert set(pair.shared) == {
        (sha256_hex(mine), sha256_hex(theirs))
        for mine, theirs in ((AS_SENT[0], SMALLER[0]), (AS_SENT[1], CROPPED[1]), (AS_SENT[2], AS_SENT[2]))
    }
    assert (pair.one.pictures, pair.one.share, pair.other.pictures, pair.other.share) == (5, 0.6, 4, 0.75)
    assert pair.one.partners == ("atlas",)


def test_copies_of_one_photograph_count_once(town):
    town.chain.hotels(h1=[AS_SENT[0], SMALLER[0], CROPPED[0], AS_SENT[1]], h2=[AS_SENT[0], SMALLER[0], CROPPED[0]])
    assert town.pairs() == {}
    assert town.pairs(least=1) == {("h1", "h2"): 1}


def test_a_picture_that_many_hotels_have_is_told_and_makes_no_pair(town):
    town.chain.hotels(
        h1=[AS_SENT[0], AS_SENT[1]], h2=[SMALLER[0], AS_SENT[1]], h3=[CROPPED[0], AS_SENT[3]], h4=[AS_SENT[4]]
    )
    found = town.found(least=1, many=2)
    [picture] = found.pictures
    assert picture.images == {
        "h1": (sha256_hex(AS_SENT[0]),),
        "h2": (sha256_hex(SMALLER[0]),),
        "h3": (sha256_hex(CROPPED[0]),),
    }
    assert picture.image in picture.images[picture.hotel_id]
    assert [(pair.one.hotel_id, pair.other.hotel_id, len(pair.shared)) for pair in found.pairs] == [("h1", "h2", 1)]


def test_what_came_since_is_compared_with_all_and_what_went_is_forgotten(town):
    town.chain.hotels(h1=AS_SENT[:4], h2=AS_SENT[5:7])
    assert town.pairs() == {}
    town.chain.hotels(h1=AS_SENT[:4], h2=AS_SENT[5:7], h3=SMALLER[:3])
    assert town.pairs() == {("h1", "h3"): 3}
    town.chain.hotels(h1=AS_SENT[:4], h2=AS_SENT[5:7], h3=SMALLER[:1])
    assert town.pairs() == {}


def test_a_process_that_is_killed_goes_on(town, monkeypatch):
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4], h3=CROPPED[:4])
    monkeypatch.setattr("image_release.sharing.families.ROWS_AT_ONCE", 1)
    monkeypatch.setattr("image_release.sharing.families.KEPT_AFTER", 1)

    def die(done: int, total: int) -> None:
        if done == 2:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        town.families.catch_up(town.chain.stores, die)
    told = []
    town.families.catch_up(town.chain.stores, lambda done, total: told.append((done, total)))
    assert (set(told[:-1]), told[-1]) == ({(0, 1)}, (1, 1))
    assert town.pairs() == {("h1", "h2"): 4, ("h1", "h3"): 4, ("h2", "h3"): 4}


def test_the_progress_is_told_from_the_first_reading_on(town, monkeypatch):
    """Reading takes longest the first time, verifying where many images are alike; neither stands still."""
    monkeypatch.setattr("image_release.everywhere.print_index.HOTELS_AT_ONCE", 2)
    monkeypatch.setattr("image_release.sharing.families.KEPT_AFTER", 1)
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4], h3=CROPPED[:4])
    told = []
    town.families.catch_up(
        town.chain.stores,
        lambda done, total: told.append(("compared", done, total)),
        lambda done, total: told.append(("read", done, total)),
    )
    assert told[:2] == [("read", 2, 3), ("read", 3, 3)]
    assert {what for what, *_ in told[2:]} == {"compared"}
    done = [done for _, done, _ in told[2:]]
    assert (sorted(done), {0, 1, 2, 3} - set(done), done[-1]) == (done, set(), 3)


def test_nothing_is_verified_twice(town, monkeypatch):
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4])
    assert town.pairs() == {("h1", "h2"): 4}
    monkeypatch.setattr("image_release.sharing.families.is_copy", lambda one, other: pytest.fail("verified again"))
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4], h3=AS_SENT[:3])
    assert town.pairs() == {("h1", "h2"): 4, ("h1", "h3"): 3, ("h2", "h3"): 3}


def test_families_are_made_when_somebody_asks_for_them(town):
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4])
    assert not town.families.are_made()
    town.families.index.catch_up(town.chain.stores)
    assert not town.families.are_made()
    town.pairs()
    assert town.families.are_made()
    assert Families(PrintIndex(town.chain.folder / "desk" / "prints.sqlite")).are_made()


def test_two_hotels_at_one_place_are_likely_one(town):
    """All test hotels lie at one place."""
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4])
    [pair] = town.found().pairs
    assert (pair.reason, pair.kilometres) in ((LikelyReason.SAME_HOTEL, 0.0), (LikelyReason.SAME_HOTEL, None))


def test_a_manifest_that_cannot_be_read_is_a_problem(town):
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4])
    town.chain.world.published.put("hotels/h2/manifest.json", b"{")
    found = town.found()
    assert found.pairs == ()
    assert [problem.value for problem in found.problems] == ["h2"]


def said(town: Town, *words: str):
    return CliRunner().invoke(main, ["shared", *words, "--workspace", str(town.chain.folder)])


def test_the_command_tells_pairs_and_pictures_and_writes_both(town, tmp_path):
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4], **{"=h3": [CROPPED[0], AS_SENT[9]]})
    pairs, pictures = tmp_path / "pairs.csv", tmp_path / "pictures.csv"
    answer = said(town, "--many", "2", "--pairs", str(pairs), "--pictures", str(pictures))
    assert answer.exit_code == 0, answer.output
    assert "pictures 1 that more than 2 hotels have" in answer.stdout
    assert "everywhere hide" in answer.stdout
    assert "h1 and h2: 3 of 4 and 4 pictures" in answer.stdout
    [row] = csv.DictReader(io.StringIO(pairs.read_text("utf-8")))
    assert (row["hotel_id"], row["other_hotel_id"], row["shared"], row["reason"]) == ("h1", "h2", "3", "same_hotel")
    rows = list(csv.DictReader(io.StringIO(pictures.read_text("utf-8"))))
    assert [(row["hotels"], row["hotel_id"], row["images"]) for row in rows] == [
        ("3", hotel_id, sha256_hex(image)[:12])
        for hotel_id, image in (("'=h3", CROPPED[0]), ("h1", AS_SENT[0]), ("h2", SMALLER[0]))
    ]
    document = json.loads(said(town, "--json", "--many", "2").stdout)
    assert [len(pair["shared"]) for pair in document["pairs"]] == [3]
    assert [picture["hotels"] for picture in document["pictures"]] == [3]


def test_the_command_names_a_file_that_cannot_be_written(town, tmp_path):
    town.chain.hotels(h1=AS_SENT[:1])
    answer = said(town, "--pairs", str(tmp_path / "no" / "pairs.csv"))
    assert (answer.exit_code, "pairs.csv" in answer.stderr) == (1, True)


def pairs_said(town: Town) -> list[int]:
    """Of each pair that the command finds, how many pictures it shares."""
    answer = said(town, "--json")
    assert answer.exit_code == 0, answer.output
    return [len(pair["shared"]) for pair in json.loads(answer.stdout)["pairs"]]


def test_the_tables_are_two_files(town, tmp_path):
    answer = said(town, "--pairs", str(tmp_path / "one.csv"), "--pictures", str(tmp_path / "one.csv"))
    assert (answer.exit_code, "the same file" in answer.stderr) == (2, True)


def test_a_folder_without_a_release_is_refused_and_stays_as_it_was(tmp_path):
    answer = CliRunner().invoke(main, ["shared", "--workspace", str(tmp_path)])
    assert (answer.exit_code, "no release is in force" in answer.stderr) == (2, True)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("table", ["families", "to_compare", "prints", "meta"])
def test_a_file_that_lacks_a_table_is_made_again(town, table):
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4])
    assert town.pairs() == {("h1", "h2"): 4}
    with closing(sqlite3.connect(town.chain.folder / "desk" / "prints.sqlite")) as db, db:
        db.execute(f"DROP TABLE {table}")
    assert pairs_said(town) == [4]


def test_a_file_whose_bytes_are_damaged_anywhere_is_made_again(town):
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4])
    assert town.pairs() == {("h1", "h2"): 4}
    path = town.chain.folder / "desk" / "prints.sqlite"
    sound = path.read_bytes()
    for start in range(0, len(sound), PAGE):
        path.write_bytes(sound[:start] + b"\xff" * PAGE + sound[start + PAGE :])
        assert pairs_said(town) == [4], start


def test_what_hinders_the_file_and_is_no_damage_is_told(town):
    (town.chain.folder / "desk" / "prints.sqlite").mkdir(parents=True)
    with pytest.raises(StorageError, match="unable to open"):
        town.pairs()


def test_two_hotels_with_many_copies_of_one_photograph_share_as_many_pictures_as_the_smaller_has():
    """Each of 700 pictures of one hotel is a copy of each of 700 of the other one."""
    every = product(range(700), range(700))
    assert _each_once(every) == [(number, number) for number in range(700)]


def test_what_a_person_decided_is_told_with_the_picture(town):
    town.chain.hotels(h1=AS_SENT[:2], h2=SMALLER[:1], h3=CROPPED[:1])
    town.chain.decide(AS_SENT[0])
    [picture] = town.found(many=2).pictures
    assert picture.decided == "hide"


def test_a_run_follows_only_where_somebody_asked_before(town):
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4])
    workspace = open_workspace(str(town.chain.folder), Settings())
    problems = []
    follow_shared(workspace, problems)
    assert not town.chain.index.exists()
    town.pairs()
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4], h3=CROPPED[:3])
    follow_shared(workspace, problems)
    assert problems == []
    assert [
        (pair.one.hotel_id, pair.other.hotel_id) for pair in find_shared(town.families, town.chain.stores).pairs
    ] == [("h1", "h2"), ("h1", "h3"), ("h2", "h3")]


def test_a_run_makes_a_damaged_file_again(town):
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4])
    town.pairs()
    with closing(sqlite3.connect(town.chain.folder / "desk" / "prints.sqlite")) as db, db:
        db.execute("DROP TABLE to_compare")
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4], h3=CROPPED[:3])
    problems = []
    follow_shared(open_workspace(str(town.chain.folder), Settings()), problems)
    assert problems == []
    assert len(find_shared(town.families, town.chain.stores).pairs) == 3


def test_hotels_that_merge_are_no_pair_any_more(town):
    town.chain.hotels(h1=AS_SENT[:4], h2=SMALLER[:4])
    assert town.pairs() == {("h1", "h2"): 4}
    town.chain.world.release("merged", {"h1": [("atlas", "h1"), ("atlas", "h2")]})
    for hotel_id in ("h1", "h2"):
        town.chain.process(hotel_id)
    found = town.found()
    assert (found.pairs, found.hotels, found.images) == ((), 1, 8)


def test_a_decision_that_was_revoked_is_told_no_more(town):
    town.chain.hotels(h1=AS_SENT[:2], h2=SMALLER[:1], h3=CROPPED[:1])
    said_first = town.chain.decide(AS_SENT[0])
    undo_everywhere(town.chain.stores, said_first.image, by="ana", at="2026-11-24T11:00:00+00:00")
    assert [picture.decided for picture in town.found(many=2).pictures] == [None]


def everywhere(town: Town, *words: str):
    return CliRunner().invoke(main, ["everywhere", *words, "--workspace", str(town.chain.folder)])


class TestAPictureThatIsKept:
    """A person says that it may be in many hotels: no hotel changes, and it is not proposed again."""

    @pytest.fixture
    def kept(self, town):
        town.chain.hotels(h1=AS_SENT[:2], h2=SMALLER[:2], h3=CROPPED[:2], h4=[AS_SENT[0]])
        assert [len(picture.images) for picture in town.found(many=2).pictures] == [4, 3]
        self.inputs = self.published(town)
        answer = everywhere(town, "keep", "h1", sha256_hex(AS_SENT[0]), "--why", "the lobby")
        assert (answer.exit_code, "no hotel is left to do" in answer.stdout) == (0, True), answer.output
        return town

    @staticmethod
    def published(town):
        return [town.chain.world.published.get(f"hotels/h{number}/manifest.json").data for number in range(1, 5)]

    def test_comes_after_what_is_still_proposed_and_says_so(self, kept):
        found = kept.found(many=2)
        assert [(len(picture.images), picture.decided) for picture in found.pictures] == [(3, None), (4, "keep")]
        document = json.loads(said(kept, "--json", "--many", "2").stdout)
        assert [picture["decided"] for picture in document["pictures"]] == [None, "keep"]
        told = said(kept, "--many", "2").stdout
        assert "pictures 2 that more than 2 hotels have, 1 of them decided" in told
        assert "decided: keep" in told
        assert "everywhere keep HOTEL IMAGE" in told

    def test_changes_no_hotel_also_where_it_comes_later(self, kept):
        for number in range(1, 5):
            kept.chain.process(f"h{number}")
        assert self.published(kept) == self.inputs
        kept.chain.hotels(h1=AS_SENT[:2], h2=SMALLER[:2], h3=CROPPED[:2], h4=[AS_SENT[0]], h5=[SMALLER[0]])
        assert list(kept.chain.world.inbox.list("overrides/")) == []
        assert [picture.decided for picture in kept.found(many=2).pictures] == [None, "keep"]

    def test_stays_decided_when_the_very_image_left_every_hotel(self, kept):
        kept.chain.hotels(h1=AS_SENT[1:2], h2=SMALLER[:2], h3=CROPPED[:2], h4=[SMALLER[0]])
        found = {len(picture.images): picture.decided for picture in kept.found(many=1, least=1).pictures}
        assert sha256_hex(AS_SENT[0]) not in {sha for item in kept.found(many=1).pictures for sha in item.images}
        assert sorted(found.values(), key=str) == [None, "keep"]

    def test_is_proposed_again_after_a_person_revoked_it_and_can_be_hidden_then(self, kept):
        image = sha256_hex(AS_SENT[0])
        refused = everywhere(kept, "hide", "h1", image)
        assert (refused.exit_code, "decided keep for every hotel already" in refused.output) == (2, True)
        assert json.loads(everywhere(kept, "resume", image[:8], "--json").stdout)["hotels"] == 0
        assert everywhere(kept, "revoke", image[:8]).exit_code == 0
        assert [picture.decided for picture in kept.found(many=2).pictures] == [None, None]
        assert json.loads(everywhere(kept, "hide", "h1", image, "--json").stdout)["hotels"] == 4
        assert [picture.decided for picture in kept.found(many=2).pictures] == [None, "hide"]

    def test_undoes_lines_that_an_earlier_decision_left(self, kept):
        """A decision to hide was revoked, and killed before its lines were undone; then the picture is kept."""
        image = sha256_hex(AS_SENT[1])
        assert everywhere(kept, "hide", "h1", image).exit_code == 0
        undo_everywhere(kept.chain.stores, image, by="ana", at="2026-11-24T11:00:00+00:00")
        assert json.loads(everywhere(kept, "keep", "h1", image, "--json").stdout)["hotels"] == 3
        assert image in kept.chain.shown("h1")


def test_copies_that_no_hash_finds_are_found_where_the_hotels_share_a_photograph(town):
    mirrored = [jpeg(ImageOps.mirror(room), 70) for room in ROOMS]
    town.chain.hotels(h1=AS_SENT[:4], h2=[SMALLER[0], *mirrored[1:4]], h3=[AS_SENT[9], mirrored[1]])
    assert town.pairs() == {("h1", "h2"): 4}


def test_a_photograph_of_many_hotels_does_not_count_where_only_aligning_finds_it(town):
    mirrored = [jpeg(ImageOps.mirror(room), 70) for room in ROOMS]
    town.chain.hotels(
        h1=AS_SENT[:3], h2=[SMALLER[0], *mirrored[1:3]], h3=[SMALLER[1], AS_SENT[8]], h4=[mirrored[1], AS_SENT[9]]
    )
    assert town.pairs(many=2, least=2) == {("h1", "h2"): 2}
    assert town.pairs(many=4, least=2) == {("h1", "h2"): 3}
