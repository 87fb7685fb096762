"""Where a partner's URL may lead, tested on real connections: addresses are judged after resolution, at every hop."""

import socket
import threading

import pytest

from image_release.outcomes import Outcome
from tests.integration.faulty_server import FaultyServer, in_turn, sends
from tests.integration.fetching import LOCAL, bytes_of, local_fetcher, outcome_of

PUBLIC = "93.184.216.34"


@pytest.fixture
def server():
    with FaultyServer({"/a": sends(b"picture")}) as running:
        yield running


def has_ipv6() -> bool:
    try:
        socket.create_server(("::1", 0), family=socket.AF_INET6).close()
    except OSError:
        return False
    return True


class Names:
    """A resolver that gives the answers of a list in turn, and remembers which hosts it was asked for."""

    def __init__(self, *answers: list[str] | OSError) -> None:
        self.answers = list(answers)
        self.asked: list[str] = []

    def __call__(self, host: str) -> list[str]:
        self.asked.append(host)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, OSError):
            raise answer
        return answer


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "2130706433", "0x7f000001", "017700000001", "0.0.0.0", "[::1]", "[::ffff:127.0.0.1]"]
)
def test_an_address_inside_is_refused_in_every_spelling(server, host):
    """The server runs and would answer; no connection is made."""
    with local_fetcher(allowed_networks=()) as fetcher:
        outcome, reason = outcome_of(fetcher.fetch(server.url("/a", host)))
    assert outcome is Outcome.FORBIDDEN_ADDRESS
    assert "loopback" in reason or "this network" in reason
    assert server.accepted == 0


def test_localhost_is_refused_by_what_the_system_resolves_it_to(server):
    """With the real resolver of the system."""
    with local_fetcher(allowed_networks=()) as fetcher:
        assert outcome_of(fetcher.fetch(server.url("/a", "localhost")))[0] is Outcome.FORBIDDEN_ADDRESS
    assert server.accepted == 0


@pytest.mark.parametrize("addresses", [[PUBLIC, "10.0.0.7"], ["10.0.0.7", PUBLIC], ["127.0.0.1", "10.0.0.7"]])
def test_a_name_with_one_forbidden_address_is_refused_whole(server, addresses):
    """The order of the addresses must not decide. The reason names the host and the address."""
    with local_fetcher(resolver=Names(addresses)) as fetcher:
        assert outcome_of(fetcher.fetch(server.url("/a", "photos.example"))) == (
            Outcome.FORBIDDEN_ADDRESS,
            "photos.example leads to 10.0.0.7: private (10.0.0.0/8)",
        )
    assert server.accepted == 0


@pytest.mark.parametrize(
    "location",
    [
        "http://169.254.169.254/latest/meta-data/",
        "http://[fd00:ec2::254]/",
        "http://[::ffff:169.254.169.254]/",
        "http://[64:ff9b::a9fe:a9fe]/",
        "http://0xa9fea9fe/",
        "//100.100.100.200/",
    ],
)
def test_a_redirect_to_a_metadata_endpoint_is_refused(server, location):
    """Each hop is judged, and a forbidden one is not retried."""
    server.routes["/b"] = sends(b"", 302, {"Location": location})
    with local_fetcher() as fetcher:
        outcome, reason = outcome_of(fetcher.fetch(server.url("/b")))
    assert outcome is Outcome.FORBIDDEN_ADDRESS
    assert reason.startswith("redirected: ")
    assert "metadata" in reason
    assert server.paths == ["/b"]


def test_a_redirect_to_a_name_that_leads_inside_is_refused(server):
    """The first hop is allowed; the second one is resolved and judged too."""
    server.routes["/b"] = sends(b"", 302, {"Location": "http://inside.example/"})
    with local_fetcher(resolver=Names(["10.1.1.1"])) as fetcher:
        assert outcome_of(fetcher.fetch(server.url("/b"))) == (
            Outcome.FORBIDDEN_ADDRESS,
            "redirected: inside.example leads to 10.1.1.1: private (10.0.0.0/8)",
        )


def test_the_connection_goes_to_the_judged_address(server):
    """DNS rebinding: DNS is asked once for a connection, and a later answer has no effect on it."""
    names = Names([LOCAL.partition("/")[0]], ["10.0.0.7"])
    with local_fetcher(resolver=names) as fetcher:
        assert bytes_of(fetcher.fetch(server.url("/a", "photos.example"))) == b"picture"
        assert names.asked == ["photos.example"]
        assert bytes_of(fetcher.fetch(server.url("/a", "photos.example"))) == b"picture"
        assert names.asked == ["photos.example"]
        fetcher.close()
        assert outcome_of(fetcher.fetch(server.url("/a", "photos.example")))[0] is Outcome.FORBIDDEN_ADDRESS
    assert server.requests[0].headers["host"] == f"photos.example:{server.port}"


def test_every_new_connection_is_judged_again(server):
    """A retry after a broken connection asks DNS again, and judges the new addresses."""
    server.routes["/a"] = in_turn(lambda exchange: exchange.reset(), sends(b"picture"))
    with local_fetcher(resolver=Names(["127.0.0.1"], ["192.168.0.1"])) as fetcher:
        assert outcome_of(fetcher.fetch(server.url("/a", "photos.example")))[0] is Outcome.FORBIDDEN_ADDRESS


def test_the_next_judged_address_is_tried_when_one_is_dead(server):
    """127.0.0.2 refuses the connection; the image comes from 127.0.0.1."""
    names = Names(["127.0.0.2", "127.0.0.1"])
    with local_fetcher(resolver=names, allowed_networks=("127.0.0.0/8",)) as fetcher:
        assert bytes_of(fetcher.fetch(server.url("/a", "photos.example"))) == b"picture"


def test_a_stand_in_replaces_dns_for_its_host_alone(server):
    """The name stays in the request; the address and the port are those of the stand-in."""
    names = Names(socket.gaierror(socket.EAI_NONAME, "unknown"))
    with local_fetcher(resolver=names, resolve={"Partner-A.example": f"127.0.0.1:{server.port}"}) as fetcher:
        assert bytes_of(fetcher.fetch("http://partner-a.example/a")) == b"picture"
        assert outcome_of(fetcher.fetch("http://partner-b.example/a")) == (
            Outcome.UNAVAILABLE,
            "there is no host partner-b.example",
        )
    assert names.asked == ["partner-b.example"]
    assert server.requests[0].headers["host"] == "partner-a.example"


def test_a_stand_in_is_judged_too(server):
    """It needs an exception in `allowed_networks`, like any other address."""
    stand_ins = {"partner-a.example": f"127.0.0.1:{server.port}"}
    with local_fetcher(resolve=stand_ins, allowed_networks=()) as fetcher:
        assert outcome_of(fetcher.fetch("http://partner-a.example/a"))[0] is Outcome.FORBIDDEN_ADDRESS


@pytest.mark.parametrize(
    ("error", "attempts"),
    [(socket.gaierror(socket.EAI_NONAME, "x"), 1), (socket.gaierror(socket.EAI_AGAIN, "x"), 4), (OSError("x"), 4)],
)
def test_an_unknown_name_is_asked_once_and_a_failing_dns_is_retried(error, attempts):
    """Both are `unavailable`, not `gone`: a name may come back."""
    names = Names(error)
    with local_fetcher(resolver=names) as fetcher:
        assert outcome_of(fetcher.fetch("http://photos.example/a"))[0] is Outcome.UNAVAILABLE
    assert len(names.asked) == attempts


def test_a_resolver_that_hangs_is_not_waited_for():
    """The connect timeout limits it, although the system's resolver has no timeout."""
    over = threading.Event()

    def hang(_host: str) -> list[str]:
        over.wait(60)
        return []

    with local_fetcher(resolver=hang, connect_timeout_s=0.05, max_attempts=2) as fetcher:
        assert outcome_of(fetcher.fetch("http://photos.example/a")) == (
            Outcome.UNAVAILABLE,
            "the name photos.example was not resolved in time (2 attempts)",
        )
    over.set()


def test_proxies_from_the_environment_are_not_used(server, monkeypatch):
    """A proxy would resolve names itself, and nothing would judge the addresses."""
    with FaultyServer() as proxy:
        for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY"):
            monkeypatch.setenv(name, proxy.url(""))
        with local_fetcher() as fetcher:
            assert bytes_of(fetcher.fetch(server.url("/a"))) == b"picture"
        assert proxy.accepted == 0


@pytest.mark.skipif(not has_ipv6(), reason="this machine has no IPv6")
def test_an_ipv6_server_is_reached_by_its_address():
    """With brackets in the URL and in the Host header."""
    with (
        FaultyServer({"/a": sends(b"picture")}, host="::1") as running,
        local_fetcher(allowed_networks=("::1/128",)) as fetcher,
    ):
        assert bytes_of(fetcher.fetch(running.url("/a"))) == b"picture"
    assert running.requests[0].headers["host"] == f"[::1]:{running.port}"
