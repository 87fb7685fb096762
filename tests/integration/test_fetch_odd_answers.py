"""Odd answers over real HTTP: what every browser shows is fetched, and a part is never taken for the whole."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image_release.fetch import Fetched, FetchFailed
from image_release.outcomes import Outcome
from tests.integration.faulty_server import FaultyServer
from tests.integration.fetching import bytes_of, local_fetcher, outcome_of
from tests.integration.odd_answers import (
    CHUNKED,
    FAILED,
    GZIP,
    HALF,
    IMAGE,
    LENGTH,
    OK,
    SHOWN,
    THREE,
    answer,
    chunks,
    head,
)

MIXED = [raw for raw in [*SHOWN.values(), *(raw for raw, _ in FAILED.values())] if len(raw) < 20_000]
PIECES = [b"", b"\r\n", b"\n", b"\0", b"\xff", b":", b" ", b";", b"0\r\n\r\n", b"\x1f\x8b\x08", GZIP, HALF]
PIECES += [f"{line}\r\n".encode() for line in (CHUNKED, LENGTH, "Content-Length: 5", "Content-Encoding: gzip, deflate")]
PIECES += [
    f"{line}\r\n".encode() for line in ("Location: /mixed", "Set-Cookie: a=1", "HTTP/1.1 302 x", "HTTP/1.1 103 x")
]


def in_one_piece(raw):
    return lambda exchange: exchange.send(raw)


def sends_and_closes(raw):
    return lambda exchange: (exchange.send(raw), exchange.close())


@pytest.fixture(scope="module")
def server():
    routes = {f"/shown/{at}": sends_and_closes(raw) for at, raw in enumerate(SHOWN.values())}
    routes |= {f"/failed/{at}": sends_and_closes(raw) for at, (raw, _) in enumerate(FAILED.values())}
    with FaultyServer(routes) as running:
        yield running


@pytest.fixture(scope="module")
def fetcher():
    with local_fetcher(max_attempts=1) as running:
        yield running


@pytest.mark.parametrize("case", SHOWN)
def test_what_browsers_show_is_fetched(server, fetcher, case):
    """The whole image, byte for byte."""
    others = {"a short deflate stream by chance": b"\x03\x00" + IMAGE, "the length of the unpacked file": IMAGE * 2}
    expected = b"" if "empty body" in case else others.get(case, IMAGE)
    assert bytes_of(fetcher.fetch(server.url(f"/shown/{list(SHOWN).index(case)}"))) == expected


@pytest.mark.parametrize("case", FAILED)
def test_what_is_no_whole_image_is_unavailable(server, fetcher, case):
    """The reason says what came."""
    outcome, reason = outcome_of(fetcher.fetch(server.url(f"/failed/{list(FAILED).index(case)}")))
    assert outcome is Outcome.UNAVAILABLE
    assert FAILED[case][1] in reason


class TestTheConnectionAfterwards:
    """An odd answer does not spoil the next one on its connection."""

    @pytest.mark.parametrize(
        "odd",
        [
            answer() + b"<!-- served by x -->\r\n",
            answer() + answer(body=b"other"),
            head(OK, CHUNKED) + chunks(*THREE) + b"more",
            head("HTTP/1.1 304 Not Modified", "Content-Length: 4") + b"body",
        ],
    )
    def test_more_than_announced_is_not_the_next_answer(self, fetcher, odd):
        """Whether it comes with the answer or after the next request: the next image comes whole."""
        with FaultyServer({"/odd": lambda exchange: exchange.send(odd), "/plain": in_one_piece(answer())}) as running:
            fetcher.fetch(running.url("/odd"))
            assert bytes_of(fetcher.fetch(running.url("/plain"))) == IMAGE
        assert running.accepted == 2

    @pytest.mark.parametrize(
        "raw",
        [
            answer(),
            head(OK, CHUNKED) + chunks(*THREE),
            head(OK, CHUNKED, end="\n") + chunks(*THREE, end=b"\n"),
            head("HTTP/1.0 200 OK", "Connection: keep-alive", LENGTH) + IMAGE,
            head("HTTP/1.1 103 x") + answer(),
        ],
    )
    def test_a_whole_answer_leaves_its_connection_open(self, fetcher, raw):
        """Two images, one connection."""
        with FaultyServer({"/a": in_one_piece(raw)}) as running:
            for _ in range(2):
                assert bytes_of(fetcher.fetch(running.url("/a"))) == IMAGE
        assert running.accepted == 1

    def test_rubbish_on_a_new_connection_is_a_failure(self, fetcher):
        """Also where the connection before it was closed: only one that was kept open is replaced."""
        with FaultyServer({"/a": sends_and_closes(answer()), "/b": sends_and_closes(b"rubbish\r\n")}) as running:
            fetcher.fetch(running.url("/a"))
            assert outcome_of(fetcher.fetch(running.url("/b")))[0] is Outcome.UNAVAILABLE
        assert running.accepted == 2

    @pytest.mark.parametrize(
        "fault",
        [
            lambda exchange: exchange.send(b"rubbish\r\n"),
            lambda exchange: exchange.reset(),
            lambda exchange: exchange.close(),
            lambda exchange: (exchange.send(b"HTTP/1.1 200 OK\r\n"), exchange.close()),
        ],
        ids=["rubbish", "reset", "closed", "half a head"],
    )
    def test_a_connection_that_was_kept_open_and_fails_is_replaced_at_once(self, fetcher, fault):
        """Its server may have ended it when the request was on its way: that is no failed attempt."""
        used = set()

        def route(exchange):
            known = exchange.connected in used
            used.add(exchange.connected)
            fault(exchange) if known else exchange.send(answer())

        with FaultyServer({"/a": route}) as running:
            for _ in range(3):
                assert bytes_of(fetcher.fetch(running.url("/a"))) == IMAGE
        assert running.accepted == 3


@settings(max_examples=60)
@given(st.data())
def test_no_answer_makes_a_fetch_fail_in_another_way(server, fetcher, data):
    """Answers that were cut, doubled and mixed at random: there is a result, and a reason that can be printed."""
    raw = data.draw(st.sampled_from(MIXED))
    for _ in range(data.draw(st.integers(1, 3))):
        at = data.draw(st.integers(0, min(len(raw), 300)))
        raw = raw[:at] + data.draw(st.sampled_from(PIECES)) + raw[at + data.draw(st.integers(0, 30)) :]
    server.routes["/mixed"] = sends_and_closes(raw)
    answered = fetcher.fetch(server.url("/mixed"))
    assert isinstance(answered, Fetched | FetchFailed)
    if isinstance(answered, FetchFailed):
        outcome_of(answered)
