"""What a folder adds to the promises of a store: files, leftovers of killed writers, links, a full disk."""

import os
import re
import time

import pytest

from image_release.child_process import IsolatedCaller
from image_release.storage import BadKeyError, FolderStore, StorageError
from tests.integration import storage_writers as writers


@pytest.fixture
def store(tmp_path):
    return FolderStore(tmp_path / "store")


def keys_of(store, prefix=""):
    return [listed.key for listed in store.list(prefix)]


def leftover(store, name="put-of-a-killed-writer", age_s=0.0):
    """The file that a writer leaves if it is killed during a put."""
    path = store.root / ".tmp" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"half")
    os.utime(path, (time.time() - age_s,) * 2)
    return path


class TestFiles:
    def test_lie_under_their_keys(self, store):
        """A person finds an object at the path that its key says."""
        store.put("hotels/1/manifest.json", b"{}")
        assert (store.root / "hotels" / "1" / "manifest.json").read_bytes() == b"{}"

    @pytest.mark.parametrize(("umask", "mode"), [(0o022, 0o644), (0o077, 0o600), (0, 0o644)])
    def test_are_never_executable(self, store, umask, mode):
        """A web server can read them; no file is executable; a stricter umask is respected."""
        with IsolatedCaller() as call:
            call(writers.put_under_umask, store, "a", umask)
        assert (store.root / "a").stat().st_mode & 0o7777 == mode

    def test_are_put_there_by_people_too(self, store):
        """A file that a person copies into the folder is an object."""
        (store.root / "releases").mkdir(parents=True)
        (store.root / "releases" / "2026-11-01.csv").write_bytes(b"hotel_id\n")
        assert keys_of(store, "releases/") == ["releases/2026-11-01.csv"]
        assert store.get("releases/2026-11-01.csv").data == b"hotel_id\n"

    def test_whose_names_are_no_text_are_passed_over_with_a_warning(self, store, caplog):
        """A name that cannot be a key is logged, and the other files are listed."""
        store.put("a/b", b"x")
        (store.root / "a" / os.fsdecode(b"\xff\xfe")).write_bytes(b"x")
        assert keys_of(store) == ["a/b"]
        assert "not Unicode text: not listed" in caplog.text

    def test_by_reading_alone_are_not_made(self, store):
        """Reading a store that does not exist does not create it."""
        assert (store.get("a"), store.head("a"), keys_of(store)) == (None, None, [])
        store.delete("a")
        assert not store.root.exists()


class TestFolders:
    def test_that_are_empty_go_with_their_last_object(self, store):
        """A store without objects is a folder without folders for keys."""
        store.put("a/b/c/d", b"x")
        store.put("a/e", b"y")
        store.delete("a/b/c/d")
        assert [path.name for path in (store.root / "a").iterdir()] == ["e"]
        store.delete("a/e")
        assert [path.name for path in store.root.iterdir()] == [".tmp"]

    def test_that_a_killed_delete_left_do_not_hinder(self, store):
        """An empty folder is no object: an object can have its name."""
        (store.root / "a" / "b").mkdir(parents=True)
        store.put("a/b", b"x")
        assert store.get("a/b").data == b"x"

    def test_and_objects_cannot_have_one_name(self, store):
        """A bucket could have both, a folder cannot: the put is refused with a reason, and changes nothing."""
        store.put("a/b", b"x")
        with pytest.raises(BadKeyError, match="begins with another key"):
            store.put("a/b/c", b"y")
        with pytest.raises(BadKeyError, match="beginning of other keys"):
            store.put("a", b"y")
        assert keys_of(store) == ["a/b"]

    def test_that_are_links_in_a_circle_end(self, store):
        """A link to a folder is not followed; a link to a file is that file."""
        store.put("a/b", b"x")
        (store.root / "a" / "circle").symlink_to(store.root, target_is_directory=True)
        (store.root / "a" / "link").symlink_to(store.root / "a" / "b")
        (store.root / "a" / "nowhere").symlink_to(store.root / "none")
        assert keys_of(store) == ["a/b", "a/link"]


class TestWhatHidesAnObject:
    """Taken for a missing object, it would mean that a hotel has no decisions, or a partner no images."""

    @pytest.mark.parametrize("read", ["get", "open"])
    @pytest.mark.parametrize("what", ["pipe", "folder", "link", "circle", "file above"])
    def test_is_a_fault_that_names_it(self, store, what, read):
        place = store.root / "a" / "b.json"
        (store.root if what == "file above" else place.parent).mkdir(parents=True)
        {
            "pipe": lambda: os.mkfifo(place),
            "folder": place.mkdir,
            "link": lambda: place.symlink_to("nowhere"),
            "circle": lambda: place.symlink_to(place),
            "file above": lambda: place.parent.write_bytes(b""),
        }[what]()
        with pytest.raises(StorageError, match=r"a/b\.json: "):
            getattr(store, read)("a/b.json")

    def test_is_told_with_its_place(self, store):
        """Where files should be, a folder is odd; objects, and folders elsewhere, are not."""
        store.put("a/b/c", b"")
        store.put("a/x.csv/d", b"")
        os.mkfifo(store.root / "a" / "pipe")
        (store.root / "a" / "link").symlink_to("nowhere")
        (store.root / os.fsdecode(b"\xff")).write_bytes(b"")
        told = dict(store.odd_entries("", re.compile(r"a/[^/]+\.csv")))
        assert set(told) == {"a/x.csv", "a/pipe", "a/link", "\udcff"}


class TestLeftovers:
    def test_are_invisible(self, store):
        """The file of a killed writer is not an object."""
        leftover(store)
        store.put("a", b"x")
        assert keys_of(store) == ["a"]
        assert keys_of(store, ".tmp/") == []

    def test_go_when_they_are_old(self, store):
        """The next writer deletes files that are older than a day, and no others."""
        old, young = leftover(store, "put-old", age_s=25 * 3600), leftover(store, "put-young", age_s=23 * 3600)
        store.put("a", b"x")
        assert (old.exists(), young.exists()) == (False, True)

    def test_of_a_put_that_failed_do_not_stay(self, store):
        """After a put, only lock files are left in `.tmp`."""
        store.put("a", b"x")
        with pytest.raises(BadKeyError):
            store.put("a/b", b"y")
        assert {path.name[:4] for path in (store.root / ".tmp").iterdir()} == {"lock"}


class TestFaults:
    def test_of_a_full_disk_keep_the_old_object(self, store):
        """A put that fails raises StorageError, and leaves the old object and nothing else."""
        store.put("a/b", b"old")
        with IsolatedCaller() as call:
            with pytest.raises(StorageError, match="a/b: File too large"):
                call(writers.put_with_full_disk, store, "a/b", b"new" * 100_000, 4096)
            call(writers.put_with_full_disk, store, "a/c", b"small", 4096)
        assert store.get("a/b").data == b"old"
        assert keys_of(store) == ["a/b", "a/c"]
        assert {path.name[:4] for path in (store.root / ".tmp").iterdir()} == {"lock"}

    def test_of_a_root_that_is_a_file_are_reported(self, tmp_path):
        """A store that cannot be created raises StorageError with the reason."""
        (tmp_path / "file").write_bytes(b"")
        with pytest.raises(StorageError, match=r"File exists|Not a directory"):
            FolderStore(tmp_path / "file").put("a", b"x")

    def test_of_reading_are_reported(self, store):
        """A link to itself cannot be read, and is not a missing object."""
        store.put("a/b", b"x")
        (store.root / "a" / "self").symlink_to("self")
        with pytest.raises(StorageError, match="a/self"):
            store.get("a/self")
