"""Every limit of a download, tested with servers that ignore it: bytes, unpacked bytes, time, and HTTP itself."""

import gzip
import tracemalloc

import pytest

from image_release.outcomes import Outcome
from tests.integration.faulty_server import FaultyServer, sends
from tests.integration.fetching import bytes_of, local_fetcher, outcome_of, ticking_clock

PICTURE = bytes(range(256)) * 400
CHUNKED = b"HTTP/1.1 200 x\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.fixture
def server():
    with FaultyServer() as running:
        yield running


class TestBytesAreLimited:
    """`max_bytes` holds before and after unpacking, whatever length is announced."""

    def test_exactly_the_limit_is_allowed(self, server):
        """The limit itself is the size of the largest allowed original."""
        server.routes["/fits"] = sends(b"x" * 1000)
        server.routes["/exceeds"] = sends(b"x" * 1001)
        with local_fetcher(max_bytes=1000) as fetcher:
            assert len(bytes_of(fetcher.fetch(server.url("/fits")))) == 1000
            assert outcome_of(fetcher.fetch(server.url("/exceeds")))[0] is Outcome.TOO_MANY_BYTES

    def test_two_announced_gigabytes_are_not_waited_for(self, server):
        """The announcement is enough: there is no wait for the body and no retry, and the next fetch works."""
        server.routes["/a"] = lambda exchange: (
            exchange.answer(200, b"", {"Content-Length": str(2 * 1024**3)}),
            exchange.stopping.wait(),
        )
        with local_fetcher() as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"))) == (
                Outcome.TOO_MANY_BYTES,
                "more than 40000000 bytes announced (2147483648)",
            )
            assert outcome_of(fetcher.fetch(server.url("/none")))[0] is Outcome.GONE
        assert server.paths == ["/a", "/none"]

    @pytest.mark.parametrize("head", [b"HTTP/1.1 200 x\r\n\r\n", CHUNKED], ids=["no length", "chunked"])
    def test_an_endless_stream_is_cut_off_at_the_limit(self, server, head):
        """Two gigabytes without a length: we read up to the limit and close the connection."""
        sent = []

        def stream(exchange):
            exchange.send(head)
            for _ in range(2048):
                sent.append(1)
                exchange.send(b"100000\r\n" * (head == CHUNKED) + b"x" * 1024**2 + b"\r\n" * (head == CHUNKED))

        server.routes["/a"] = stream
        with local_fetcher(max_bytes=3 * 1024**2) as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"))) == (Outcome.TOO_MANY_BYTES, "more than 3145728 bytes")
        assert len(sent) < 64

    def test_a_bomb_is_not_unpacked(self, server):
        """100 MB of zeros in 100 KB: the memory that is used depends on the limit, not on the bomb."""
        bomb = gzip.compress(bytes(100_000_000))
        server.routes["/a"] = sends(bomb, headers={"Content-Encoding": "gzip"})
        with local_fetcher(max_bytes=1_000_000) as fetcher:
            tracemalloc.start()
            answer = fetcher.fetch(server.url("/a"))
            _, peak_bytes = tracemalloc.get_traced_memory()
            tracemalloc.stop()
        assert outcome_of(answer) == (Outcome.TOO_MANY_BYTES, "more than 1000000 bytes when unpacked")
        assert peak_bytes < 10_000_000

    def test_an_endless_error_page_does_not_hide_the_status(self, server):
        """It is not read to its end."""

        def endless(exchange):
            exchange.send(b"HTTP/1.1 404 x\r\n\r\n")
            while not exchange.stopping.is_set():
                exchange.send(b"x" * 65_536)

        server.routes["/a"] = endless
        with local_fetcher() as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a")))[0] is Outcome.GONE


class TestTimeIsLimited:
    """Every wait is limited: for a byte, for the image, for the run."""

    @pytest.mark.parametrize(
        "text",
        [
            b"HTTP/1.1 200 x\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100_000,
            b"HTTP/1.1 200 x\r\n" + b"X-Slow: 1\r\n" * 90,
            b"HTTP/1.1 100 Continue\r\n\r\n" * 1000,
            CHUNKED + b"1\r\nx\r\n" * 1000,
            CHUNKED + b"0" * 10_000,
        ],
        ids=["body", "headers", "continue", "chunks", "chunk size"],
    )
    def test_a_slow_loris_is_stopped_by_the_total_time(self, server, text):
        """Every read gets a byte in time, but the total time of the image ends the fetch."""
        server.routes["/a"] = lambda exchange: exchange.dribble(text, 0.001)
        with local_fetcher(total_timeout_s=60, monotonic=ticking_clock()) as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"))) == (Outcome.UNAVAILABLE, "not complete within 60 s")
        assert server.paths == ["/a"]

    def test_a_silent_server_is_retried_after_the_read_timeout(self, server):
        """Silence is a transient failure."""
        server.routes["/a"] = lambda exchange: exchange.stopping.wait()
        with local_fetcher(read_timeout_s=0.05, max_attempts=2) as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"))) == (
                Outcome.UNAVAILABLE,
                "no byte came for 0.05 s (2 attempts)",
            )

    def test_a_silent_server_is_left_when_the_time_of_the_image_is_over(self, server):
        """Even before the read timeout; the reason says that it was the total time."""
        server.routes["/a"] = lambda exchange: exchange.stopping.wait()
        with local_fetcher(read_timeout_s=30, total_timeout_s=0.05) as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"))) == (Outcome.UNAVAILABLE, "not complete within 0.05 s")

    def test_a_wait_longer_than_the_time_left_is_not_started(self, server):
        """The wait that the server asked for is returned: another run can come at the right time."""
        server.routes["/a"] = sends(b"", 503, {"Retry-After": "25"})
        waits: list[float] = []
        with local_fetcher(waits, total_timeout_s=20) as fetcher:
            answer = fetcher.fetch(server.url("/a"))
        assert outcome_of(answer) == (Outcome.UNAVAILABLE, "the server answered 503")
        assert getattr(answer, "retry_after_s", None) == 25
        assert waits == []

    def test_when_the_run_is_over_nothing_is_asked(self, server, tmp_path):
        """The image is `deferred`: another run fetches it."""
        (tmp_path / "a").write_bytes(PICTURE)
        with local_fetcher(monotonic=lambda: 100.0, file_folders=[tmp_path]) as fetcher:
            for url in (server.url("/a"), (tmp_path / "a").as_uri()):
                assert outcome_of(fetcher.fetch(url, deadline_s=100.0))[0] is Outcome.DEFERRED
        assert server.accepted == 0

    def test_when_the_run_ends_within_a_download_the_image_is_deferred(self, server):
        """Not `unavailable`, because the server did nothing wrong."""
        server.routes["/a"] = lambda exchange: exchange.dribble(b"HTTP/1.1 200 x\r\n\r\n" + bytes(99_999), 0.001)
        with local_fetcher(monotonic=ticking_clock()) as fetcher:
            assert outcome_of(fetcher.fetch(server.url("/a"), deadline_s=30.0))[0] is Outcome.DEFERRED

    def test_when_the_run_ends_before_the_next_attempt_the_image_is_deferred(self, server):
        """With the wait that the server asked for, if it asked for one."""
        server.routes["/a"] = sends(b"", 503, {"Retry-After": "20"})
        waits: list[float] = []
        with local_fetcher(waits, monotonic=lambda: 100.0) as fetcher:
            answer = fetcher.fetch(server.url("/a"), deadline_s=110.0)
        assert outcome_of(answer)[0] is Outcome.DEFERRED
        assert getattr(answer, "retry_after_s", None) == 20
        assert waits == []


@pytest.mark.parametrize(
    "text",
    [
        b"SSH-2.0-OpenSSH_9.2\r\n",
        b"HTTP/1.1 banana x\r\n\r\n",
        b"HTTP/1.1 099\r\n\r\n",
        b"\x00\xff" * 100 + b"\r\n\r\n",
        b"HTTP/1.1 200 x\r\n" + b"X: y\r\n" * 257 + b"\r\n",
        b"HTTP/1.1 200 x\r\nX: " + b"y" * 262_144 + b"\r\n\r\n",
        b"HTTP/1.1 200 x\r\nContent-Length: 4, 5\r\n\r\nabcd",
        CHUNKED + b"-5\r\nabc",
        CHUNKED + b"banana\r\nabc",
        CHUNKED + b"f" * 70_000,
    ],
)
def test_an_answer_that_is_not_http_is_unavailable(server, text):
    """An answer of another protocol does not break the run."""
    server.routes["/a"] = lambda exchange: (exchange.send(text), exchange.close())
    with local_fetcher() as fetcher:
        assert outcome_of(fetcher.fetch(server.url("/a")))[0] is Outcome.UNAVAILABLE


@pytest.mark.parametrize("length", ["-5", "banana", "9" * 5000])
def test_a_senseless_length_is_not_believed(server, length):
    """It neither breaks the fetcher nor lifts the limit."""
    server.routes["/a"] = lambda exchange: (
        exchange.answer(200, b"x" * 2000, {"Content-Length": length}),
        exchange.close(),
    )
    with local_fetcher(max_bytes=1000) as fetcher:
        assert outcome_of(fetcher.fetch(server.url("/a")))[0] is Outcome.TOO_MANY_BYTES
