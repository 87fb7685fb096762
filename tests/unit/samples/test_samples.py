"""The feeds of the demo are valid, the same at every start, and served as a partner would serve them."""

import http.client
import io
from datetime import UTC, datetime

import pytest
from PIL import Image

from image_release.ingest.catalogues import CatalogueApplied, apply_catalogue
from image_release.ingest.releases.applying import ReleaseApplied, apply_release
from image_release.settings import Settings
from image_release.storage import MemoryStore
from samples.partners import HOST, PARTNERS, RELEASE_ID, VERSION, make_feed, sample_hotels, sent_files
from samples.serve import serving


@pytest.fixture(scope="module")
def feed(tmp_path_factory):
    folder = tmp_path_factory.mktemp("feed")
    make_feed(folder)
    return folder


def test_three_hotels_have_eight_photographs_and_more():
    """Enough photographs, large enough, and together not too large for a repository."""
    hotels = sample_hotels()
    assert len(hotels) == 3
    assert all(len(hotel.photographs()) >= 8 for hotel in hotels)
    photographs = [path for hotel in hotels for path in hotel.photographs().values()]
    assert sum(path.stat().st_size for path in photographs) < 8_000_000
    assert all(min(Image.open(path).size) >= 600 for path in photographs)


def test_a_second_making_changes_no_file(feed):
    """Else hotels would be changed in the second run of the demo."""
    before = {path: path.stat().st_mtime_ns for path in feed.rglob("*") if path.is_file()}
    make_feed(feed)
    assert {path: path.stat().st_mtime_ns for path in feed.rglob("*") if path.is_file()} == before


def test_release_and_catalogues_are_accepted_without_a_problem(feed):
    """The demo hands in valid files; one of the ids has to be percent-encoded."""
    inbox, state = MemoryStore(), MemoryStore()
    for partner in PARTNERS:
        key = f"catalogues/{partner}/{VERSION}.jsonl"
        inbox.put(key, (feed / key).read_bytes())
        applied = apply_catalogue(inbox, state, key, Settings())
        assert isinstance(applied, CatalogueApplied)
        assert applied.problems == ()
    inbox.put(f"releases/{RELEASE_ID}.csv", (feed / f"{RELEASE_ID}.csv").read_bytes())
    applied = apply_release(inbox, state, f"releases/{RELEASE_ID}.csv", Settings(), datetime.now(UTC))
    assert isinstance(applied, ReleaseApplied)
    assert (applied.hotels, applied.problems, applied.warnings) == (3, (), ())
    assert "%24bb" in (feed / f"{RELEASE_ID}.csv").read_text(encoding="utf-8")


def test_partners_send_wrong_things_too():
    """The feeds contain every kind of bad file."""
    names = {sent.name for sent in sent_files() if sent.photograph is None}
    assert {
        "tiny.jpg",
        "no_image.jpg",
        "truncated.jpg",
        "web_page.jpg",
        "one_colour.jpg",
        "no-longer-there.jpg",
    } == names


class TestTheServer:
    def ask(self, address, path, headers=None):
        connection = http.client.HTTPConnection(address)
        connection.putrequest("GET", path)
        for name, value in (headers or {}).items():
            connection.putheader(name, value)
        connection.endheaders()
        answer = connection.getresponse()
        body = answer.read()
        connection.close()
        return answer, body

    def test_answers_with_files_and_says_when_they_have_not_changed(self, feed):
        sent = next(sent_files())
        with serving(feed / "files") as address:
            answer, body = self.ask(address, sent.url.removeprefix(HOST))
            assert answer.status == 200
            assert Image.open(io.BytesIO(body)).format == "JPEG"
            again, nothing = self.ask(address, sent.url.removeprefix(HOST), {"If-None-Match": answer.headers["ETag"]})
            assert (again.status, nothing) == (304, b"")

    @pytest.mark.parametrize("path", ["/nothing.jpg", "/../hotels.csv", "/%2e%2e/hotels.csv", "//etc/passwd", "/"])
    def test_gives_nothing_that_is_not_in_its_folder(self, feed, path):
        with serving(feed / "files") as address:
            assert self.ask(address, path)[0].status == 404
