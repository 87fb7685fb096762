"""Many threads and one fetcher: connections are used again, and their number is limited without failed images."""

import threading
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from image_release.outcomes import Outcome
from tests.integration.faulty_server import Exchange, FaultyServer, sends
from tests.integration.fetching import bytes_of, local_fetcher, outcome_of

IMAGES = 40
THREADS = 12


@pytest.fixture
def server():
    with FaultyServer({f"/{number}": sends(f"picture {number}".encode()) for number in range(IMAGES)}) as running:
        yield running


def all_at_once(fetch: Callable[[str], bytes], urls: Sequence[str]) -> list[bytes]:
    with ThreadPoolExecutor(THREADS) as threads:
        return list(threads.map(fetch, urls))


def meeting(expected: int) -> Callable[[Exchange], None]:
    """Make a route that answers when `expected` requests are there, or when no more come."""
    together = threading.Barrier(expected)

    def route(exchange: Exchange) -> None:
        try:
            together.wait(10)
        except threading.BrokenBarrierError:
            together.reset()
        exchange.answer(200, b"picture")

    return route


def test_one_connection_serves_one_image_after_the_other(server):
    """After errors and redirects too; an answer that is longer than announced does not harm the next one."""
    server.routes["/long"] = sends(b"x" * 500, headers={"Content-Length": "100"})
    server.routes["/moved"] = sends(b"moved", 302, {"Location": "/0"})
    with local_fetcher() as fetcher:
        for number in range(IMAGES):
            assert bytes_of(fetcher.fetch(server.url(f"/{number}"))) == f"picture {number}".encode()
        assert outcome_of(fetcher.fetch(server.url("/none")))[0] is Outcome.GONE
        assert bytes_of(fetcher.fetch(server.url("/moved"))) == b"picture 0"
        assert server.accepted == 1
        assert bytes_of(fetcher.fetch(server.url("/long"))) == b"x" * 100
        assert bytes_of(fetcher.fetch(server.url("/1"))) == b"picture 1"


def test_a_connection_that_the_server_closed_is_replaced(server):
    """Without a failure: servers often close idle connections."""
    server.routes["/last"] = lambda exchange: (exchange.answer(200, b"picture"), exchange.close())
    with local_fetcher() as fetcher:
        for _ in range(5):
            assert bytes_of(fetcher.fetch(server.url("/last"))) == b"picture"
    assert server.accepted == 5


def test_each_thread_gets_its_own_image(server):
    """Forty images, twelve threads, four connections: every thread gets the right bytes."""
    urls = [server.url(f"/{number}") for number in range(IMAGES)] * 5
    with local_fetcher(connections_per_host=4) as fetcher:
        answers = all_at_once(lambda url: bytes_of(fetcher.fetch(url)), urls)
    assert answers == [f"picture {number}".encode() for number in range(IMAGES)] * 5
    assert server.accepted <= 4
    assert server.most_at_once <= 4


@pytest.mark.parametrize("limits", [{"connections_per_host": 3}, {"connections": 3}])
def test_no_more_requests_run_at_once_than_allowed(server, limits):
    """Of twelve threads, exactly three run a request at the same time."""
    server.routes["/meet"] = meeting(3)
    with local_fetcher(**limits) as fetcher:
        answers = all_at_once(lambda url: bytes_of(fetcher.fetch(url)), [server.url("/meet")] * THREADS)
    assert answers == [b"picture"] * THREADS
    assert server.most_at_once == 3


def test_the_limit_of_a_host_leaves_room_for_others(server):
    """While one host is at its limit, images of another host are fetched."""
    release = threading.Event()
    server.routes["/slow"] = lambda exchange: (release.wait(30), exchange.answer(200, b"slow"))
    stand_ins = dict.fromkeys(("a.example", "b.example"), f"127.0.0.1:{server.port}")
    with local_fetcher(connections_per_host=2, resolve=stand_ins) as fetcher, ThreadPoolExecutor(4) as threads:
        slow = [threads.submit(fetcher.fetch, "http://a.example/slow") for _ in range(4)]
        assert bytes_of(fetcher.fetch("http://b.example/1")) == b"picture 1"
        release.set()
        assert [bytes_of(answer.result()) for answer in slow] == [b"slow"] * 4


def test_waiting_for_a_free_connection_costs_the_image_none_of_its_time(server):
    """Twelve threads share one connection, and each request takes ten seconds: the last one is fetched too."""
    clock = [0.0]

    def slow(exchange: Exchange) -> None:
        clock[0] += 10
        exchange.answer(200, b"picture")

    server.routes["/slow"] = slow
    with local_fetcher(connections=1, total_timeout_s=60, monotonic=lambda: clock[0]) as fetcher:
        answers = all_at_once(lambda url: bytes_of(fetcher.fetch(url)), [server.url("/slow")] * THREADS)
    assert answers == [b"picture"] * THREADS


def test_an_image_that_waits_for_a_connection_until_the_run_ends_is_deferred(server):
    """The wait ends at the deadline."""
    release, arrived = threading.Event(), threading.Event()
    server.routes["/slow"] = lambda exchange: (arrived.set(), release.wait(30), exchange.answer(200, b"slow"))
    with local_fetcher(connections=1, monotonic=lambda: 0.0) as fetcher, ThreadPoolExecutor(1) as threads:
        slow = threads.submit(fetcher.fetch, server.url("/slow"))
        arrived.wait(30)
        assert outcome_of(fetcher.fetch(server.url("/1"), deadline_s=0.05))[0] is Outcome.DEFERRED
        release.set()
        assert bytes_of(slow.result()) == b"slow"
