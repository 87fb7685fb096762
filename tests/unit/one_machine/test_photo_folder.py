"""A folder of photos becomes a release and catalogues: misplaced files are reported and not used."""

import json
import os
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from image_release.ingest import Held, read_listing
from image_release.ingest.catalogues import FOLDER_IS_GONE, CatalogueApplied, apply_catalogue
from image_release.one_machine.photo_folder import PhotosFolderError, hand_in_photos
from image_release.settings import Settings
from image_release.storage import MemoryStore
from image_release.values import Accommodation

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Folder:
    """A folder of photos, and the inbox that receives its release and catalogues."""

    def __init__(self, root) -> None:
        self.root = root
        self.inbox, self.state = MemoryStore(), MemoryStore()

    def write(self, path: str, data: bytes = b"photo"):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def hand_in(self, days: int = 0):
        return hand_in_photos(self.root, self.inbox, NOW + timedelta(days=days))

    def apply(self, days: int = 0):
        """Hand in, and apply the latest catalogue of the partners `a` and `b`."""
        self.hand_in(days)
        keys = [max(k for k in self.keys if k.startswith(f"catalogues/{name}/")) for name in "ab" if self.has(name)]
        return [apply_catalogue(self.inbox, self.state, key, Settings()) for key in keys]

    def has(self, partner: str) -> bool:
        return any(key.startswith(f"catalogues/{partner}/") for key in self.keys)

    def urls(self, partner: str) -> list[str]:
        """Names of the files of h1 that are in force."""
        listing = read_listing(self.state, Accommodation(partner, "h1"))
        return [image.url.rsplit("/", 1)[1] for image in listing.images]

    def catalogue(self, partner: str) -> dict[str, list[str]]:
        """Return the partner's latest catalogue as accommodation -> names of its files."""
        key = max(listed.key for listed in self.inbox.list(f"catalogues/{partner}/"))
        lines = map(json.loads, self.inbox.get(key).data.splitlines())
        return {line["accommodation_id"]: [url["url"].rsplit("/", 1)[1] for url in line["images"]] for line in lines}

    @property
    def keys(self) -> list[str]:
        return [listed.key for listed in self.inbox.list("")]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "photos").mkdir()
    return Folder(tmp_path / "photos")


def test_becomes_a_release_and_a_catalogue_for_each_partner(folder):
    """Each hotel has one accommodation per partner; files are in order; names are percent-encoded in URLs."""
    for path in ("h1/a/2.jpg", "h1/a/1 ä.jpg", "h1/b/x.png", "h;2/a/y.jpg"):
        folder.write(path)
    assert folder.hand_in() == ()
    assert folder.catalogue("a") == {"h1": ["1%20%C3%A4.jpg", "2.jpg"], "h;2": ["y.jpg"]}
    assert folder.catalogue("b") == {"h1": ["x.png"]}
    release = folder.inbox.get("releases/photos.csv").data.decode().splitlines()
    assert release[1:] == ["h1,h1,ZZ,,,,a:h1;b:h1", "h;2,h;2,ZZ,,,,a:h%3B2"]


def test_that_has_not_changed_hands_in_nothing_new(folder):
    """The inbox stays as it is: otherwise every hotel would be processed for nothing."""
    folder.write("h1/a/1.jpg")
    folder.hand_in()
    before = folder.keys
    folder.hand_in(days=1)
    assert folder.keys == before


def test_with_a_new_hotel_hands_in_a_release_with_it(folder):
    folder.write("h1/a/1.jpg")
    folder.hand_in()
    folder.write("h2/a/1.jpg")
    folder.hand_in(days=1)
    release = folder.inbox.get("releases/photos.csv").data.decode().splitlines()
    assert release[1:] == ["h1,h1,ZZ,,,,a:h1", "h2,h2,ZZ,,,,a:h2"]


def test_with_a_file_replaced_hands_in_a_new_version_of_it(folder):
    """A file with the same name and another modification time gets a new version, so it is fetched again."""
    file = folder.write("h1/a/1.jpg")
    folder.hand_in()
    os.utime(file, ns=(1, 1))
    folder.hand_in(days=1)
    versions = [json.loads(folder.inbox.get(key).data)["images"][0]["version"] for key in folder.keys if "/a/" in key]
    assert len(set(versions)) == 2


class TestOfAPartnerThatVanished:
    """What is handed in says so itself: an empty catalogue would delete nothing."""

    def test_while_others_stay_deletes_its_pictures_unheld(self, folder):
        folder.write("h1/a/1.jpg")
        folder.write("h1/b/2.jpg")
        folder.apply()
        shutil.rmtree(folder.root / "h1/b")
        assert isinstance(folder.apply(days=1)[1], CatalogueApplied)
        assert (folder.urls("a"), folder.urls("b")) == (["1.jpg"], [])

    def test_is_handed_in_once(self, folder):
        folder.write("h1/a/1.jpg")
        folder.write("h1/b/2.jpg")
        folder.hand_in()
        shutil.rmtree(folder.root / "h1/b")
        folder.hand_in(days=1)
        before = folder.keys
        folder.hand_in(days=2)
        assert folder.keys == before

    def test_and_was_handed_in_by_an_earlier_version_is_not_handed_in_again(self, folder):
        """That version handed in an empty file."""
        folder.write("h1/a/1.jpg")
        folder.inbox.put("catalogues/b/photos-2026-10-01T000000.000000Z.jsonl", b"")
        folder.hand_in()
        assert [key for key in folder.keys if key.startswith("catalogues/b/")] == [
            "catalogues/b/photos-2026-10-01T000000.000000Z.jsonl"
        ]

    def test_when_nobody_has_photos_left_is_held(self, folder):
        folder.write("h1/a/1.jpg").unlink()
        folder.write("h1/b/2.jpg")
        folder.apply()
        shutil.rmtree(folder.root / "h1/b")
        assert isinstance(folder.apply(days=1)[1], Held)
        assert folder.urls("b") == ["2.jpg"]

    def test_is_said_by_a_folder_alone(self, folder):
        """A catalogue of another name with that line deletes nothing."""
        folder.write("h1/a/1.jpg")
        folder.write("h1/b/2.jpg")
        folder.apply()
        folder.inbox.put("catalogues/b/q.jsonl", FOLDER_IS_GONE)
        apply_catalogue(folder.inbox, folder.state, "catalogues/b/q.jsonl", Settings())
        assert folder.urls("b") == ["2.jpg"]


class TestOfAFolderThatIsEmpty:
    def test_but_still_there_holds_what_its_partner_had(self, folder):
        """Somebody moved the files, or a disk is not mounted."""
        folder.write("h1/a/1.jpg")
        folder.write("h1/b/2.jpg")
        folder.apply()
        (folder.root / "h1/b/2.jpg").unlink()
        assert isinstance(folder.apply(days=1)[1], Held)


class TestWhatCannotBeRead:
    """It is told by name, and keeps what it had."""

    @pytest.mark.parametrize("odd", ["h1/a/1.jpg", "h1/a", "h1"])
    def test_a_loop_of_links_in_the_place_of_something(self, folder, odd):
        folder.write("h1/a/1.jpg")
        folder.write("h2/a/2.jpg")
        folder.hand_in()
        place = folder.root / odd
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        place.symlink_to(place)
        problems = folder.hand_in(days=1)
        assert [problem.value for problem in problems] == [place.name]
        assert folder.catalogue("a") == {"h1": ["1.jpg"], "h2": ["2.jpg"]}
        assert b"h1,h1,ZZ,,,,a:h1\n" in folder.inbox.get("releases/photos.csv").data

    def test_a_folder_in_the_place_of_a_photo(self, folder):
        folder.write("h1/a/1.jpg").unlink()
        folder.write("h1/a/2.jpg")
        folder.hand_in()
        (folder.root / "h1/a/2.jpg").unlink()
        folder.write("h1/a/2.jpg/deep.jpg")
        assert [problem.value for problem in folder.hand_in(days=1)] == ["2.jpg"]
        assert folder.catalogue("a") == {"h1": ["2.jpg"]}

    def test_a_folder_that_cannot_be_listed(self, folder, monkeypatch):
        """Tests run as root, who may list every folder."""
        folder.write("h1/a/1.jpg")
        folder.write("h1/b/1.jpg")
        folder.hand_in()
        listing = Path.iterdir

        def refused(path):
            if path.name == "b":
                raise PermissionError(13, "Permission denied")
            return listing(path)

        monkeypatch.setattr(Path, "iterdir", refused)
        [problem] = folder.hand_in(days=1)
        assert (problem.value, "Permission denied" in problem.rule) == ("b", True)
        assert folder.catalogue("b") == {"h1": ["1.jpg"]}

    def test_a_name_that_is_not_utf_8(self, folder):
        """The photo is taken: its URL has the bytes of the name. A hotel of such a name is told."""
        folder.write(os.fsdecode(b"h1/a/\xff.jpg"))
        folder.write(os.fsdecode(b"h\xff/a/1.jpg"))
        assert [problem.value for problem in folder.hand_in()] == ["h\udcff"]
        assert folder.catalogue("a") == {"h1": ["%FF.jpg"]}


def test_after_the_clock_was_set_back_is_newer_all_the_same(folder):
    """Otherwise new photos would be ignored as older than those in force."""
    folder.write("h1/a/1.jpg")
    folder.apply()
    for number in (2, 3):
        folder.write(f"h1/a/{number}.jpg")
        folder.apply(days=-number)
    assert folder.urls("a") == ["1.jpg", "2.jpg", "3.jpg"]
    folder.write("h1/a/4.jpg")
    folder.apply(days=1)
    assert len(folder.urls("a")) == 4


def test_reports_misplaced_files_and_uses_the_rest(folder, tmp_path):
    """Files too high or too deep, links that lead out and names that are no ids are reported; hidden ones are not."""
    secret = tmp_path / "secret.jpg"
    secret.write_bytes(b"secret")
    folder.write("h1/a/good.jpg")
    folder.write("h1/a/.DS_Store")
    folder.write("loose.jpg")
    folder.write("h1/loose.jpg")
    folder.write("h1/a/deep/er.jpg")
    folder.write("h\x072/a/1.jpg")
    folder.write("h1/\x07a/1.jpg")
    (folder.root / "h1/a/link.jpg").symlink_to(secret)
    (folder.root / "h1/a/inside.jpg").symlink_to(folder.root / "h1/a/good.jpg")
    (folder.root / "h3").symlink_to(tmp_path)
    problems = folder.hand_in()
    assert sorted(problem.value for problem in problems) == [
        "\x07a",
        "deep",
        "h\x072",
        "h3",
        "link.jpg",
        "loose.jpg",
        "loose.jpg",
    ]
    assert {problem.line for problem in problems} == {0}, "a folder has no lines"
    assert folder.catalogue("a") == {"h1": ["good.jpg", "inside.jpg"]}


@pytest.mark.parametrize("make", [lambda root: None, lambda root: (root / "empty").mkdir(), lambda root: root.rmdir()])
def test_without_photos_is_refused(folder, make):
    """A mistyped folder name must not withdraw every hotel."""
    make(folder.root)
    with pytest.raises(PhotosFolderError):
        folder.hand_in()
    assert folder.keys == []
