"""Odd URLs and redirects, over real HTTP: what a browser asks for is asked for, at the host that was judged."""

import pytest

from image_release.outcomes import Outcome
from tests.integration.faulty_server import FaultyServer, sends
from tests.integration.fetching import bytes_of, local_fetcher, outcome_of

IMAGE = b"the whole image"

URLS = {
    # {} is host:port; the second is the target that the server gets
    "newline after": ("http://{}/a.jpg\n", "/a.jpg"),
    "tab before": ("\thttp://{}/a.jpg", "/a.jpg"),
    "CR LF within": ("http://{}/a\r\n.jpg", "/a.jpg"),
    "NBSP around": ("\u00a0http://{}/a.jpg\u00a0", "/a.jpg"),
    "ideographic space after": ("http://{}/a.jpg\u3000", "/a.jpg"),
    "BOM before": ("\ufeffhttp://{}/a.jpg", "/a.jpg"),
    "zero-width space after": ("http://{}/a.jpg\u200b", "/a.jpg"),
    "C0 control before": ("\x01http://{}/a.jpg", "/a.jpg"),
    "scheme in capitals": ("HTTP://{}/a.jpg", "/a.jpg"),
    "one slash": ("http:/{}/a.jpg", "/a.jpg"),
    "no slash": ("http:{}/a.jpg", "/a.jpg"),
    "backslashes": ("http:\\\\{}\\b\\a.jpg", "/b/a.jpg"),
    "dot segments": ("http://{}/x/../y/./a.jpg", "/y/a.jpg"),
    "dot segments above the root": ("http://{}/../../a.jpg", "/a.jpg"),
    "encoded dot segments": ("http://{}/x/%2e%2E/a.jpg", "/a.jpg"),
    "two slashes in the path": ("http://{}//x//a.jpg", "//x//a.jpg"),
    "no path": ("http://{}", "/"),
    "only a query": ("http://{}?a", "/?a"),
    "an empty query": ("http://{}/a.jpg?", "/a.jpg?"),
    "a fragment": ("http://{}/a.jpg#top", "/a.jpg"),
    "a space": ("http://{}/a b.jpg?c d", "/a%20b.jpg?c%20d"),
    "UTF-8": ("http://{}/Zürich/写真.jpg?é", "/Z%C3%BCrich/%E5%86%99%E7%9C%9F.jpg?%C3%A9"),
    "a percent sign": ("http://{}/100%.jpg", "/100%.jpg"),
    "a percent sign beside an escape": ("http://{}/100%/a%20b.jpg", "/100%/a%20b.jpg"),
    "an escape in small letters": ("http://{}/a%2fb%c3%bc.jpg", "/a%2fb%c3%bc.jpg"),
    "an escaped escape": ("http://{}/a%2520b.jpg", "/a%2520b.jpg"),
    "a bar": ("http://{}/a|b.jpg?c|d", "/a|b.jpg?c|d"),
    "quotation marks": ("http://{}/a\"b'c.jpg?\"'", "/a%22b'c.jpg?%22%27"),
    "angle brackets": ("http://{}/<a>.jpg?<b>", "/%3Ca%3E.jpg?%3Cb%3E"),
    "caret, backtick and braces": ("http://{}/^`{{}}.jpg?^`{{}}", "/%5E%60%7B%7D.jpg?^`{{}}"),
    "square brackets": ("http://{}/a[1].jpg?b[]=1", "/a[1].jpg?b[]=1"),
    "NUL and DEL": ("http://{}/a\x00b\x7f.jpg", "/a%00b%7F.jpg"),
    "signs that stay": ("http://{}/a;b=c&d+e,f~g!(h)*$@:", "/a;b=c&d+e,f~g!(h)*$@:"),
}

HOSTS = [
    "photos.example",
    "PHOTOS.Example",
    "photos.example.",
    "photos%2Eexample",
    "p%68otos.example",
    "ｐｈｏｔｏｓ。ｅｘａｍｐｌｅ",
    "photos\u00ad.example",
    "pho\ttos.example",
]


@pytest.fixture(scope="module")
def server():
    with FaultyServer() as running:
        yield running


@pytest.fixture(scope="module")
def fetcher():
    with local_fetcher(max_attempts=1, resolver=lambda _: ["127.0.0.1"]) as running:
        yield running


def shows(server, target):
    server.routes[target.partition("?")[0]] = sends(IMAGE)


@pytest.mark.parametrize("case", URLS)
def test_a_url_is_asked_for_as_browsers_ask(server, fetcher, case):
    """The target on the wire is the cleaned one, and nothing encodes it a second time."""
    written, target = (text.format(f"127.0.0.1:{server.port}") for text in URLS[case])
    shows(server, target)
    assert bytes_of(fetcher.fetch(written)) == IMAGE
    assert server.paths[-1] == target


@pytest.mark.parametrize("written", HOSTS)
def test_a_host_is_asked_for_by_its_canonical_name(server, fetcher, written):
    """In DNS, and in the Host header."""
    shows(server, "/a")
    assert bytes_of(fetcher.fetch(f"http://{written}:{server.port}/a")) == IMAGE
    assert server.requests[-1].headers["host"] == f"photos.example:{server.port}"


LOCATIONS = {
    # the request is for /dir/a.jpg?v=1 at 127.0.0.1; {} is host:port
    "relative": (b"b.jpg", "/dir/b.jpg"),
    "absolute path": (b"/b.jpg", "/b.jpg"),
    "upwards": (b"../b.jpg", "/b.jpg"),
    "query alone": (b"?v=2", "/dir/a.jpg?v=2"),
    "without a scheme": (b"//{}/b.jpg", "/b.jpg"),
    "backslashes": (b"\\\\{}\\b.jpg", "/b.jpg"),
    "scheme alone": (b"http:b.jpg", "/dir/b.jpg"),
    "scheme and one slash": (b"http:/b.jpg", "/b.jpg"),
    "scheme in capitals": (b"HTTP://{}/b.jpg", "/b.jpg"),
    "spaces around": (b"  /b.jpg \t", "/b.jpg"),
    "spaces within": (b"/b c.jpg", "/b%20c.jpg"),
    "raw UTF-8": ("/Zürich.jpg".encode(), "/Z%C3%BCrich.jpg"),
    "raw Latin-1": ("/Zürich.jpg".encode("latin-1"), "/Z%FCrich.jpg"),
    "NBSP after": ("/b.jpg\u00a0".encode(), "/b.jpg"),
    "a tab within": (b"/b\t.jpg", "/b.jpg"),
    "folded": (b"\r\n /b.jpg", "/b.jpg"),
    "a fragment": (b"/b.jpg#top", "/b.jpg"),
    "a stray percent sign": (b"/100%.jpg", "/100%.jpg"),
    "twice the same": (b"/b.jpg\r\nLocation: /b.jpg", "/b.jpg"),
    "empty, then not": (b"\r\nLocation: /b.jpg", "/b.jpg"),
    "loopback in another spelling": (b"http://0x7f.1:PORT/b.jpg", "/b.jpg"),
}

NOWHERE = {
    "none": (b"X: y", Outcome.UNAVAILABLE, "without saying where to go"),
    "empty": (b"Location:", Outcome.UNAVAILABLE, "without saying where to go"),
    "two different": (b"Location: /a\r\nLocation: /b", Outcome.UNAVAILABLE, "two places to go"),
    "itself": (b"Location: #again", Outcome.UNAVAILABLE, "round in a circle"),
    "itself with a dot": (b"Location: /dir/./a.jpg?v=1", Outcome.UNAVAILABLE, "round in a circle"),
    "a file": (b"Location: file:///etc/passwd", Outcome.BAD_URL, "redirected: the URL is a local file"),
    "credentials": (b"Location: http://u:p@127.0.0.1/", Outcome.BAD_URL, "redirected: the URL contains credentials"),
    "a private address": (b"Location: http:/\\10.1/", Outcome.FORBIDDEN_ADDRESS, "redirected: 10.0.0.1 is private"),
    "metadata, encoded": (b"Location: //%31%36%39.254.43518", Outcome.FORBIDDEN_ADDRESS, "metadata"),
    "metadata in wide digits": ("Location: //１６９。254.169.254".encode(), Outcome.FORBIDDEN_ADDRESS, "metadata"),
    "data": (b"Location: data:image/png;base64,", Outcome.BAD_URL, "is not http, https or file"),
    "a host with NUL": (b"Location: //a\x00b/", Outcome.BAD_URL, "is not a host name"),
}


def redirects(server, header):
    header = header.replace(b"{}", b"127.0.0.1:%d" % server.port).replace(b"PORT", b"%d" % server.port)
    raw = b"HTTP/1.1 302 Found\r\n%s\r\nContent-Length: 0\r\n\r\n" % header
    return lambda exchange: sends(IMAGE)(exchange) if "v=2" in exchange.request.target else exchange.send(raw)


@pytest.mark.parametrize("case", LOCATIONS)
def test_a_redirect_is_followed_as_browsers_follow(server, fetcher, case):
    """Relative to the URL that was asked for, and cleaned like every URL."""
    location, target = LOCATIONS[case]
    shows(server, target)
    server.routes["/dir/a.jpg"] = redirects(server, b"Location: " + location)
    assert bytes_of(fetcher.fetch(server.url("/dir/a.jpg?v=1"))) == IMAGE
    assert server.paths[-1] == target


@pytest.mark.parametrize("case", NOWHERE)
def test_a_redirect_to_nowhere_or_inside_is_not_followed(server, fetcher, case):
    """The reason says why."""
    header, outcome, reason = NOWHERE[case]
    server.routes["/dir/a.jpg"] = redirects(server, header)
    answered = outcome_of(fetcher.fetch(server.url("/dir/a.jpg?v=1")))
    assert answered[0] is outcome
    assert reason in answered[1]
    assert server.paths[-1] == "/dir/a.jpg?v=1"


class TestCookies:
    """A cookie goes back to its server within one chain of redirects, and nowhere else."""

    def gives(self, *set_cookies, location="", status=302):
        """A route that redirects, gives cookies, and shows the image to a request that has one."""

        def route(exchange):
            if "cookie" in exchange.request.headers:
                return exchange.answer(200, IMAGE)
            fields = "".join(f"Set-Cookie: {cookie}\r\n" for cookie in set_cookies)
            where = location or exchange.request.target
            exchange.send(
                f"HTTP/1.1 {status} x\r\n{fields}Location: {where}\r\nContent-Length: 0\r\n\r\n".encode("latin-1")
            )
            return None

        return route

    @pytest.mark.parametrize(
        "cookie",
        [
            "seen=1",
            "seen=1; Path=/",
            "seen=1; path=/dir; HttpOnly; SameSite=Lax",
            'seen="1"; Max-Age=60; Expires=Thu, 01-Jan-1970 00:00:01 GMT',
            "seen=1; Expires=Fri, 27 Nov 2026 00:00:00 GMT",
            "seen=1; Expires=soon; Max-Age=never",
            "seen=1; Domain=photos.example",
            "seen=1; Domain=.PHOTOS.example",
            "seen=1; Domain=example",
            "seen=1;;; Path",
            "seen",
            "=1",
        ],
    )
    def test_a_redirect_to_itself_that_gives_a_cookie_is_followed(self, server, fetcher, cookie):
        """It is no circle: the second request is another one. The cookie is sent without its attributes."""
        server.routes["/dir/c"] = self.gives(cookie)
        assert bytes_of(fetcher.fetch(server.url("/dir/c", "photos.example"))) == IMAGE
        assert server.requests[-1].headers["cookie"] == cookie.partition(";")[0]

    @pytest.mark.parametrize(
        "cookie",
        [
            "seen=1; Secure",
            "seen=1; Path=/other",
            "seen=1; Path=/di",
            "seen=1; Domain=other.example",
            "seen=1; Domain=tos.example",
            "seen=1; Domain=a.photos.example",
            "seen=1; Max-Age=0",
            "seen=1; Max-Age=-1",
            "seen=1; Expires=Thu, 01 Jan 1970 00:00:00 GMT",
            "",
            "=",
            "seen=a\x01b",
            "seen=" + "x" * 4_096,
        ],
    )
    def test_a_cookie_that_is_not_for_the_next_request_is_not_sent(self, server, fetcher, cookie):
        """So the redirect leads to where it was: a circle."""
        server.routes["/dir/c"] = self.gives(cookie)
        assert outcome_of(fetcher.fetch(server.url("/dir/c", "photos.example"))) == (
            Outcome.UNAVAILABLE,
            "the redirects go round in a circle",
        )

    @pytest.mark.parametrize(
        ("cookie", "setter", "other", "sent"),
        [
            ("a=1", "photos.example", "photos.example", True),
            ("a=1; Domain=photos.example", "www.photos.example", "img.photos.example", True),
            ("a=1; Domain=photos.example", "photos.example", "img.photos.example", True),
            ("a=1; Domain=photos.co.uk", "www.photos.co.uk", "img.photos.co.uk", True),
            ("a=1", "photos.example", "img.photos.example", False),
            ("a=1", "photos.example", "other.example", False),
            ("a=1; Domain=photos.example", "photos.example", "badphotos.example", False),
            ("a=1; Domain=example", "photos.example", "other.example", False),
            ("a=1; Domain=com", "photos.com", "other.com", False),
            ("a=1; Domain=.co.uk", "photos.co.uk", "other.co.uk", False),
            ("a=1; Domain=", "photos.example", "other.example", False),
        ],
    )
    def test_a_cookie_is_never_sent_to_another_site(self, server, fetcher, cookie, setter, other, sent):
        """Only to the host that gave it, or to the domain that it names, if that is one owner's."""
        server.routes["/c"] = self.gives(cookie, location=f"http://{other}:{server.port}/d")
        shows(server, "/d")
        assert bytes_of(fetcher.fetch(server.url("/c", setter))) == IMAGE
        assert ("cookie" in server.requests[-1].headers) is sent

    def test_nothing_is_kept_for_the_next_image_or_attempt(self, server, fetcher):
        """The next image of the same server is asked for without a cookie."""
        server.routes["/c"] = self.gives("seen=1; Path=/")
        shows(server, "/d")
        assert bytes_of(fetcher.fetch(server.url("/c"))) == IMAGE
        fetcher.fetch(server.url("/d"))
        fetcher.fetch(server.url("/c"))
        assert ["cookie" in request.headers for request in server.requests[-4:]] == [True, False, False, True]

    def test_cookies_are_sent_together_the_longest_path_first(self, server, fetcher):
        """A later cookie of the same name replaces the first; one that has expired takes it away."""
        server.routes["/dir/c"] = self.gives("a=1; Path=/", "b=2", "a=3; Path=/", "d=4", "d=4; Max-Age=0", "e=5=6")
        fetcher.fetch(server.url("/dir/c"))
        assert server.requests[-1].headers["cookie"] == "b=2; e=5=6; a=3"

    @pytest.mark.parametrize(("at_once", "kept"), [(1, 5), (60, 50)])
    def test_a_server_that_gives_ever_new_cookies_is_left(self, server, fetcher, at_once, kept):
        """`max_redirects` holds, and at most 50 cookies are kept."""
        number = iter(range(1_000))

        def route(exchange):
            cookies = "".join(f"Set-Cookie: a{next(number)}=1\r\n" for _ in range(at_once))
            exchange.send(f"HTTP/1.1 302 x\r\n{cookies}Location: /e\r\nContent-Length: 0\r\n\r\n".encode())

        server.routes["/e"] = route
        assert outcome_of(fetcher.fetch(server.url("/e")))[0] is Outcome.UNAVAILABLE
        assert len(server.requests[-1].headers["cookie"].split("; ")) == kept
