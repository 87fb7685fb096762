"""Who may use the desk: every request is checked before anything else happens, over real HTTP."""

import logging
import socket
from types import SimpleNamespace

import pytest

from image_release.desk.index import Filter, Found, IndexStatus, open_index
from image_release.desk.keeping import Keeping
from image_release.desk.web import DeskServer, Proxy
from image_release.settings import Settings
from image_release.storage import MemoryStore, Stores
from tests.integration.desk_client import serving

SECRET = "a-secret-of-the-proxy"
PROXY = Proxy(frozenset({"desk.example.com"}), SECRET)
THROUGH = {"Host": "desk.example.com", "X-Proxy-Secret": SECRET, "X-Forwarded-User": "Grace", "Cookie": None}
UNSAFE = ("POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "FOO")


def empty_desk(tmp_path):
    """A desk whose index is not there: its list shows the waiting page."""
    return SimpleNamespace(
        stores=Stores(MemoryStore(), MemoryStore(), MemoryStore()),
        settings=Settings(),
        workspace="w",
        index=open_index(tmp_path / "index.sqlite"),
        keeper=SimpleNamespace(now=Keeping("reading", 3, 10)),
        applying=SimpleNamespace(publishes=True),
    )


@pytest.fixture(scope="module")
def desk(tmp_path_factory):
    return empty_desk(tmp_path_factory.mktemp("desk"))


@pytest.fixture(scope="module")
def direct(desk):
    with serving(desk) as client:
        yield client


@pytest.fixture(scope="module")
def proxied(desk):
    with serving(desk, proxy=PROXY) as client:
        yield client


class TestTheAddressLetsIn:
    def test_with_a_cookie_that_scripts_and_other_sites_cannot_use(self, direct):
        answer = direct.get(f"/enter?token={direct.access.entry}", Cookie=None)
        cookie = answer.headers["set-cookie"]
        assert answer.status == 200
        assert f"{direct.access.cookie}={direct.access.session}" in cookie
        assert "httponly" in cookie.lower()
        assert "samesite=strict" in cookie.lower()

    def test_as_soon_as_it_is_known_even_before_the_pages_are_made(self):
        server = DeskServer()
        with socket.create_connection(("127.0.0.1", server.port), timeout=30):
            pass

    @pytest.mark.parametrize("query", ["", "?token=", "?token=wrong", "?token=%C3%A9", "?other=1"])
    def test_only_with_its_token(self, direct, query):
        answer = direct.get(f"/enter{query}", Cookie=None)
        assert answer.status == 403
        assert "set-cookie" not in answer.headers

    def test_and_the_cookie_is_not_the_token_of_the_address(self, direct):
        assert direct.get("/", Cookie=f"{direct.access.cookie}={direct.access.entry}").status == 403

    def test_and_each_start_has_tokens_of_its_own(self, direct, proxied):
        assert len({getattr(client.access, name) for client in (direct, proxied) for name in ("entry", "session")}) == 4


class TestWithoutTheCookie:
    @pytest.mark.parametrize(
        "path", ["/", "/hotels.csv", "/progress", "/renditions/hotels/a/renditions/1/b.jpg", "/no"]
    )
    def test_nothing_is_shown(self, direct, path):
        answer = direct.get(path, Cookie=None)
        assert answer.status == 403
        assert "image-release desk" in answer.text

    def test_nothing_is_changed(self, direct):
        assert direct.post("/", headers={"Cookie": None}).status == 403

    @pytest.mark.parametrize("value", ["", "x", "é".encode().decode("latin-1"), "\x7f"])
    def test_a_wrong_cookie_does_not_help(self, direct, value):
        assert direct.get("/", Cookie=f"{direct.access.cookie}={value}").status == 403


class TestAForeignHostIsRefused:
    """A foreign host name may point to this machine (DNS rebinding)."""

    @pytest.mark.parametrize(
        "host", ["evil.example", "127.0.0.1", "127.0.0.1:1", "127.0.0.1.evil.example", "", "[::1]"]
    )
    @pytest.mark.parametrize("path", ["/", "/enter", "/static/desk.css"])
    def test_whatever_it_asks_for(self, direct, host, path):
        assert direct.get(path, Host=host).status in (400, 421)  # 400: no HTTP/1.1 without a host

    def test_and_so_are_two_hosts(self, direct):
        assert direct.get("/", Host=[direct.host, "evil.example"]).status in (400, 421)

    def test_localhost_is_this_machine(self, direct):
        assert direct.get("/", Host=f"localhost:{direct.access.port}").status == 200


class TestAForeignPage:
    @pytest.mark.parametrize("origin", ["https://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1", ""])
    @pytest.mark.parametrize("method", ["GET", "POST"])
    def test_is_refused_by_its_origin(self, direct, origin, method):
        form = {"Content-Type": "application/x-www-form-urlencoded", "Origin": origin}
        token = f"form_token={direct.access.form_token('Ada')}".encode()
        answer = direct.request(method, "/", token if method == "POST" else None, form)
        assert answer.status == 403
        assert "another page" in answer.text

    @pytest.mark.parametrize("site", ["cross-site", "same-site", "none"])
    def test_is_refused_by_what_the_browser_says_where_no_origin_is_sent(self, direct, site):
        assert direct.post("/", headers={"Origin": None, "Sec-Fetch-Site": site}).status == 403

    @pytest.mark.parametrize("method", UNSAFE)
    def test_cannot_do_anything_without_the_form_token(self, direct, method):
        answer = direct.request(method, "/", b"", {"Content-Type": "application/x-www-form-urlencoded"})
        assert answer.status == 403
        assert "Nothing was changed" in answer.text

    def test_the_form_token_is_that_of_the_person(self, direct):
        token = direct.access.form_token("Grace")
        assert direct.post("/", {"form_token": token}, token=False).status == 403

    def test_the_desks_own_page_is_heard(self, direct):
        for origin in ({}, {"Origin": None}, {"Origin": None, "Sec-Fetch-Site": None}):
            assert direct.post("/", headers=origin).status == 405  # through the guard: the list takes no form


class TestTheProxy:
    def test_names_the_person_with_its_secret(self, proxied):
        answer = proxied.get("/", **THROUGH)
        assert answer.status == 200
        assert "Grace" in answer.text
        assert "Ada" not in answer.text

    def test_names_in_other_scripts(self, proxied):
        assert "Zoë" in proxied.get("/", **THROUGH | {"X-Forwarded-User": "Zoë".encode().decode("latin-1")}).text

    @pytest.mark.parametrize(
        "forged",
        [
            {"X-Proxy-Secret": None},
            {"X-Proxy-Secret": ""},
            {"X-Proxy-Secret": SECRET[:-1]},
            {"X-Proxy-Secret": [SECRET, SECRET]},
            {"X-Proxy-Secret": ["wrong-but-just-as-long", SECRET]},
            {"X-Proxy-Secret": None, "X-Forwarded-User": None},
        ],
    )
    def test_is_not_believed_without_its_secret(self, proxied, forged):
        answer = proxied.get("/", **THROUGH | forged)
        assert answer.status == 403
        assert "does not prove it" in answer.text

    @pytest.mark.parametrize("names", [None, "", "  ", ["Grace", "Ada"], "x" * 201])
    def test_has_to_name_one_person(self, proxied, names):
        answer = proxied.get("/", **THROUGH | {"X-Forwarded-User": names})
        assert answer.status == 403
        assert "who you are" in answer.text

    @pytest.mark.parametrize("host", ["other.example.com", "desk.example.com:8000", "desk.example.com.evil.example"])
    def test_serves_the_listed_hosts_only(self, proxied, host):
        assert proxied.get("/", **THROUGH | {"Host": host}).status == 421

    def test_cannot_be_played_on_the_local_address_even_with_the_cookie(self, proxied):
        """Somebody with the cookie would decide in another person's name."""
        answer = proxied.get("/", **{"X-Forwarded-User": "Grace"})
        assert answer.status == 403
        assert proxied.get("/", **THROUGH | {"Host": proxied.host}).status == 403

    def test_gives_a_form_token_to_each_person(self, proxied):
        own, foreign = (proxied.access.form_token(name) for name in ("Grace", "Ada"))
        posted = THROUGH | {"Origin": "https://desk.example.com"}
        assert proxied.post("/", {"form_token": own}, posted, token=False).status == 405
        assert proxied.post("/", {"form_token": foreign}, posted, token=False).status == 403

    def test_the_printed_address_still_lets_in_on_this_machine(self, proxied):
        assert "Ada" in proxied.get("/").text

    def test_a_header_that_names_somebody_is_refused_where_there_is_no_proxy(self, direct):
        answer = direct.get("/", **{"X-Forwarded-User": "Grace"})
        assert answer.status == 403
        assert "not started behind a proxy" in answer.text

    def test_hostile_names_are_escaped(self, proxied):
        page = proxied.get("/", **THROUGH | {"X-Forwarded-User": "<img src=x onerror=alert(1)>"}).text
        assert "<img" not in page
        assert "&lt;img" in page

    @pytest.mark.parametrize("secret", ["", "short", "geheim-geheim-geheim-ü", "sixteen characters\x00"])
    def test_needs_a_secret_that_can_be_one(self, secret):
        with pytest.raises(ValueError, match="secret"):
            Proxy(frozenset({"desk.example.com"}), secret)


class TestEveryAnswer:
    @pytest.mark.parametrize("path", ["/", "/no-such-page", "/static/desk.js", "/enter"])
    def test_forbids_what_pages_do_not_need(self, direct, path):
        headers = direct.get(path).headers
        policy = headers["content-security-policy"]
        assert "default-src 'none'" in policy
        assert "unsafe" not in policy
        assert "frame-ancestors 'none'" in policy
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"

    @pytest.mark.parametrize("path", ["/", "/no-such-page", "/enter"])
    def test_is_not_kept_by_the_browser(self, direct, path):
        assert direct.get(path).headers["cache-control"] == "no-store"

    def test_tells_nothing_of_the_server(self, direct):
        assert "server" not in direct.get("/").headers

    def test_has_no_script_and_no_style_in_its_text(self, direct):
        page = direct.get("/").text
        assert "<script>" not in page
        assert "style=" not in page
        assert "onclick" not in page


class TestWhatIsTooLargeOrBroken:
    def test_a_large_body_is_refused_before_it_is_read(self, direct):
        answer = direct.request("POST", "/", b"", {"Content-Length": "9000000"})
        assert answer.status == 413
        assert "8 MB" in answer.text

    def test_a_large_body_of_unknown_length_is_refused(self, direct):
        chunk = b"%x\r\n%b\r\n" % (1 << 20, b"x" * (1 << 20))
        body = chunk * 9 + b"0\r\n\r\n"
        try:
            answer = direct.request("POST", "/", body, {"Transfer-Encoding": "chunked"})
        except (ConnectionError, BrokenPipeError):
            return  # refused while the rest was sent
        assert answer.status == 413

    @pytest.mark.parametrize(
        ("kind", "body"),
        [
            ("application/json", b"{"),
            ("application/json", b"[" * 100_000),
            ("application/json", b"\xff"),
            ("multipart/form-data", b"x"),
            ("application/x-www-form-urlencoded", b"&".join(b"a=1" for _ in range(2_000))),
        ],
    )
    def test_a_broken_body_is_a_sentence(self, direct, kind, body):
        token = {"X-Form-Token": direct.access.form_token("Ada"), "Content-Type": kind}
        answer = direct.request("POST", "/", body, token)
        assert answer.status in (400, 403)
        assert "Nothing was changed" in answer.text

    def test_an_unknown_page_is_a_sentence(self, direct):
        answer = direct.get("/no-such-page")
        assert answer.status == 404
        assert "There is no such page" in answer.text

    def test_a_script_gets_its_sentence_as_json(self, direct):
        assert direct.get("/no-such-page", Accept="application/json").json == {"error": "There is no such page."}
        assert "error" in direct.get("/", Cookie=None, Accept="application/json").json


class TestFiles:
    @pytest.mark.parametrize("name", ["..%2Faccess.py", "%2e%2e/access.py", "access.py", "layout.html", "", "%00"])
    def test_only_style_sheets_and_modules_can_be_asked_for(self, direct, name):
        assert direct.get(f"/static/{name}").status == 404

    def test_they_are_asked_for_again_only_when_they_changed(self, direct):
        first = direct.get("/static/desk.css")
        assert direct.get("/static/desk.css", **{"If-None-Match": first.headers["etag"]}).status == 304

    def test_renditions_are_shown_and_no_other_object(self, desk, direct):
        folder = "hotels/100%2525/"
        desk.stores.published.put("hotels/100%25/renditions/3/ab-x.jpg", b"jpeg")
        desk.stores.published.put("hotels/100%25/manifest.json", b"{}")
        desk.stores.published.put("hotels/100%25/renditions/3/page.html", b"<script>")
        shown = direct.get(f"/renditions/{folder}renditions/3/ab-x.jpg")
        assert (shown.status, shown.data, shown.headers["content-type"]) == (200, b"jpeg", "image/jpeg")
        for other in (
            "manifest.json",
            "renditions/3/page.html",
            "renditions/4/ab-x.jpg",
            "renditions/../manifest.json",
        ):
            assert direct.get(f"/renditions/{folder}{other}").status == 404


class TestWhileTheIndexIsBuilt:
    def test_the_list_is_a_page_with_the_progress(self, direct):
        page = direct.get("/")
        assert page.status == 200
        assert "3 of 10" in page.text
        assert direct.get("/progress").json == {
            "is_built": False,
            "what": "Reading the hotels",
            "done": 3,
            "total": 10,
            "error": "",
        }

    @pytest.mark.parametrize("path", ["/decisions", "/bulk", "/everywhere", "/shared", "/shared/pictures"])
    def test_the_other_pages_work(self, direct, path):
        assert direct.get(path).status == 200

    @pytest.mark.parametrize("path", ["/hotels.csv", "/reports/partners", "/reports/hotels", "/reports/partners.csv"])
    def test_what_counts_over_all_hotels_says_so(self, direct, path):
        answer = direct.get(path)
        assert answer.status == 503
        assert "Traceback" not in answer.text


class TestWhatIsHeld:
    def test_is_told_above_the_list(self, tmp_path):
        """The release, and partners whatever they are called."""
        held = empty_desk(tmp_path)
        held.keeper.now = Keeping()
        held.index = SimpleNamespace(
            status=lambda: IndexStatus(True, 0, 0, None, "2026-12-01", ("<b>atlas</b>", "p2", "p3", "p4", "p5", "p6")),
            find=lambda _: Found((), 0, dict.fromkeys(Filter, 0), 1, 1),
        )
        with serving(held) as client:
            page = client.get("/").text
        assert "The release 2026-12-01 is held" in page
        assert "&lt;b&gt;atlas&lt;/b&gt;, p2, p3, p4, p5 and 1 more partners are held" in page


class TestAFailure:
    def test_is_a_page_without_a_traceback_and_a_log_line_without_tokens(self, tmp_path, caplog):
        broken = empty_desk(tmp_path)
        broken.index = SimpleNamespace(status=lambda: 1 / 0)
        with serving(broken) as client, caplog.at_level(logging.DEBUG):
            answer = client.get(f"/?q=a%0Ab&token={client.access.entry}")
            assert answer.status == 500
            assert "could not do this" in answer.text
            assert "Traceback" not in answer.text
            assert client.access.entry not in caplog.text
            assert client.access.session not in caplog.text
            assert all(record.getMessage().isprintable() for record in caplog.records)
