"""How a partner's URL is read: cleaned as browsers clean it, and refused if it leads nowhere or carries credentials."""

from contextlib import suppress
from ipaddress import IPv6Address
from urllib.parse import unquote, urlsplit

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from image_release.fetch.answers import BadUrlError
from image_release.fetch.urls import FileUrl, WebUrl, parse_redirect, parse_url
from image_release.outcomes import Outcome


@pytest.mark.parametrize(
    ("text", "canonical"),
    [
        ("http://Example.COM", "http://example.com/"),
        ("HTTPS://example.com:443/a.jpg", "https://example.com/a.jpg"),
        ("http://example.com:8080/a.jpg#part", "http://example.com:8080/a.jpg"),
        ("http://example.com:/a.jpg", "http://example.com/a.jpg"),
        ("http://example.com./a.jpg", "http://example.com/a.jpg"),
        ("  http://example.com/a b.jpg ", "http://example.com/a%20b.jpg"),
        ("http://example.com/Zürich/Hôtel.jpg", "http://example.com/Z%C3%BCrich/H%C3%B4tel.jpg"),
        ("http://example.com/a%20b%2fc.jpg", "http://example.com/a%20b%2fc.jpg"),
        ("http://example.com/100%.jpg", "http://example.com/100%.jpg"),
        ("http://example.com?w=1&h=ü x", "http://example.com/?w=1&h=%C3%BC%20x"),
        ("http://example.com/a?u=http://b/?c", "http://example.com/a?u=http://b/?c"),
        ("http://bücher.example/a", "http://xn--bcher-kva.example/a"),
        ("http://straße.example/a", "http://xn--strae-oqa.example/a"),
        ("http://ＥＸＡＭＰＬＥ。com/a", "http://example.com/a"),
        ("http://img_1.example.com/a", "http://img_1.example.com/a"),
        ("http://[2606:4700:0::1111]/a", "http://[2606:4700::1111]/a"),
        ("http://0x7f.1/a", "http://127.0.0.1/a"),
        ("http://１２７.0.0.1/a", "http://127.0.0.1/a"),
        ("http://[::FFFF:127.0.0.1]/a", f"http://[{IPv6Address('::ffff:127.0.0.1')}]/a"),
        ("http://[fe80::1%25eth0]/a", "http://[fe80::1]/a"),
        ("http://[::1%eth0]/a", "http://[::1]/a"),
    ],
)
def test_a_url_is_written_canonically(text, canonical):
    """One resource, one spelling: lower-case ASCII host, encoded path, no default port, no fragment."""
    assert str(parse_url(text)) == canonical


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "example.com/a.jpg",
        "/a.jpg",
        "ftp://example.com/a.jpg",
        "javascript:alert(1)",
        "data:image/png;base64,AAAA",
        "gopher://127.0.0.1:25/_HELO",
        "http:",
        "http://",
        "http://user@example.com/a.jpg",
        "http://user:secret@example.com/a.jpg",
        "http://example.com@10.0.0.1/a.jpg",
        "http://example.com:0/a.jpg",
        "http://example.com:65536/a.jpg",
        "http://example.com:-1/a.jpg",
        "http://example.com:+80/a.jpg",
        "http://example.com:8a/a.jpg",
        "http://exa mple.com/a.jpg",
        "http://example..com/a.jpg",
        "http://1.2.3.4../a.jpg",
        "http://.example.com/a.jpg",
        "http://ex%2561mple.com/a.jpg",
        "http://exam%0aple.com/a.jpg",
        "http://exam%2fple.com/a.jpg",
        "http://user%40example.com/a.jpg",
        "http://example.com%3A80/a.jpg",
        "http://%ff.com/a.jpg",
        "http://%C2%AD/a.jpg",
        "http://@example.com/a.jpg",
        "http://127.0.0.1%2f@example.com/",
        "http://exam\x00ple.com/a.jpg",
        "http://exam\x7fple.com/a.jpg",
        "http://exam\x85ple.com/a.jpg",
        "http://exam\ud800ple.com/a.jpg",
        "http://exam\u3000ple.com/a.jpg",
        "http://a|b.example/a.jpg",
        "http://a\u200db.example/a.jpg",
        "http://\u0301a.example/a.jpg",
        "http://aא.example/a.jpg",
        "https:\n",
        "http://[::1",
        "http://[::1]x/",
        "http://[::1]x:80/",
        "http://::1/",
        "http://[v1.a]/",
        "http://[example.com]/",
        "http://[127.0.0.1]/",
        "http://256.0.0.1/",
        "http://1.2.3.4.5/",
        "http://example.com℀/",
        f"http://{'a' * 64}.example/",
        f"http://{'a.' * 127}example/",
        f"http://{'ü' * 300}.example/",
        "http://example.com/" + "a" * 2048,
    ],
)
def test_what_could_be_an_attack_or_a_mistake_is_a_bad_url(text):
    """Credentials, other schemes, and hosts and ports that cannot be, are refused with a reason that can be printed."""
    with pytest.raises(BadUrlError) as caught:
        parse_url(text)
    assert caught.value.failed.rejection.outcome is Outcome.BAD_URL
    assert caught.value.failed.rejection.reason.isprintable()
    assert len(caught.value.failed.rejection.reason) < 250


@given(st.text())
def test_any_text_is_a_url_or_a_bad_url(text):
    """No text in a feed makes the parser fail in another way."""
    for prefix in ("", "http://", "http://example.com/", "file://"):
        with suppress(BadUrlError):
            assert str(parse_url(prefix + text)).isprintable()


@given(st.text(st.characters(exclude_categories=["Cc", "Cs"]), max_size=200))
def test_a_path_is_sent_as_ascii_and_means_the_same(text):
    """The encoded path is plain ASCII, and decodes to the name that the feed has."""
    path = text.translate(dict.fromkeys(map(ord, "%?#\\"), ""))
    assume(not {".", ".."} & set(path.split("/")))  # dot segments are resolved
    url = parse_url(f"http://example.com/x{path}x")
    assert isinstance(url, WebUrl)
    assert url.target.isascii()
    assert " " not in url.target
    assert unquote(url.target) == f"/x{path}x"


@given(st.text(max_size=200) | st.from_regex(r"[a.%/\\\\0-9x:@?#\[\]]{0,40}", fullmatch=True))
def test_reading_what_was_written_changes_nothing(text):
    """The canonical spelling is read as itself, and the standard library finds the same host in it."""
    try:
        url = parse_url(f"http://{text}")
    except BadUrlError:
        return
    assert parse_url(str(url)) == url
    assert (urlsplit(str(url)).hostname, urlsplit(str(url)).port or 80) == (url.host, url.port)


@pytest.mark.parametrize(
    ("written", "plain"),
    [("//h.example/a", "http://h.example/a"), ("//h.example:8443/a?b", "http://h.example:8443/a?b")],
)
def test_a_url_without_a_scheme_has_a_place_without_tls(written, plain):
    """At the default port of http, or at the port that it names."""
    url = parse_url(written)
    assert isinstance(url, WebUrl)
    assert url.guessed
    assert url.without_tls() == parse_url(plain)


@pytest.mark.parametrize(
    ("location", "target"),
    [
        ("/b.jpg", "http://example.com/b.jpg"),
        ("b c.jpg", "http://example.com/dir/b%20c.jpg"),
        ("//cdn.example/b.jpg", "http://cdn.example/b.jpg"),
        ("https://cdn.example/b.jpg?sig=" + "x" * 3000, "https://cdn.example/b.jpg?sig=" + "x" * 3000),
        ("?v=2", "http://example.com/dir/a.jpg?v=2"),
        ("../b.jpg", "http://example.com/b.jpg"),
        ("./", "http://example.com/dir/"),
        ("\\b.jpg", "http://example.com/b.jpg"),
        ("/\\cdn.example\\b.jpg", "http://cdn.example/b.jpg"),
        ("///cdn.example/b.jpg", "http://cdn.example/b.jpg"),
        ("http:b.jpg", "http://example.com/dir/b.jpg"),
        ("http:/b.jpg", "http://example.com/b.jpg"),
        ("https:b.jpg", "https://b.jpg/"),
        ("#part", "http://example.com/dir/a.jpg?v=1"),
        ("\u3000 /b\r\n.jpg\ufeff", "http://example.com/b.jpg"),
        ("//127.1/b", "http://127.0.0.1/b"),
    ],
)
def test_a_redirect_is_relative_to_where_it_was_met(location, target):
    """As browsers read `Location`; long signed targets are common."""
    base = parse_url("http://example.com/dir/a.jpg?v=1")
    assert isinstance(base, WebUrl)
    assert str(parse_redirect(base, location)) == target


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "FILE:etc", "ftp://a/", "//u:p@a/", "http://[", "//a:0/", "/" * 8193]
)
def test_a_redirect_to_anything_odd_is_a_bad_url(location):
    """A server cannot send us to a local file."""
    base = parse_url("http://example.com/dir/a.jpg")
    assert isinstance(base, WebUrl)
    with pytest.raises(BadUrlError):
        parse_redirect(base, location)


@pytest.mark.parametrize(
    ("text", "path"),
    [
        ("file:///photos/h1/a.jpg", "/photos/h1/a.jpg"),
        ("file://localhost/photos/a.jpg", "/photos/a.jpg"),
        ("file:/photos/a.jpg", "/photos/a.jpg"),
        ("file:///photos/a%20b%23c%3Fd.jpg", "/photos/a b#c?d.jpg"),
        ("file:///photos/%FF.jpg", "/photos/\udcff.jpg"),
        ("\ufeffFILE://LOCALHOST/photos\\a.jpg\r\n", "/photos/a.jpg"),
    ],
)
def test_a_file_url_is_an_absolute_path(text, path):
    """Decoded once, as bytes: a file's name need not be UTF-8."""
    assert parse_url(text) == FileUrl(path)


@pytest.mark.parametrize(
    "text",
    ["file://server/share/a.jpg", "file:a.jpg", "file:///a?b", "file:///a#b", "file:///a%00b", "file://", "file:"],
)
def test_an_odd_file_url_is_a_bad_url(text):
    """Other machines, relative paths and half-encoded names are refused."""
    with pytest.raises(BadUrlError):
        parse_url(text)
