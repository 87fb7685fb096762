"""Who may use the desk: checked for each request before anything else happens (decision 33).

The desk listens on this machine only. A request comes either directly, with the token of this start, or through the
company's proxy, which proves itself by a shared secret and names the person. A request that changes something must come
from a page of the desk: its Origin is checked, and it carries the form token that only these pages know.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Protocol

from image_release.desk.web.refusals import RefusedRequestError
from image_release.problems import printable

LOOPBACK = "127.0.0.1"
LOCAL_NAMES = (LOOPBACK, "localhost")
SAFE_METHODS = frozenset({"GET", "HEAD"})
NAME_HEADER = "X-Forwarded-User"
"""Header in which proxies usually name the person."""
SECRET_HEADER = "X-Proxy-Secret"  # noqa: S105 - the header's name
"""Header in which the proxy proves itself."""
MOST_NAME_CHARS = 200
SHORTEST_SECRET = 16
"""Fewest characters of a proxy's secret."""


class Headers(Protocol):
    """The headers of a request."""

    def getlist(self, key: str) -> list[str]:
        """All values of a header, none if it is missing."""


@dataclass(frozen=True, slots=True)
class Proxy:
    """The company's proxy: the hosts that it serves, its shared secret, and the headers that it sets."""

    hosts: frozenset[str]
    secret: str = field(repr=False)
    name_header: str = NAME_HEADER
    secret_header: str = SECRET_HEADER

    def __post_init__(self) -> None:
        if len(self.secret) < SHORTEST_SECRET or not self.secret.isascii() or not self.secret.isprintable():
            raise ValueError(f"the proxy's secret must be {SHORTEST_SECRET} or more printable ASCII characters")


@dataclass(frozen=True, slots=True)
class Access:
    """What requests are checked against. The secrets are new with each start."""

    port: int
    person: str
    proxy: Proxy | None = None
    entry: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)
    session: str = field(default_factory=lambda: secrets.token_urlsafe(24), repr=False)

    @property
    def cookie(self) -> str:
        """Name of the cookie. It holds the port, because browsers send a host's cookies to all its ports."""
        return f"image-release-desk-{self.port}"

    @property
    def address(self) -> str:
        """The address to open in a browser; its token is exchanged for the cookie."""
        return f"http://{LOOPBACK}:{self.port}/enter?token={self.entry}"

    def may_enter(self, token: str) -> bool:
        """Whether this is the token of the printed address."""
        return _equal(token, self.entry)

    def form_token(self, person: str) -> str:
        """The token that pages for this person put into their forms."""
        return hmac.new(self.session.encode(), f"form {person}".encode(), sha256).hexdigest()

    def check_host(self, headers: Headers) -> str:
        """The Host of a request. Raises RefusedRequestError for one that this desk does not serve."""
        hosts = headers.getlist("host")
        if len(hosts) == 1 and (host := hosts[0].lower()) in self._hosts():
            return host
        raise RefusedRequestError(
            421, f"This desk is not served as {printable(', '.join(hosts)) or 'a host without a name'}."
        )

    def check_origin(self, method: str, host: str, headers: Headers) -> None:
        """Refuse requests of foreign pages, and changes of which it is not known where they come from."""
        origins = headers.getlist("origin")
        own = (f"http://{host}",) if self._is_local(host) else (f"https://{host}", f"http://{host}")
        if origins and (len(origins) > 1 or origins[0].lower() not in own):
            raise RefusedRequestError(
                403,
                f"The desk takes nothing from another page: this request came from {printable(', '.join(origins))}.",
            )
        sites = headers.getlist("sec-fetch-site")
        if method not in SAFE_METHODS and not origins and any(site != "same-origin" for site in sites):
            raise RefusedRequestError(403, "The desk takes nothing from another page. Please use the desk's own page.")

    def person_of(self, host: str, headers: Headers, cookies: Mapping[str, str]) -> str:
        """Who sends a request. Raises RefusedRequestError if that is not known, or is claimed without proof."""
        names = headers.getlist(self.proxy.name_header if self.proxy else NAME_HEADER)
        proofs = headers.getlist(self.proxy.secret_header if self.proxy else SECRET_HEADER)
        if names or proofs or not self._is_local(host):
            return self._named_by_proxy(host, names, proofs)
        if not _equal(cookies.get(self.cookie, ""), self.session):
            raise RefusedRequestError(
                403, "Please open the address that the command `image-release desk` printed: it lets you in."
            )
        return self.person

    def check_form_token(self, person: str, token: str) -> None:
        """Refuse a change that no page of this start asked for."""
        if not _equal(token, self.form_token(person)):
            raise RefusedRequestError(
                403,
                "This page was made before the desk was started again, or for somebody else. Nothing was changed. "
                "Please load the page again.",
            )

    def _named_by_proxy(self, host: str, names: list[str], proofs: list[str]) -> str:
        if self.proxy is None:
            raise RefusedRequestError(
                403, "This request says who sends it, but this desk was not started behind a proxy. It was refused."
            )
        if len(proofs) != 1 or not _equal(proofs[0], self.proxy.secret) or host not in self.proxy.hosts:
            raise RefusedRequestError(
                403,
                "This request says that it comes through the company's proxy, but it does not prove it. "
                "It was refused.",
            )
        name = names[0].strip() if len(names) == 1 else ""
        if not name or len(name) > MOST_NAME_CHARS:
            raise RefusedRequestError(
                403, f"The proxy does not say who you are: it must set {self.proxy.name_header} once. Please sign in."
            )
        return printable(_as_utf8(name), MOST_NAME_CHARS)

    def _hosts(self) -> frozenset[str]:
        local = frozenset(f"{name}:{self.port}" for name in LOCAL_NAMES)
        return local | self.proxy.hosts if self.proxy else local

    def _is_local(self, host: str) -> bool:
        return host in {f"{name}:{self.port}" for name in LOCAL_NAMES}


def _as_utf8(header: str) -> str:
    """The text of a header, which is read as Latin-1; most proxies send UTF-8."""
    raw = header.encode("latin-1", errors="replace")
    try:
        return raw.decode()
    except UnicodeDecodeError:
        return header


def _equal(one: str, other: str) -> bool:
    """Compare two secrets in constant time."""
    return hmac.compare_digest(one.encode(errors="replace"), other.encode(errors="replace"))
