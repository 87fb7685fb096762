"""What browsers repair in a URL is repaired for fetching: the WHATWG URL standard, case by case."""

from ipaddress import IPv4Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.fetch.addresses import FORBIDDEN_IPV4, HostJudge, forbidden_because
from image_release.fetch.answers import BadUrlError, ForbiddenAddressError
from image_release.fetch.urls import WebUrl, parse_redirect, parse_url

SURROUNDINGS = {
    "newline after": "{}\n",
    "tab before": "\t{}",
    "CRLF around": "\r\n{}\r\n",
    "C0 controls around": "\x00\x1f{}\x08\x1b",
    "NBSP around": "\u00a0{}\u00a0",
    "ideographic space around": "\u3000{}\u3000",
    "BOM before": "\ufeff{}",
    "zero-width space after": "{}\u200b",
    "direction marks around": "\u200e{}\u200f",
    "line separator after": "{}\u2028",
    "NEL after": "{}\x85",
    "all of them": " \ufeff\t\u00a0{}\u3000\r\n\u200b ",
}

WRITTEN = [
    # slashes, schemes and ports
    ("//h.example/a", "https://h.example/a"),
    ("\\\\h.example\\a", "https://h.example/a"),
    ("/\\h.example/a", "https://h.example/a"),
    ("http:/h.example/a", "http://h.example/a"),
    ("https:h.example/a", "https://h.example/a"),
    ("http:////h.example/a", "http://h.example/a"),
    ("http:\\\\h.example\\b\\c?x\\y", "http://h.example/b/c?x\\y"),
    ("http://h.example\\@10.0.0.1/a", "http://h.example/@10.0.0.1/a"),
    ("hTTp://H.EXAMPLE/A", "http://h.example/A"),
    ("http://h.example:80/a", "http://h.example/a"),
    ("https://h.example:443", "https://h.example/"),
    ("http://h.example:443/a", "http://h.example:443/a"),
    ("http://h.example:/a", "http://h.example/a"),
    ("http://h.example:00080/a", "http://h.example/a"),
    ("http://h.example:08080/a", "http://h.example:8080/a"),
    ("http:///h.example/a", "http://h.example/a"),
    # tabs and line ends anywhere, other control characters in paths
    ("ht\ntp:/\t/h.exa\r\nmple/a\tb.jpg", "http://h.example/ab.jpg"),
    ("http://h.example/a\r\nHost: evil", "http://h.example/aHost:%20evil"),
    ("http://h.example/a\x00b\x1bc\x7f\x85d", "http://h.example/a%00b%1Bc%7F%C2%85d"),
    ("http://h.example/a\ud800b", "http://h.example/a%EF%BF%BDb"),
    # dot segments and fragments
    ("http://h.example/a/../b", "http://h.example/b"),
    ("http://h.example/../../b", "http://h.example/b"),
    ("http://h.example/a/./b/.", "http://h.example/a/b/"),
    ("http://h.example/a/b/..", "http://h.example/a/"),
    ("http://h.example/a/%2e%2E/b", "http://h.example/b"),
    ("http://h.example/a/.%2e/%2E/b", "http://h.example/b"),
    ("http://h.example\\a\\..\\b", "http://h.example/b"),
    ("http://h.example/a/..%2f/b", "http://h.example/a/..%2f/b"),
    ("http://h.example/.../a", "http://h.example/.../a"),
    ("http://h.example//a//b", "http://h.example//a//b"),
    ("http://h.example/a?b/../c", "http://h.example/a?b/../c"),
    ("http://h.example/a#b?c", "http://h.example/a"),
    ("http://h.example#a", "http://h.example/"),
    ("http://h.example?a#b", "http://h.example/?a"),
    ("http://h.example/a?", "http://h.example/a?"),
    # what is encoded, and what stays
    ("http://h.example/a|b", "http://h.example/a|b"),
    ('http://h.example/"<>^`{}', "http://h.example/%22%3C%3E%5E%60%7B%7D"),
    ('http://h.example/?"<>^`{}|', "http://h.example/?%22%3C%3E^`{}|"),
    ("http://h.example/it's?it's", "http://h.example/it's?it%27s"),
    ("http://h.example/a[1]$&()*+,;=:@!~", "http://h.example/a[1]$&()*+,;=:@!~"),
    ("http://h.example/100%", "http://h.example/100%"),
    ("http://h.example/100%zz%2", "http://h.example/100%zz%2"),
    ("http://h.example/%C3%BC%2f%7e", "http://h.example/%C3%BC%2f%7e"),
    ("http://h.example/ü 写.jpg?é", "http://h.example/%C3%BC%20%E5%86%99.jpg?%C3%A9"),
    ("http://h.example/a\u00a0b", "http://h.example/a%C2%A0b"),
    # hosts
    ("http://h%2Eexample/a", "http://h.example/a"),
    ("http://%48.example/a", "http://h.example/a"),
    ("http://b%C3%BCcher.example/a", "http://xn--bcher-kva.example/a"),
    ("http://BÜCHER.example/a", "http://xn--bcher-kva.example/a"),
    ("http://bu\u0308cher.example/a", "http://xn--bcher-kva.example/a"),
    ("http://faß.example/a", "http://xn--fa-hia.example/a"),
    ("http://☃.example/a", "http://xn--n3h.example/a"),
    ("http://日本語。example/a", "http://xn--wgv71a119e.example/a"),
    ("http://h\u00ad\u200b.example/a", "http://h.example/a"),
    ("http://ｈ．ｅｘａｍｐｌｅ/a", "http://h.example/a"),
    ("http://h.example./a", "http://h.example/a"),
    ("http://a_b-.example/a", "http://a_b-.example/a"),
    ("http://127.0.0.1./a", "http://127.0.0.1/a"),
    ("http://%31%32%37.1/a", "http://127.0.0.1/a"),
    ("http://１２７。０。０。１/a", "http://127.0.0.1/a"),
    ("http://0x7F.0.1/a", "http://127.0.0.1/a"),
    ("http://[2606:4700:0::0001]:80/a", "http://[2606:4700::1]/a"),
]


@pytest.mark.parametrize("around", SURROUNDINGS.values(), ids=SURROUNDINGS)
def test_what_surrounds_a_url_is_not_part_of_it(around):
    """White space, control characters and invisible characters, as feeds have them."""
    assert str(parse_url(around.format("http://h.example/a.jpg"))) == "http://h.example/a.jpg"


@pytest.mark.parametrize(("written", "asked"), WRITTEN)
def test_a_url_is_asked_for_as_browsers_ask(written, asked):
    """The right column is what a browser requests."""
    assert str(parse_url(written)) == asked


# --- whatever is written, the host that is requested is the one that is judged

forbidden = st.sampled_from([network for network, _ in FORBIDDEN_IPV4]).flatmap(
    lambda network: st.integers(int(network[0]), int(network[-1])).map(IPv4Address)
)


@st.composite
def spellings(draw):
    """A URL that leads to a forbidden IPv4 address, written as oddly as the standard allows."""
    address = draw(forbidden)
    parts = address.packed
    kept = draw(st.integers(0, 3))
    numbers = [*parts[:kept], int.from_bytes(parts[kept:])]
    dots = st.sampled_from([".", "。", "．", "｡", "%2E", "%2e", "%E3%80%82"])
    host = draw(dots).join(draw(st.sampled_from([str(n), hex(n), f"0{n:o}", f"0X00{n:X}"])) for n in numbers)
    digits = draw(st.sampled_from(["plain", "full width", "percent"]))
    if digits == "full width":
        host = host.translate({ord(d): 0xFEE0 + ord(d) for d in "0123456789"}) if "%" not in host else host
    elif digits == "percent" and "%" not in host:
        host = "".join(f"%{ord(d):02x}" if d.isascii() else d for d in host)
    scheme = draw(st.sampled_from(["http:", "HTTPS:", "http:/", "http://", "https:\\\\", "http:///\\", "//", "\\/"]))
    end = draw(st.sampled_from(["", ".", ":", ":80", "/", "\\a", "?a", "#a", ".:8080/a/../.."]))
    place = draw(st.integers(0, len(scheme)))
    junk = draw(st.text("\t\r\n", max_size=3))
    around = draw(st.text(" \t\n\x00\u00a0\u3000\ufeff\u200b", max_size=3))
    return address, around + scheme[:place] + junk + scheme[place:] + host + end + around


@given(spellings())
def test_a_forbidden_address_is_forbidden_in_every_spelling(case):
    """The parsed host is the address, and no connection may go there."""
    address, written = case
    url = parse_url(written)
    assert isinstance(url, WebUrl)
    assert url.host == str(address)
    with pytest.raises(ForbiddenAddressError):
        HostJudge(lambda _: [], (), {}).endpoints(url.host, url.port, 1)


@given(st.text("htp:/\\@.%[]#?0127fx。１\t \u00a0", max_size=60), st.booleans())
def test_whatever_is_written_the_requested_host_is_judged(text, redirected):
    """A host is a name that the resolver is asked for, or an address in canonical spelling: there is no third thing."""
    asked: list[str] = []

    def resolver(host: str) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    base = WebUrl("http", "h.example", 80, "/a/b")
    try:
        url = parse_redirect(base, text) if redirected else parse_url(text)
    except BadUrlError:
        return
    assert isinstance(url, WebUrl)
    assert parse_url(str(url)) == url
    assert url.target.isascii()
    assert url.target.isprintable()
    try:
        endpoints = HostJudge(resolver, (), {}).endpoints(url.host, url.port, 1)
    except ForbiddenAddressError:
        assert asked in ([], [url.host])
    else:
        assert not asked
        assert [str(endpoint.address) for endpoint in endpoints] == [url.host]
        assert forbidden_because(endpoints[0].address) is None
