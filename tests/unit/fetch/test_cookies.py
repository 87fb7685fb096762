"""Whom a cookie goes back to; test_fetch_odd_urls has the rest over real HTTP."""

from datetime import UTC, datetime

import pytest

from image_release.fetch.cookies import CookieJar
from image_release.fetch.urls import WebUrl, parse_url


def sent(cookie, giver, asked):
    jar = CookieJar(lambda: datetime(2026, 11, 24, tzinfo=UTC))
    urls = [parse_url(giver), parse_url(asked)]
    assert isinstance(urls[0], WebUrl)
    assert isinstance(urls[1], WebUrl)
    jar.take(urls[0], [cookie])
    return jar.header_for(urls[1])


@pytest.mark.parametrize(
    ("cookie", "giver", "asked"),
    [
        ("a=1", "https://h.example/x", "https://h.example/x"),
        ("a=1", "https://h.example/x", "http://h.example/x"),
        ("a=1; Secure", "https://h.example/x", "https://h.example/x"),
        ("a=1; Domain=127.0.0.1", "http://127.0.0.1/", "http://127.0.0.1/"),
        ("a=1; Path=/x", "http://h.example/", "http://h.example/x/y"),
        ("a=1; Path=/x/", "http://h.example/", "http://h.example/x/y?z"),
        ("a=1; Path=x", "http://h.example/x/y", "http://h.example/x/z"),
    ],
)
def test_a_cookie_goes_back_to_its_host(cookie, giver, asked):
    """Below its path; a secure one over TLS."""
    assert sent(cookie, giver, asked) == "a=1"


@pytest.mark.parametrize(
    ("cookie", "giver", "asked"),
    [
        ("a=1; Secure", "https://h.example/x", "http://h.example/x"),
        ("a=1; Secure", "http://h.example/x", "https://h.example/x"),
        ("a=1; Domain=0.0.1", "http://127.0.0.1/", "http://127.0.0.1/"),
        ("a=1; Domain=0.0.1", "http://127.0.0.1/", "http://128.0.0.1/"),
        ("a=1; Domain=::1", "http://[1::1]/", "http://[2::1]/"),
        ("a=1; Path=/x", "http://h.example/", "http://h.example/xy"),
        ("a=1", "http://h.example/x/y", "http://h.example/z"),
    ],
)
def test_a_cookie_goes_nowhere_else(cookie, giver, asked):
    """Not to an address that ends alike, not from TLS to plain text, not beside its path."""
    assert sent(cookie, giver, asked) == ""
