"""What a partner's server may answer, and what the fetch returns: bytes, statuses, retries, redirects."""

import gzip
import io
import zlib

import pytest
from PIL import Image

from image_release.fetch import Fetched, NotModified, Validators
from image_release.outcomes import Outcome
from tests.integration.faulty_server import FaultyServer, in_turn, sends
from tests.integration.fetching import bytes_of, local_fetcher, outcome_of

PICTURE = bytes(range(256)) * 400
DATE = "Tue, 24 Nov 2026 12:00:00 GMT"
MISPACKED = gzip.compress(PICTURE)[:10] + b"\xff" * 20
CHUNKED = b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def server():
    with FaultyServer() as running:
        yield running


class TestBytes:
    """The fetch returns exactly the bytes that the server sent."""

    def test_the_bytes_arrive_whole_with_their_validators(self, server):
        """Body, ETag and Last-Modified as the server sent them."""
        server.routes["/a.jpg"] = sends(PICTURE, headers={"ETag": '"v1"', "Last-Modified": DATE})
        with local_fetcher() as fetcher:
            assert fetcher.fetch(server.url("/a.jpg")) == Fetched(PICTURE, Validators('"v1"', DATE))

    def test_a_very_wide_png_is_only_bytes_here(self, server):
        """60,000 pixels by 1: the fetcher does not check images."""
        png = io.BytesIO()
        Image.new("RGB", (60_000, 1), "teal").save(png, "PNG")
        server.routes["/wide.png"] = sends(png.getvalue())
        with local_fetcher() as fetcher:
            assert bytes_of(fetcher.fetch(server.url("/wide.png"))) == png.getvalue()

    def test_a_chunked_body_is_put_together(self, server):
        """No Content-Length is needed."""
        server.routes["/a"] = lambda exchange: exchange.send(CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n")
        with local_fetcher() as fetcher:
            assert bytes_of(fetcher.fetch(server.url("/a"))) == b"abcde"

    def test_a_body_may_end_with_its_connection(self, server):
        """As with HTTP/1.0 servers."""
        server.routes["/a"] = lambda exchange: (exchange.send(b"HTTP/1.0 200 OK\r\n\r\n" + PICTURE), exchange.close())
        with local_fetcher() as fetcher:
            assert bytes_of(fetcher.fetch(server.url("/a"))) == PICTURE

    @pytest.mark.parametrize(
        ("name", "pack"), [("gzip", gzip.compress), ("X-GZIP", gzip.compress), ("deflate", zlib.compress)]
    )
    def test_a_packed_body_is_unpacked_though_nobody_asked(self, server, name, pack):
        """Object stores send files as they were stored, whatever the request says."""
        server.routes["/a"] = sends(pack(PICTURE), headers={"Content-Encoding": name})
        with local_fetcher() as fetcher:
            assert bytes_of(fetcher.fetch(server.url("/a"))) == PICTURE

    def test_the_request_asks_for_plain_bytes_under_our_name(self, server):
        """Identity encoding, our user agent, and the path percent-encoded."""
        with local_fetcher(user_agent="image-release/test") as fetcher:
            fetcher.fetch(server.url("/a b/ü.jpg?w=1"))
        (request,) = server.requests
        assert (request.method, request.target) == ("GET", "/a%20b/%C3%BC.jpg?w=1")
        assert request.headers["accept-encoding"] == "identity"
        assert request.headers["user-agent"] == "image-release/test"
        assert request.headers["host"] == f"127.0.0.1:{server.port}"
        assert not {"cookie", "authorization", "referer", "if-none-match"} & request.headers.keys()


class TestStatuses:
    """Which outcome a status gives."""

    @pytest.mark.parametrize("status", [404, 410])
    def test_a_picture_that_was_taken_away_is_gone_at_once(self, server, status):
        """A 404 is not retried."""
        server.routes["/a"] = sends(b"no", status)
        with local_fetcher() as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"))) == (Outcome.GONE, f"the server answered {status}")
        assert server.paths == ["/a"]

    @pytest.mark.parametrize("status", [202, 204, 205, 300, 304, 400, 401, 403, 405, 418, 451, 501, 505, 599])
    def test_any_other_refusal_keeps_the_last_good_copy_and_is_not_repeated(self, server, status):
        """`unavailable` without a retry; so is an unexpected 304."""
        server.routes["/a"] = sends(b"", status)
        with local_fetcher() as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"))) == (Outcome.UNAVAILABLE, f"the server answered {status}")
        assert server.paths == ["/a"]


class TestRetries:
    """Only transient failures are retried, with back-off and full jitter."""

    @pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
    def test_a_transient_status_is_retried(self, server, status):
        """A failure, then the image."""
        server.routes["/a"] = in_turn(sends(b"", status), sends(PICTURE))
        with local_fetcher() as fetcher:
            assert bytes_of(fetcher.fetch(server.url("/a"))) == PICTURE

    @pytest.mark.parametrize(
        "fault",
        [
            lambda exchange: exchange.reset(),
            lambda exchange: exchange.close(),
            lambda exchange: (exchange.answer(200, PICTURE, {"Content-Length": "999999"}), exchange.close()),
            lambda exchange: (exchange.answer(200, PICTURE, {"Content-Length": "999999"}), exchange.reset()),
            lambda exchange: (exchange.send(b"HTTP/1.1 200 x\r\nContent-Le"), exchange.close()),
            lambda exchange: (exchange.send(CHUNKED + b"5\r\nab"), exchange.close()),
            lambda exchange: (exchange.send(CHUNKED + b"5\r\nabcde\r\n"), exchange.close()),
            lambda exchange: exchange.answer(200, gzip.compress(PICTURE)[:-20], {"Content-Encoding": "gzip"}),
            lambda exchange: exchange.answer(200, MISPACKED, {"Content-Encoding": "gzip"}),
        ],
        ids=[
            "reset",
            "no answer",
            "truncated",
            "reset within",
            "half a header",
            "half a chunk",
            "no last chunk",
            "half packed",
            "mispacked",
        ],
    )
    def test_a_broken_answer_is_retried_and_never_taken_for_the_image(self, server, fault):
        """A part of an image is not an answer; after four broken answers the image is `unavailable`."""
        server.routes["/passes"] = in_turn(fault, sends(PICTURE))
        server.routes["/stays"] = fault
        with local_fetcher() as fetcher:
            assert bytes_of(fetcher.fetch(server.url("/passes"))) == PICTURE
        with local_fetcher() as fetcher:
            outcome, reason = outcome_of(fetcher.fetch(server.url("/stays")))
        assert outcome is Outcome.UNAVAILABLE
        assert reason.endswith("(4 attempts)")
        assert server.paths.count("/stays") == 4

    def test_a_refused_connection_is_retried_and_then_unavailable(self, server):
        """No server listens at the address."""
        with FaultyServer() as stopped:
            url = stopped.url("/a")
        waits: list[float] = []
        with local_fetcher(waits) as fetcher:
            outcome, reason = outcome_of(fetcher.fetch(url))
        assert (outcome, reason) == (
            Outcome.UNAVAILABLE,
            "no connection to 127.0.0.1: connection refused (4 attempts)",
        )
        assert len(waits) == 3

    @pytest.mark.parametrize(
        ("random", "expected"), [(1.0, [0.5, 1.0, 2.0]), (0.5, [0.25, 0.5, 1.0]), (0.0, [0, 0, 0])]
    )
    def test_the_waits_double_and_are_jittered_over_their_whole_length(self, server, random, expected):
        """Full jitter: a wait from 0 to the whole back-off."""
        server.routes["/a"] = sends(b"", 503)
        waits: list[float] = []
        with local_fetcher(waits, random=lambda: random, back_off_s=0.5) as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"))) == (
                Outcome.UNAVAILABLE,
                "the server answered 503 (4 attempts)",
            )
        assert waits == expected

    @pytest.mark.parametrize(
        ("headers", "wait"),
        [
            ({"Retry-After": "7"}, 7),
            ({"Retry-After": "0"}, 0),
            ({"Retry-After": "Tue, 24 Nov 2026 12:00:09 GMT"}, 9),
            ({"Retry-After": "Tue, 24 Nov 2020 12:00:09 GMT"}, 0),
            ({"Retry-After": "Mon, 01 Jan 2001 00:00:20 GMT", "Date": "Mon, 01 Jan 2001 00:00:00 GMT"}, 20),
            ({"Retry-After": "soon"}, 0),
            ({"Retry-After": "-5"}, 0),
            ({"Retry-After": ""}, 0),
            ({}, 0),
        ],
    )
    def test_the_server_says_how_long_to_wait(self, server, headers, wait):
        """Seconds or a date, which is compared with the server's own clock; an unreadable value is ignored."""
        server.routes["/a"] = in_turn(sends(b"", 429, headers), sends(PICTURE))
        waits: list[float] = []
        with local_fetcher(waits, random=lambda: 0.0) as fetcher:
            assert bytes_of(fetcher.fetch(server.url("/a"))) == PICTURE
        assert waits == [wait]

    @pytest.mark.parametrize(
        ("asked", "returned_s"),
        [
            ("31", 31),
            ("Tue, 24 Nov 2026 12:01:00 GMT", 60),
            ("9" * 400, 7 * 86_400),
            ("Fri, 31 Dec 9999 23:59:59 GMT", 7 * 86_400),
        ],
    )
    def test_a_longer_wait_is_returned_and_left_to_another_run(self, server, asked, returned_s):
        """`unavailable` at once, with the wait that the server asked for, at most a week."""
        server.routes["/a"] = sends(b"", 503, {"Retry-After": asked})
        waits: list[float] = []
        with local_fetcher(waits, max_retry_after_s=30) as fetcher:
            answer = fetcher.fetch(server.url("/a"))
        assert outcome_of(answer)[0] is Outcome.UNAVAILABLE
        assert getattr(answer, "retry_after_s", None) == returned_s
        assert waits == []
        assert server.paths == ["/a"]


class TestRevalidation:
    """An image that did not change is not sent again."""

    KNOWN = Validators('"v1"', DATE)

    def test_what_did_not_change_is_not_sent(self, server):
        """The validators are sent back unchanged, and the answer may replace them."""
        server.routes["/a"] = sends(b"", 304, {"ETag": '"v2"'})
        with local_fetcher() as fetcher:
            assert fetcher.fetch(server.url("/a"), self.KNOWN) == NotModified(Validators('"v2"', DATE))
        assert server.requests[0].headers["if-none-match"] == '"v1"'
        assert server.requests[0].headers["if-modified-since"] == DATE

    def test_what_changed_is_sent_whole(self, server):
        """New bytes with new validators; the old ones are dropped."""
        server.routes["/a"] = sends(PICTURE, headers={"ETag": 'W/"v3"'})
        with local_fetcher() as fetcher:
            assert fetcher.fetch(server.url("/a"), self.KNOWN) == Fetched(PICTURE, Validators('W/"v3"', None))

    def test_a_date_is_not_carried_over_a_redirect(self, server):
        """The redirect may lead to another, older image now, and that one "did not change since" either."""
        server.routes["/a"] = sends(b"", 302, {"Location": "/b"})
        server.routes["/b"] = sends(PICTURE, headers={"ETag": '"b"', "Last-Modified": DATE})
        with local_fetcher() as fetcher:
            assert fetcher.fetch(server.url("/a"), self.KNOWN) == Fetched(PICTURE, Validators('"b"', None))
        assert "if-modified-since" not in server.requests[1].headers
        assert server.requests[1].headers["if-none-match"] == '"v1"'

    @pytest.mark.parametrize("bad", ["", "a\r\nX-Evil: 1", "a\n", "ü", "x" * 513])
    def test_a_validator_that_cannot_be_sent_is_not(self, server, bad):
        """A damaged cache or a hostile server cannot add headers; without validators a 304 is a fault."""
        server.routes["/a"] = sends(b"", 304)
        with local_fetcher() as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"), Validators(bad, bad)))[0] is Outcome.UNAVAILABLE
        assert not {"if-none-match", "if-modified-since", "x-evil"} & server.requests[0].headers.keys()

    def test_an_endless_validator_is_not_kept(self, server):
        """The cache keeps validators for millions of images."""
        server.routes["/a"] = sends(PICTURE, headers={"ETag": "x" * 5000, "Last-Modified": "ü"})
        with local_fetcher() as fetcher:
            assert fetcher.fetch(server.url("/a")) == Fetched(PICTURE, Validators())


class TestRedirects:
    """Redirects are followed, within limits; test_fetch_judging has the forbidden targets."""

    @pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
    def test_a_redirect_is_followed(self, server, status):
        """Every redirect status; the location is relative, with a space and UTF-8 in it."""
        server.routes["/a"] = sends(b"moved", status, {"Location": "/b ü.jpg"})
        server.routes["/b%20%C3%BC.jpg"] = sends(PICTURE)
        with local_fetcher() as fetcher:
            assert bytes_of(fetcher.fetch(server.url("/a"))) == PICTURE
        assert server.accepted == 1

    def test_a_circle_is_found_at_once(self, server):
        """At the first URL that repeats, and not only at the limit."""
        server.routes["/a"] = sends(b"", 302, {"Location": "/b"})
        server.routes["/b"] = sends(b"", 302, {"Location": "/a#again"})
        with local_fetcher() as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"))) == (
                Outcome.UNAVAILABLE,
                "the redirects go round in a circle",
            )
        assert server.paths == ["/a", "/b"]

    def test_the_number_of_redirects_is_limited(self, server):
        """At most `max_redirects` redirects are followed."""
        for number in range(9):
            server.routes[f"/{number}"] = sends(b"", 302, {"Location": f"/{number + 1}"})
        server.routes["/9"] = sends(PICTURE)
        with local_fetcher(max_redirects=5) as fetcher:
            assert bytes_of(fetcher.fetch(server.url("/4"))) == PICTURE
            assert outcome_of(fetcher.fetch(server.url("/3"))) == (Outcome.UNAVAILABLE, "more than 5 redirects")
        with local_fetcher(max_redirects=0) as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/8"))) == (Outcome.UNAVAILABLE, "more than 0 redirects")

    def test_a_redirect_to_nowhere_is_unavailable(self, server):
        """An answer without a Location header."""
        server.routes["/a"] = sends(b"", 302)
        with local_fetcher() as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a")))[0] is Outcome.UNAVAILABLE

    @pytest.mark.parametrize(
        "location", ["file:///etc/passwd", "ftp://example.com/a", "http://u:p@127.0.0.1/", "http://["]
    )
    def test_a_redirect_to_what_is_no_web_address_is_a_bad_url(self, server, location):
        """A server cannot make us open a local file."""
        server.routes["/a"] = sends(b"", 302, {"Location": location})
        with local_fetcher() as fetcher:
            outcome, reason = outcome_of(fetcher.fetch(server.url("/a")))
        assert outcome is Outcome.BAD_URL
        assert reason.startswith("redirected: ")


def test_a_url_that_cannot_be_asked_for_is_a_bad_url():
    """The rules are in test_urls; no request is sent."""
    with local_fetcher() as fetcher:
        assert outcome_of(fetcher.fetch("ftp://example.com/a.jpg"))[0] is Outcome.BAD_URL
