"""HTTPS with a test authority: the certificate is checked for the name, although we connect to an address."""

import ssl

import pytest
import trustme

from image_release.outcomes import Outcome
from tests.integration.faulty_server import FaultyServer, sends
from tests.integration.fetching import bytes_of, local_fetcher, outcome_of, ticking_clock

HOST = "photos.example"


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture
def server(authority):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(HOST).configure_cert(context)
    with FaultyServer({"/a": sends(b"picture")}, tls=context) as running:
        yield running


@pytest.fixture
def trust(authority):
    context = ssl.create_default_context()
    authority.configure_trust(context)
    return context


def local(_host: str) -> list[str]:
    return ["127.0.0.1"]


def test_an_image_comes_over_tls_and_the_connection_is_kept(server, trust):
    """Two images over one connection."""
    with local_fetcher(resolver=local, tls=trust) as fetcher:
        assert bytes_of(fetcher.fetch(server.url("/a", HOST))) == b"picture"
        assert bytes_of(fetcher.fetch(server.url("/a", HOST))) == b"picture"
    assert server.accepted == 1


def test_a_url_without_a_scheme_is_asked_for_over_tls(server, trust):
    """`//host/…` has no page that it belongs to, so the safer scheme is taken."""
    with local_fetcher(resolver=local, tls=trust) as fetcher:
        assert bytes_of(fetcher.fetch(server.url("/a", HOST).removeprefix("https:"))) == b"picture"


@pytest.mark.parametrize("answer", [b"HTTP/1.1 400 Bad Request\r\n\r\n", b"", None])
def test_a_url_without_a_scheme_is_asked_for_over_http_where_no_tls_is(trust, answer):
    """Whether the server answers in plain text, closes or is silent. A URL that says https is not asked over http."""
    changes = {"resolver": local, "tls": trust, "connect_timeout_s": 1, "max_attempts": 1}
    plain = FaultyServer({"/a": sends(b"picture")}, to_handshakes=answer)
    with plain, local_fetcher(**changes) as fetcher:
        url = plain.url("/a", HOST)
        assert bytes_of(fetcher.fetch(url.removeprefix("http:"))) == b"picture"
        assert outcome_of(fetcher.fetch(url.replace("http:", "https:")))[0] is Outcome.UNAVAILABLE
    assert plain.paths == ["/a"]


def test_more_than_announced_ends_a_tls_connection_too(server, trust):
    """The next image comes over another one."""
    server.routes["/more"] = sends(b"picture and more", headers={"Content-Length": "7"})
    with local_fetcher(resolver=local, tls=trust) as fetcher:
        assert bytes_of(fetcher.fetch(server.url("/more", HOST))) == b"picture"
        assert bytes_of(fetcher.fetch(server.url("/a", HOST))) == b"picture"
    assert server.accepted == 2


def test_a_certificate_for_another_name_is_refused_once(server, trust):
    """A retry would not help."""
    with local_fetcher(resolver=local, tls=trust) as fetcher:
        outcome, reason = outcome_of(fetcher.fetch(server.url("/a", "other.example")))
    assert outcome is Outcome.UNAVAILABLE
    assert reason.startswith("the certificate was refused: ")
    assert (server.requests, server.accepted) == ([], 1)


def test_an_unknown_authority_is_refused(server):
    """By default the fetcher trusts the authorities that the system trusts."""
    with local_fetcher(resolver=local) as fetcher:
        outcome, reason = outcome_of(fetcher.fetch(server.url("/a", HOST)))
    assert outcome is Outcome.UNAVAILABLE
    assert reason.startswith("the certificate was refused: ")
    assert server.requests == []


def test_the_address_of_a_tls_server_is_judged_before_a_handshake(server, trust):
    """Not a byte is sent to a forbidden address."""
    with local_fetcher(resolver=local, tls=trust, allowed_networks=()) as fetcher:
        assert outcome_of(fetcher.fetch(server.url("/a", HOST)))[0] is Outcome.FORBIDDEN_ADDRESS
    assert server.accepted == 0


def test_the_connect_timeout_limits_the_handshake(trust):
    """A server without TLS never answers the handshake."""
    changes = {"resolver": local, "tls": trust, "connect_timeout_s": 1, "max_attempts": 2}  # it limits the name, too
    with FaultyServer() as plain, local_fetcher(**changes) as fetcher:
        assert outcome_of(fetcher.fetch(plain.url("/a", HOST).replace("http:", "https:"))) == (
            Outcome.UNAVAILABLE,
            "photos.example did not finish the TLS handshake in time (2 attempts)",
        )


def test_a_slow_loris_behind_tls_is_stopped_by_the_total_time(server, trust):
    """The time is checked at every read below TLS too."""
    text = b"HTTP/1.1 200 x\r\nContent-Length: 100000\r\n\r\n" + bytes(100_000)
    server.routes["/slow"] = lambda exchange: exchange.dribble(text, 0.001)
    with local_fetcher(resolver=local, tls=trust, total_timeout_s=60, monotonic=ticking_clock()) as fetcher:
        assert outcome_of(fetcher.fetch(server.url("/slow", HOST))) == (
            Outcome.UNAVAILABLE,
            "not complete within 60 s",
        )


def test_a_redirect_may_lead_from_https_to_http_and_back(server, trust):
    """A catalogue may name http itself; we send no secret, and never trust what comes back."""
    with FaultyServer() as plain, local_fetcher(resolver=local, tls=trust) as fetcher:
        server.routes["/down"] = sends(b"", 301, {"Location": plain.url("/up")})
        plain.routes["/up"] = sends(b"", 301, {"Location": server.url("/a", HOST)})
        assert bytes_of(fetcher.fetch(server.url("/down", HOST))) == b"picture"
