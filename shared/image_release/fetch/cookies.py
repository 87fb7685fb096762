"""Cookies of one chain of redirects (RFC 6265): some servers give one, redirect, and want it back before they answer.

A jar lives as long as the chain, and nothing of it is kept for the next image. A cookie goes back to the host that gave
it. If it names a domain that this host is in, it also goes to other hosts of that domain, unless the domain could be
everybody's, such as `com` or `co.uk`. There is no list of public suffixes here: a domain counts as everybody's if it
has one label, or two of which the first has at most three letters and the second is a country.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from image_release.fetch.http_dates import http_date
from image_release.fetch.urls import WebUrl

MAX_COOKIES = 50
MAX_COOKIE_CHARACTERS = 4_096

_CONTROL = re.compile(r"[\x00-\x08\x0a-\x1f\x7f]")
_ADDRESS = re.compile(r".*:.*|.*\.\d+")
_COUNTRY_SUFFIX = re.compile(r"[a-z]{1,3}\.[a-z]{2}")


@dataclass(frozen=True, slots=True)
class _Cookie:
    pair: str
    host: str
    subdomains: bool
    path: str
    secure: bool

    def is_for(self, url: WebUrl) -> bool:
        at_home = url.host == self.host or (self.subdomains and url.host.endswith(f".{self.host}"))
        asked = _path_of(url)
        below = asked == self.path or asked.startswith(self.path.removesuffix("/") + "/")
        return at_home and below and (url.scheme == "https" or not self.secure)


class CookieJar:
    """The cookies that the servers of one chain of redirects gave."""

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._cookies: dict[tuple[str, str, str], _Cookie] = {}

    def header_for(self, url: WebUrl) -> str:
        """The `Cookie` header of a request for `url`; empty if no cookie is for it."""
        fitting = [cookie for cookie in self._cookies.values() if cookie.is_for(url)]
        return "; ".join(cookie.pair for cookie in sorted(fitting, key=lambda cookie: -len(cookie.path)))

    def take(self, url: WebUrl, set_cookies: Iterable[str]) -> None:
        """Take the `Set-Cookie` headers of the answer to `url`. Malformed and foreign cookies are dropped."""
        for header in set_cookies:
            if not _CONTROL.search(header) and len(header) <= MAX_COOKIE_CHARACTERS:
                self._take(url, header)

    def _take(self, url: WebUrl, header: str) -> None:
        pair, *rest = (part.strip() for part in header.split(";"))
        attributes = {name.strip().lower(): value.strip() for name, _, value in (part.partition("=") for part in rest)}
        cookie = _cookie(url, pair, attributes)
        if cookie is None:
            return
        key = (pair.partition("=")[0].strip(), cookie.host, cookie.path)
        self._cookies.pop(key, None)
        if not self._has_expired(attributes) and len(self._cookies) < MAX_COOKIES:
            self._cookies[key] = cookie

    def _has_expired(self, attributes: Mapping[str, str]) -> bool:
        if re.fullmatch(r"-?[0-9]+", age := attributes.get("max-age", "")):
            return age.startswith("-") or not age.strip("0")
        until = http_date(attributes.get("expires", ""))
        return until is not None and until <= self._now()


def _cookie(url: WebUrl, pair: str, attributes: Mapping[str, str]) -> _Cookie | None:
    domain = attributes.get("domain", "").lower().removeprefix(".")
    within = not domain or url.host == domain or (url.host.endswith(f".{domain}") and not _ADDRESS.fullmatch(url.host))
    secure = "secure" in attributes
    if not within or pair in ("", "=") or (secure and url.scheme != "https"):
        return None
    everybodys = "." not in domain or _COUNTRY_SUFFIX.fullmatch(domain) is not None
    path = attributes.get("path", "")
    if not path.startswith("/"):
        path = _path_of(url).rpartition("/")[0] or "/"
    return _Cookie(pair, url.host if everybodys else domain, not everybodys, path, secure)


def _path_of(url: WebUrl) -> str:
    return url.target.partition("?")[0]
