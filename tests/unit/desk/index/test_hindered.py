"""What hinders the index: a full disk, a folder that cannot be written, a clock that was set back."""

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from image_release.desk.index import Query
from image_release.desk.index.file import set_meta
from image_release.feed import Position
from image_release.storage import StorageError
from tests.unit.desk.made_manifests import manifest, picture

FIVE = tuple(picture(f"p{number}") for number in range(5))


def test_an_index_that_followed_a_clock_which_was_set_back_is_built_anew(world_of):
    """From there the changes since then would never be found."""
    world = world_of(manifest("a", FIVE))
    world.catch_up()
    with world.index.file.writing() as db:
        set_meta(db, position=Position(datetime.now(UTC) + timedelta(hours=20)).to_text())
    assert "still to come" in world.catch_up().built_because


@pytest.mark.parametrize("make", [Path.touch, lambda path: path.symlink_to("/dev/null/x")])
def test_a_folder_that_cannot_be_written_is_a_sentence(world_of, tmp_path, make):
    make(tmp_path / "desk")
    with pytest.raises(StorageError, match="the index cannot be written"):
        world_of(manifest("a", FIVE)).catch_up()


def test_a_full_disk_is_a_sentence_and_the_next_time_goes_on(world_of, monkeypatch):
    world = world_of(*(manifest(f"h{number}", FIVE) for number in range(300)))
    connect = sqlite3.connect

    def on_a_full_disk(*args, **kwargs):
        db = connect(*args, **kwargs)
        db.execute("PRAGMA max_page_count = 24")
        return db

    with monkeypatch.context() as patched:
        patched.setattr(sqlite3, "connect", on_a_full_disk)
        with pytest.raises(StorageError, match="is full"):
            world.catch_up()
    world.catch_up()
    assert world.index.find(Query()).total == 300
