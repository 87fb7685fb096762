"""A folder of photos becomes a release and catalogues: misplaced files are reported and not used."""

import json
import os
from datetime import UTC, datetime, timedelta

import pytest

from image_release.ingest import PhotosFolderError, hand_in_photos
from image_release.storage import MemoryStore

NOW = datetime(2026, 11, 1, tzinfo=UTC)


class Folder:
    """A folder of photos, and the inbox that receives its release and catalogues."""

    def __init__(self, root) -> None:
        self.root = root
        self.inbox = MemoryStore()

    def write(self, path: str, data: bytes = b"photo"):
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(data)
        return file

    def hand_in(self, days: int = 0):
        return hand_in_photos(self.root, self.inbox, NOW + timedelta(days=days))

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


def test_with_a_partner_gone_hands_in_an_empty_catalogue(folder):
    """The partner's images are deleted from its hotels."""
    folder.write("h1/a/1.jpg")
    (folder.write("h1/b/1.jpg")).unlink()
    folder.write("h1/b/2.jpg")
    folder.hand_in()
    (folder.root / "h1/b/2.jpg").unlink()
    (folder.root / "h1/b").rmdir()
    folder.hand_in(days=1)
    assert (folder.catalogue("a"), folder.catalogue("b")) == ({"h1": ["1.jpg"]}, {})


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
