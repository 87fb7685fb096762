"""The server of the labelling page over real HTTP: which requests it accepts, its answers, and what it saves."""

import http.client
import json
import threading
import time
from pathlib import Path

import pytest

from image_release.child_process import ChildCrashedError, IsolatedCaller
from image_release.lab.grouping.labelling import LabelServer, Session, Thumbnails, find_hotels, read_rows
from image_release.settings import Settings
from tests.integration import labelled_corpus
from tests.integration.labelled_corpus import small_corpus, write
from tests.integration.world import jpeg, photo

BROKEN = f"h1/dolce/{labelled_corpus.BROKEN}"


class Page:
    """A client of one server, in the place of the page."""

    def __init__(self, server, corpus):
        self.server = server
        self.corpus = corpus
        self.version = 0

    def ask(self, path, body=None, *, method=None, **headers):
        """Status, headers and body of an answer; `path` is below the token."""
        return self.raw(f"/{self.server.token}/{path}", body, method=method, **headers)

    def raw(self, path, body=None, *, method=None, **headers):
        connection = http.client.HTTPConnection("127.0.0.1", self.server.server_port, timeout=120)
        data = None if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        sent = {"Content-Type": "application/json"} if data is not None else {}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        connection.request(method or ("POST" if data is not None else "GET"), path, data, sent)
        answer = connection.getresponse()
        result = answer.status, dict(answer.getheaders()), answer.read()
        connection.close()
        return result

    def hotel(self, number=0):
        """The hotel's document, once it is grouped."""
        for _ in range(2_400):
            status, _, body = self.ask(f"hotels/{number}")
            if status != http.HTTPStatus.ACCEPTED:
                assert status == http.HTTPStatus.OK, body
                document = json.loads(body)
                self.version = document["version"]
                return document
            time.sleep(0.05)
        raise AssertionError("the hotel was never grouped")

    def post(self, what, number=0, **body):
        status, _, answer = self.ask(f"hotels/{number}/{what}", {"version": self.version, **body})
        document = json.loads(answer)
        self.version = document.get("version", self.version)
        return status, document

    def edit(self, **edit):
        return self.post("edits", edit=edit)

    def labels(self):
        return {name: row.label for name, row in read_rows(self.corpus / "labels.csv").items()}


@pytest.fixture(scope="module")
def child():
    with IsolatedCaller() as caller:
        yield caller


@pytest.fixture
def serve(child):
    """Start a server on a corpus; it ends with the test."""
    servers = []

    def start(corpus, group=child):
        hotels, _ = find_hotels(corpus, read_rows(corpus / "labels.csv"))
        server = LabelServer(Session(corpus, hotels, Settings(), group, child), Thumbnails(child))
        servers.append(server)
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        return Page(server, corpus)

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()


@pytest.fixture
def page(serve, tmp_path):
    return serve(small_corpus(tmp_path))


class TestAcceptedRequests:
    def test_know_the_token(self, page):
        """Another page or another user of the machine cannot guess the address."""
        for path in ("/", "/hotels", "/x/hotels", f"/{page.server.token[:-1]}/", "//"):
            assert page.raw(path)[0] == 403
        assert page.raw("/x/hotels/0/accept", {"version": 0})[0] == 403
        assert page.labels() == {}

    def test_name_this_server_as_host(self, page):
        """A foreign host name that points to this machine is refused, even with the token."""
        assert page.ask("hotels", Host="evil.example")[0] == 403
        assert page.ask("hotels", Host=f"evil.example:{page.server.server_port}")[0] == 403
        assert page.ask("hotels", Host=f"localhost:{page.server.server_port}")[0] == 200

    def test_come_from_no_other_page(self, page):
        """A request of a foreign page is refused because of its origin, and a form because of its content type."""
        page.hotel()
        assert page.ask("hotels/0/accept", {"version": 0}, Origin="http://evil.example")[0] == 403
        assert page.ask("hotels/0/accept", {"version": 0}, Origin="null")[0] == 403
        assert page.ask("hotels/0/accept", {"version": 0}, Content_Type="text/plain")[0] == 400
        assert page.labels() == {}

    def test_come_from_this_machine(self, page):
        """The page cannot be reached from the network."""
        assert page.server.server_address[0] == "127.0.0.1"


class TestAnswers:
    @pytest.mark.parametrize(
        ("path", "kind"),
        [("", "text/html"), ("label.css", "text/css"), ("label.js", "text/javascript"), ("hotels", "application/json")],
    )
    def test_states_its_type_and_allows_nothing_foreign(self, page, path, kind):
        """No script, style or image comes from elsewhere, and browsers may not guess types from the bytes."""
        status, headers, body = page.ask(path)
        assert status == 200
        assert headers["Content-Type"].startswith(kind)
        assert int(headers["Content-Length"]) == len(body)
        assert headers["Content-Security-Policy"].startswith("default-src 'self';")
        assert headers["X-Content-Type-Options"] == "nosniff"
        assert headers["Cache-Control"] == "no-store"

    def test_every_file_of_the_page_is_found(self, page):
        """Every file that the page and its scripts use is served."""
        for name in ("label.css", "label.js", "view.js", "keys.js"):
            assert page.ask(name)[0] == 200
        folder = Path(__file__).parents[2] / "shared/image_release/lab/grouping/labelling/page"
        assert {path.name for path in folder.iterdir()} == {"index.html", "label.css", "label.js", "view.js", "keys.js"}

    @pytest.mark.parametrize(
        "path",
        [
            "../labels.csv",
            "hotels/99",
            "hotels/-1",
            "hotels/0/images/99/small",
            "hotels/0/images/0/huge",
            "hotels/0/images/..%2f..%2flabels.csv/small",
            "hotels/0/edits",
            "hotels/99999999999999999999",
        ],
    )
    def test_what_is_not_there_is_not_found(self, page, path):
        """Images are requested by number, so no path leads anywhere else."""
        assert page.ask(path)[0] == 404

    def test_pictures_are_made_anew_and_kept_by_the_browser(self, page):
        """The answer is a new JPEG; an image that cannot be decoded is an error."""
        names = [image["name"] for image in page.hotel()["images"]]
        status, headers, body = page.ask(f"hotels/0/images/{names.index('h1/atlas/a.jpg')}/small")
        assert (status, headers["Content-Type"]) == (200, "image/jpeg")
        assert body != (page.corpus / "images/h1/atlas/a.jpg").read_bytes()
        assert "max-age" in headers["Cache-Control"]
        status, headers, body = page.ask(f"hotels/0/images/{names.index(BROKEN)}/small")
        assert (status, headers["Content-Type"]) == (415, "application/json")

    @pytest.mark.parametrize(
        "body",
        [b"", b"{", b"[]", b'{"version": 0}', b'{"version": 0, "edit": {"kind": "split", "images": [99]}}', b"\xff"],
    )
    def test_what_makes_no_sense_is_refused(self, page, body):
        """A bad request changes nothing."""
        page.hotel()
        assert page.ask("hotels/0/edits", body)[0] == 400
        assert page.labels() == {}

    def test_a_body_of_any_length_is_not_read(self, page):
        """A large request cannot fill the memory."""
        page.hotel()
        assert page.ask("hotels/0/edits", b"{}", Content_Length=str(1 << 30))[0] == 400
        assert page.ask("hotels/0/edits", b"{}", Content_Length="-5")[0] == 400


class TestLabelling:
    def test_starts_with_the_groups_of_the_program_and_writes_nothing(self, page):
        """Opening a hotel saves nothing."""
        document = page.hotel()
        names = [image["name"] for image in document["images"]]
        groups = {frozenset(names[image] for image in group["images"]) for group in document["groups"]}
        assert groups == {
            frozenset({"h1/atlas/a.jpg", "h1/dolce/b.jpg"}),
            frozenset({"h1/dolce/c.jpg"}),
            frozenset({BROKEN}),
        }
        assert not document["saved"]
        assert not (page.corpus / "labels.csv").exists()

    def test_saves_each_edit_and_answers_with_the_changes(self, page):
        """The answer holds only the changed groups, and the file holds the same labels."""
        document = page.hotel()
        a, b = (next(i for i, image in enumerate(document["images"]) if image["name"] == name)
                for name in ("h1/atlas/a.jpg", "h1/dolce/b.jpg"))  # fmt: skip
        status, change = page.edit(kind="split", images=[b])
        assert (status, change["saved"], change["undo"], change["redo"]) == (200, True, 1, 0)
        assert sorted(len(group["images"]) for group in change["groups"]) == [1, 1]
        labels = page.labels()
        assert len(labels) == len(set(labels.values())) == 4
        page.post("undo")
        assert page.labels()["h1/dolce/b.jpg"] == page.labels()["h1/atlas/a.jpg"]
        page.post("redo")
        assert page.labels() == labels
        page.edit(kind="best", image=a, best=True)
        assert read_rows(page.corpus / "labels.csv")["h1/atlas/a.jpg"].best == "1"

    def test_saves_what_is_accepted_as_it_stands(self, page):
        """A hotel that the program grouped correctly needs only one key."""
        page.hotel()
        status, change = page.post("accept")
        assert (status, change["saved"], change["groups"]) == (200, True, [])
        assert len(page.labels()) == 4
        hotels = json.loads(page.ask("hotels")[2])["hotels"]
        assert [(hotel["images"], hotel["labelled"]) for hotel in hotels] == [(4, 4), (1, 0)]

    def test_goes_on_where_it_was_left(self, page, serve):
        """The next run finds the labels, and groups nothing again."""
        page.hotel()
        page.edit(kind="merge", image=0, into=3)

        def never(*_):
            raise AssertionError("there is nothing to group")

        again = serve(page.corpus, group=never).hotel()
        assert again["saved"]
        labels = page.labels()
        assert {group["label"] for group in again["groups"]} == set(labels.values())

    def test_refuses_an_edit_of_an_older_state(self, page):
        """An edit from an outdated window is refused."""
        page.hotel()
        page.edit(kind="split", images=[0])
        page.version = 0
        labels = page.labels()
        assert page.edit(kind="merge", image=0, into=1)[0] == 409
        assert page.labels() == labels

    def test_refuses_to_overwrite_another_programs_labels(self, page):
        """The page gets an error, and shows the new labels when it opens the hotel again."""
        page.hotel()
        page.post("accept")
        file = page.corpus / "labels.csv"
        file.write_bytes(file.read_bytes().replace(b"h1/00", b"h1/by-hand"))
        status, answer = page.edit(kind="split", images=[0])
        assert (status, "another program" in answer["error"]) == (409, True)
        assert b"h1/by-hand" in file.read_bytes()
        assert "h1/by-hand" in page.hotel()["order"]

    def test_reports_that_saving_failed(self, page):
        """The hotel stays as it was, on the page and in the file."""
        page.hotel()
        (page.corpus / "labels.csv").mkdir()
        status, answer = page.edit(kind="split", images=[0])
        assert status == 500
        assert "labels.csv" in answer["error"]
        (page.corpus / "labels.csv").rmdir()
        assert page.hotel()["undo"] == 0

    def test_a_hotel_that_cannot_be_grouped_can_be_labelled(self, serve, tmp_path):
        """Each image is a group of its own, and the page says why."""
        write(tmp_path, "h/p/a.jpg", jpeg(photo(1, (320, 213))))
        write(tmp_path, "h/p/b.jpg", jpeg(photo(1, (320, 213))))

        def dies(*_):
            raise ChildCrashedError("killed by SIGSEGV")

        page = serve(tmp_path, group=dies)
        document = page.hotel()
        assert [group["images"] for group in document["groups"]] == [[0], [1]]
        assert "SIGSEGV" in document["note"]
        assert page.edit(kind="merge", image=1, into=0)[0] == 200
        assert len(set(page.labels().values())) == 1

    def test_edits_of_two_hotels_at_once_are_all_saved(self, serve, tmp_path):
        """Each save keeps the edits of the other thread."""
        for hotel in ("g", "h"):
            for number in range(4):
                write(tmp_path, f"{hotel}/p/{number}.jpg", jpeg(photo(number, (320, 213)), 60))
        page = serve(tmp_path)
        page.hotel(0)
        page.hotel(1)
        ends = {}

        def work(number):
            mine = Page(page.server, tmp_path)
            for step in range(15):
                status, _ = mine.post("edits", number, edit={"kind": "best", "image": step % 4, "best": step % 3 > 0})
                ends[number, step] = status

        threads = [threading.Thread(target=work, args=(number,)) for number in (0, 1)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert set(ends.values()) == {200}
        assert len(page.labels()) == 8
