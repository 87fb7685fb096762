"""`file:` URLs: only regular files below the folders that were named."""

import os

import pytest

from image_release.fetch import Fetched, NotModified
from image_release.outcomes import Outcome
from tests.integration.fetching import bytes_of, local_fetcher, outcome_of


@pytest.fixture
def photos(tmp_path):
    """A named folder with an image, beside a secret that no URL may reach."""
    folder = tmp_path / "photos"
    (folder / "h1").mkdir(parents=True)
    (folder / "h1" / "a b#ü.jpg").write_bytes(b"picture")
    (tmp_path / "secret.jpg").write_bytes(b"secret")
    (tmp_path / "photos-not").mkdir()
    (tmp_path / "photos-not" / "a.jpg").write_bytes(b"secret")
    return folder


@pytest.fixture
def fetcher(photos):
    with local_fetcher(file_folders=[photos], max_bytes=1000) as running:
        yield running


def test_a_file_below_a_named_folder_is_read(fetcher, photos):
    """Its name may have spaces and special characters."""
    assert bytes_of(fetcher.fetch((photos / "h1" / "a b#ü.jpg").as_uri())) == b"picture"


def test_an_unchanged_file_is_not_read_again_and_a_changed_one_is(fetcher, photos):
    """Modification time and size are its ETag."""
    file = photos / "h1" / "a b#ü.jpg"
    first = fetcher.fetch(file.as_uri())
    assert isinstance(first, Fetched)
    assert fetcher.fetch(file.as_uri(), first.validators) == NotModified(first.validators)
    file.write_bytes(b"another")
    os.utime(file, ns=(1, 1))
    assert bytes_of(fetcher.fetch(file.as_uri(), first.validators)) == b"another"


@pytest.mark.parametrize(
    "path",
    [
        "../secret.jpg",
        "%2e%2e/secret.jpg",
        "h1/../../secret.jpg",
        "../photos-not/a.jpg",
        "../missing.jpg",
        "../../../../etc/passwd",
    ],
)
def test_nothing_outside_the_folders_is_read_or_revealed(fetcher, photos, path):
    """Not by `..`, and not in a folder whose name starts the same; a missing file outside gives the same answer."""
    assert outcome_of(fetcher.fetch(f"file://{photos}/{path}")) == (
        Outcome.BAD_URL,
        "the file is not below a folder named on the command line",
    )


def test_a_symbolic_link_leads_nowhere_outside(fetcher, photos):
    """Links to files and folders outside are refused; links within the folder are allowed."""
    (photos / "file.jpg").symlink_to(photos.parent / "secret.jpg")
    (photos / "folder").symlink_to(photos.parent / "photos-not")
    (photos / "inside.jpg").symlink_to(photos / "h1" / "a b#ü.jpg")
    for name in ("file.jpg", "folder/a.jpg"):
        assert outcome_of(fetcher.fetch((photos / name).as_uri()))[0] is Outcome.BAD_URL
    assert bytes_of(fetcher.fetch((photos / "inside.jpg").as_uri())) == b"picture"


def test_a_named_folder_may_itself_be_a_link(photos, tmp_path):
    """The person who started the program named it."""
    (tmp_path / "link").symlink_to(photos)
    with local_fetcher(file_folders=[tmp_path / "link"]) as fetcher:
        assert bytes_of(fetcher.fetch((tmp_path / "link" / "h1" / "a b#ü.jpg").as_uri())) == b"picture"


def test_without_named_folders_every_file_is_refused(photos):
    """A catalogue cannot read the disk."""
    with local_fetcher() as fetcher:
        assert outcome_of(fetcher.fetch((photos / "h1" / "a b#ü.jpg").as_uri()))[0] is Outcome.BAD_URL


def test_a_path_that_is_not_a_regular_file_is_a_bad_url(fetcher, photos):
    """A folder, a path through a file, and a FIFO, at which a reader would wait for ever."""
    os.mkfifo(photos / "fifo.jpg")
    for path in ("h1", "h1/a b#ü.jpg/b.jpg", "fifo.jpg", ""):
        assert outcome_of(fetcher.fetch((photos / path).as_uri()))[0] is Outcome.BAD_URL


def test_a_missing_file_is_gone(fetcher, photos):
    """As with a 404."""
    assert outcome_of(fetcher.fetch((photos / "none.jpg").as_uri())) == (Outcome.GONE, "there is no such file")


def test_a_file_is_limited_in_bytes(fetcher, photos):
    """The same limit as on the network."""
    (photos / "fits.jpg").write_bytes(bytes(1000))
    (photos / "exceeds.jpg").write_bytes(bytes(1001))
    assert len(bytes_of(fetcher.fetch((photos / "fits.jpg").as_uri()))) == 1000
    assert outcome_of(fetcher.fetch((photos / "exceeds.jpg").as_uri()))[0] is Outcome.TOO_MANY_BYTES


def test_a_loop_of_links_and_a_name_too_long_are_unavailable(fetcher, photos):
    """The system refuses the file, and the run goes on."""
    (photos / "loop").symlink_to(photos / "loop")
    for path in ("loop", "x" * 300):
        assert outcome_of(fetcher.fetch((photos / path).as_uri()))[0] is Outcome.UNAVAILABLE
