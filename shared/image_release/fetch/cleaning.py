"""A URL as feeds and servers write it, cleaned and taken apart as the WHATWG URL standard does.

Only `http` and `https` are known here; both are *special* schemes of the standard. What is cleaned:

- C0 control characters and spaces at both ends, and tabs and line ends anywhere. Beyond the standard: other white space
  and invisible characters at both ends too (NBSP, U+3000, BOM, zero-width space), because spreadsheets leave them.
- Backslashes are slashes before the query, and any number of slashes after the scheme is two.
- `.` and `..` in the path are resolved, `%2e` too. The fragment is dropped.
- What the standard percent-encodes in a path or a query is encoded, as UTF-8. A `%` that begins no escape stays.

Nothing is refused here but what has no scheme; `urls` and `hosts` judge what comes out.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_TABS_AND_LINE_ENDS = str.maketrans("", "", "\t\n\r")
_SURROGATES = re.compile("[\ud800-\udfff]")
_SCHEME = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*):")
_SLASHES = re.compile(r"[/\\]*")
_AUTHORITY = re.compile(r"[^/\\?]*")
_ENCODED_IN_PATHS = re.compile(r"""[\x00-\x20"#<>?^`{}\x7f-\U0010ffff]""")
_ENCODED_IN_QUERIES = re.compile(r"""[\x00-\x20"#<>'\x7f-\U0010ffff]""")


@dataclass(frozen=True, slots=True)
class UrlParts:
    """The parts of a URL with an authority. `path` and `query` are percent-encoded, `path` begins with a slash.

    `authority` is as written. `query` is None without a question mark.
    """

    scheme: str
    authority: str
    path: str
    query: str | None


def cleaned(text: str) -> str:
    """Remove what surrounds a URL, and the tabs and line ends in it; lone surrogates become U+FFFD."""
    first, last = 0, len(text)
    while first < last and _surrounds(text[first]):
        first += 1
    while first < last and _surrounds(text[last - 1]):
        last -= 1
    return _SURROGATES.sub("\ufffd", text[first:last].translate(_TABS_AND_LINE_ENDS))


def _surrounds(character: str) -> bool:
    return character <= " " or character.isspace() or unicodedata.category(character) == "Cf"


def split_scheme(text: str) -> tuple[str | None, str]:
    """The scheme of a cleaned URL in lower case, None if it has none, and what follows it."""
    scheme = _SCHEME.match(text)
    return (scheme[1].lower(), text[scheme.end() :]) if scheme else (None, text)


def web_parts(scheme: str, rest: str) -> UrlParts:
    """The parts of an absolute URL: `rest` is what follows its scheme, with any number of slashes."""
    rest = rest[_end(_SLASHES, rest) :].partition("#")[0]
    after_authority = _end(_AUTHORITY, rest)
    path, query = _path_and_query(rest[after_authority:])
    return UrlParts(scheme, rest[:after_authority], _resolved(path), query)


def relative_parts(base: UrlParts, reference: str) -> UrlParts:
    """The parts of a `reference` without a scheme (or with that of `base`), read relative to `base`."""
    if _end(_SLASHES, reference) > 1:
        return web_parts(base.scheme, reference)
    path, query = _path_and_query(reference.partition("#")[0])
    if not path:
        return UrlParts(base.scheme, base.authority, base.path, base.query if query is None else query)
    if path[0] not in "/\\":
        path = base.path[: base.path.rindex("/") + 1] + path
    return UrlParts(base.scheme, base.authority, _resolved(path), query)


def _end(pattern: re.Pattern[str], text: str) -> int:
    found = pattern.match(text)
    return found.end() if found else 0


def _path_and_query(text: str) -> tuple[str, str | None]:
    path, mark, query = text.partition("?")
    return path, _encoded(query, _ENCODED_IN_QUERIES) if mark else None


def _resolved(path: str) -> str:
    """Encode a path, and resolve its dot segments: `/a/./b/../c` is `/a/c`, and nothing leads above the root."""
    *leading, last = path.replace("\\", "/").removeprefix("/").split("/")
    kept: list[str] = []
    for segment in leading:
        if not _step_back(kept, segment):
            kept.append(segment)
    kept.append("" if _step_back(kept, last) else last)
    return "/" + _encoded("/".join(kept), _ENCODED_IN_PATHS)


def _step_back(kept: list[str], segment: str) -> bool:
    """Whether `segment` is a dot segment; if it is `..`, the last of the `kept` segments is removed."""
    plain = segment.lower().replace("%2e", ".")
    if plain == "..":
        del kept[-1:]
    return plain in (".", "..")


def _encoded(text: str, encoded: re.Pattern[str]) -> str:
    return encoded.sub(lambda found: "".join(f"%{byte:02X}" for byte in found[0].encode()), text)
