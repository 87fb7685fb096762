"""A partner's URL, read strictly and written canonically.

Pure functions. The parsed URL is the one that is requested, so no second parser can see another host in it: most
bypasses of address filters use such a difference. Feeds are full of spaces and accents; they are encoded. What can only
be an attack or a mistake (credentials, control characters, odd ports) is refused.
"""

from __future__ import annotations

import os
import re
import unicodedata
from dataclasses import dataclass
from ipaddress import IPv6Address
from typing import Literal
from urllib.parse import SplitResult, quote, unquote_to_bytes, urljoin, urlsplit

from image_release.fetch.addresses import ipv4_in_any_spelling
from image_release.fetch.answers import BadUrlError
from image_release.problems import printable

MAX_URL_CHARACTERS = 2_048
"""Maximum length of a URL in a feed; browsers, CDNs and caches all accept it."""

MAX_REDIRECT_CHARACTERS = 8_192
"""Maximum length of a redirect's target: signed URLs contain session tokens, and servers take 8 KB a request line."""

MAX_HOST_CHARACTERS = 253
DEFAULT_PORTS = {"http": 80, "https": 443}

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_STRAY_PERCENT = re.compile(r"%(?![0-9A-Fa-f]{2})")
_PATH_CHARACTERS = "/%:@!$&'()*+,;=~"
_QUERY_CHARACTERS = _PATH_CHARACTERS + "?"
_CONTROL = ("Cc", "Cs")
"""Control characters and lone surrogates."""


@dataclass(frozen=True, slots=True)
class WebUrl:
    """A URL to ask for over HTTP. `host` is lower-case ASCII: a name, or an address in its canonical spelling.

    `target` is path and query, percent-encoded, without the fragment, which is never sent.
    """

    scheme: Literal["http", "https"]
    host: str
    port: int
    target: str

    def __str__(self) -> str:
        """The canonical spelling: equal URLs are equal strings."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        port = "" if self.port == DEFAULT_PORTS[self.scheme] else f":{self.port}"
        return f"{self.scheme}://{host}{port}{self.target}"


@dataclass(frozen=True, slots=True)
class FileUrl:
    """A local file, by its absolute path."""

    path: str


def parse_url(text: str, max_characters: int = MAX_URL_CHARACTERS) -> WebUrl | FileUrl:
    """Read a URL of at most `max_characters`. Raises BadUrlError if it cannot be requested."""
    text = text.strip(" ")
    if len(text) > max_characters:
        raise BadUrlError(f"the URL has {len(text)} characters, more than {max_characters}")
    if any(unicodedata.category(character) in _CONTROL for character in text):
        raise BadUrlError("the URL contains a control character")
    try:
        parts = urlsplit(text)
    except ValueError as error:
        raise BadUrlError("the URL has a malformed host") from error
    if parts.scheme in ("http", "https"):
        return _web_url(parts)
    if parts.scheme == "file":
        return _file_url(parts)
    raise BadUrlError(f"the URL's scheme {printable(parts.scheme)!r} is not http, https or file")


def parse_redirect(base: WebUrl, location: str) -> WebUrl:
    """Read a redirect's `location`, relative to `base`. Raises BadUrlError, also for a file of this machine."""
    try:
        joined = urljoin(str(base), location)
    except ValueError as error:
        raise BadUrlError("the URL has a malformed host") from error
    target = parse_url(joined, MAX_REDIRECT_CHARACTERS)
    if isinstance(target, FileUrl):
        raise BadUrlError("the URL is a local file")
    return target


def _web_url(parts: SplitResult) -> WebUrl:
    if "@" in parts.netloc:
        raise BadUrlError("the URL contains credentials")
    scheme: Literal["http", "https"] = "https" if parts.scheme == "https" else "http"
    path = _encoded(parts.path or "/", _PATH_CHARACTERS)
    query = f"?{_encoded(parts.query, _QUERY_CHARACTERS)}" if parts.query else ""
    return WebUrl(scheme, _host(parts), _port(parts, DEFAULT_PORTS[scheme]), path + query)


def _encoded(text: str, safe: str) -> str:
    return quote(_STRAY_PERCENT.sub("%25", text), safe=safe)


def _port(parts: SplitResult, default: int) -> int:
    try:
        port = parts.port
    except ValueError as error:
        raise BadUrlError("the URL's port is not a number up to 65535") from error
    if port == 0:
        raise BadUrlError("the URL's port is 0")
    return port or default


def _host(parts: SplitResult) -> str:
    if parts.netloc.startswith("["):
        return _ipv6_host(parts.hostname or "")
    name = _ascii(parts.hostname or "").removesuffix(".")
    try:
        address = ipv4_in_any_spelling(name)
    except ValueError as error:
        raise BadUrlError(f"the URL's host {printable(name)!r} is not a valid IPv4 address") from error
    if address is not None:
        return str(address)
    if len(name) > MAX_HOST_CHARACTERS or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise BadUrlError(f"the URL's host {printable(name)!r} is not a host name")
    return name


def _ipv6_host(host: str) -> str:
    # A zone matters for link-local addresses only, and they are forbidden with and without it.
    text, _, _ = host.partition("%")
    try:
        return str(IPv6Address(text))
    except ValueError as error:
        raise BadUrlError(f"the URL's host {printable(host)!r} is not an IPv6 address") from error


def _ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    if len(name) > MAX_HOST_CHARACTERS:
        raise BadUrlError("the URL's host is not a host name")
    import idna

    try:
        return idna.encode(name, uts46=True).decode("ascii").lower()
    except idna.IDNAError as error:
        raise BadUrlError(f"the URL's host {printable(name)!r} is not an international host name") from error


def _file_url(parts: SplitResult) -> FileUrl:
    if parts.netloc not in ("", "localhost"):
        raise BadUrlError("the URL is a file of another machine")
    if parts.query or parts.fragment:
        raise BadUrlError("the file URL contains a bare ? or #")
    path = unquote_to_bytes(parts.path)
    if not path.startswith(b"/") or b"\0" in path:
        raise BadUrlError("the file URL is not an absolute path")
    return FileUrl(os.fsdecode(path))
