"""A partner's URL, cleaned for fetching and written canonically.

Pure functions. A URL is cleaned as browsers clean it (`cleaning`, `hosts`), because feeds are written for browsers. It
is judged afterwards: the parsed URL is the one that is requested, so no second parser can see another host in it. Most
bypasses of address filters use such a difference. Only the request uses the cleaned URL; everywhere else an image keeps
the URL that the catalogue wrote. Refused are credentials, other schemes, port 0, and hosts that DNS cannot hold.
"""

from __future__ import annotations

import os
import re
from dataclasses import dataclass, field, replace
from typing import Literal
from urllib.parse import unquote_to_bytes

from image_release.fetch.answers import BadUrlError
from image_release.fetch.cleaning import UrlParts, cleaned, relative_parts, split_scheme, web_parts
from image_release.fetch.hosts import parse_host
from image_release.problems import printable

MAX_URL_CHARACTERS = 2_048
"""Maximum length of a URL in a feed; browsers, CDNs and caches all accept it."""

MAX_REDIRECT_CHARACTERS = 8_192
"""Maximum length of a redirect's target: signed URLs contain session tokens, and servers take 8 KB a request line."""

DEFAULT_PORTS = {"http": 80, "https": 443}
MAX_PORT = 65_535


@dataclass(frozen=True, slots=True)
class WebUrl:
    """A URL to ask for over HTTP. `host` is lower-case ASCII: a name, or an address in its canonical spelling.

    `target` is path and query, percent-encoded, without the fragment, which is never sent. `guessed` says that the URL
    named no scheme.
    """

    scheme: Literal["http", "https"]
    host: str
    port: int
    target: str
    guessed: bool = field(default=False, compare=False)

    def without_tls(self) -> WebUrl:
        """The same place over plain HTTP; an explicit port stays."""
        return WebUrl("http", self.host, 80 if self.port == DEFAULT_PORTS[self.scheme] else self.port, self.target)

    @property
    def authority(self) -> str:
        """Host and port as a URL spells them: an IPv6 address in brackets, the default port left out."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.port == DEFAULT_PORTS[self.scheme] else f"{host}:{self.port}"

    def __str__(self) -> str:
        """The canonical spelling: equal URLs are equal strings."""
        return f"{self.scheme}://{self.authority}{self.target}"


@dataclass(frozen=True, slots=True)
class FileUrl:
    """A local file, by its absolute path."""

    path: str


def parse_url(text: str) -> WebUrl | FileUrl:
    """Read a URL of a feed; `//host/…` is read as https. Raises BadUrlError if it cannot be requested."""
    text = _cleaned_within(text, MAX_URL_CHARACTERS)
    scheme, rest = split_scheme(text)
    if scheme == "file":
        return _file_url(rest)
    if scheme is None and re.match(r"[/\\]{2}", text):
        return replace(_web_url(web_parts("https", rest)), guessed=True)
    return _web_url(web_parts(_web_scheme(scheme), rest))


def parse_redirect(base: WebUrl, location: str) -> WebUrl:
    """Read a redirect's `location`, relative to `base`. Raises BadUrlError, also for a file of this machine."""
    text = _cleaned_within(location, MAX_REDIRECT_CHARACTERS)
    scheme, rest = split_scheme(text)
    if scheme == "file":
        raise BadUrlError("the URL is a local file")
    if scheme in (None, base.scheme):
        path, mark, query = base.target.partition("?")
        return _web_url(relative_parts(UrlParts(base.scheme, base.authority, path, query if mark else None), rest))
    return _web_url(web_parts(_web_scheme(scheme), rest))


def _cleaned_within(text: str, max_characters: int) -> str:
    text = cleaned(text)
    if len(text) > max_characters:
        raise BadUrlError(f"the URL has {len(text)} characters, more than {max_characters}")
    return text


def _web_scheme(scheme: str | None) -> str:
    if scheme is None:
        raise BadUrlError("the URL has no scheme, such as https:")
    if scheme not in DEFAULT_PORTS:
        raise BadUrlError(f"the URL's scheme {printable(scheme)!r} is not http, https or file")
    return scheme


def _web_url(parts: UrlParts) -> WebUrl:
    if "@" in parts.authority:
        raise BadUrlError("the URL contains credentials")
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    host, port = _host_and_port(parts.authority)
    query = "" if parts.query is None else f"?{parts.query}"
    return WebUrl(scheme, parse_host(host), _port(port) or DEFAULT_PORTS[scheme], parts.path + query)


def _host_and_port(authority: str) -> tuple[str, str]:
    if not authority.startswith("["):
        host, _, port = authority.partition(":")
        return host, port
    address, bracket, rest = authority.partition("]")
    if not bracket or rest[:1] not in ("", ":"):
        raise BadUrlError("the URL has a malformed host")
    return address + bracket, rest[1:]


def _port(written: str) -> int | None:
    if not written:
        return None
    digits = written.lstrip("0") or "0"
    if not (digits.isascii() and digits.isdecimal()) or len(digits) > len(str(MAX_PORT)) or int(digits) > MAX_PORT:
        raise BadUrlError(f"the URL's port is not a number up to {MAX_PORT}")
    if digits == "0":
        raise BadUrlError("the URL's port is 0")
    return int(digits)


def _file_url(rest: str) -> FileUrl:
    if "?" in rest or "#" in rest:
        raise BadUrlError("the file URL contains a bare ? or #")
    rest = rest.replace("\\", "/")
    if rest.startswith("//"):
        host, slash, below = rest[2:].partition("/")
        if host.lower() not in ("", "localhost"):
            raise BadUrlError("the URL is a file of another machine")
        rest = slash + below
    path = unquote_to_bytes(rest)
    if not path.startswith(b"/") or b"\0" in path:
        raise BadUrlError("the file URL is not an absolute path")
    return FileUrl(os.fsdecode(path))
