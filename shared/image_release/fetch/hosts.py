"""The host of a URL: a name in ASCII, or an address in its canonical spelling.

As the WHATWG URL standard says: a host is percent-decoded, mapped by UTS 46 (which turns full-width digits and dots
into plain ones), and if it ends in a number it is an IPv4 address. Stricter than the standard: labels have the letters,
digits, hyphens and underscores of DNS, and its lengths.

The name that comes out is the one that is resolved, judged and connected to. Nothing reads the written host again.
"""

from __future__ import annotations

import re
from ipaddress import IPv6Address
from urllib.parse import unquote_to_bytes

from image_release.fetch.addresses import ipv4_in_any_spelling
from image_release.fetch.answers import BadUrlError
from image_release.problems import printable

MAX_HOST_CHARACTERS = 253

_LABEL = re.compile(r"[a-z0-9_-]{1,63}")
_JOINERS = "\u200c\u200d"


def parse_host(written: str) -> str:
    """The canonical spelling of a host, without the brackets of an IPv6 address. Raises BadUrlError."""
    if written.startswith("["):
        return _ipv6_host(written)
    name = _ascii(unquote_to_bytes(written).decode("utf-8", "replace"))
    try:
        address = ipv4_in_any_spelling(name)
    except ValueError as error:
        raise BadUrlError(f"the URL's host {printable(name)!r} is not a valid IPv4 address") from error
    if address is not None:
        return str(address)
    name = name.removesuffix(".")
    if len(name) > MAX_HOST_CHARACTERS or not all(_LABEL.fullmatch(label) for label in name.split(".")):
        raise BadUrlError(f"the URL's host {printable(name)!r} is not a host name")
    return name


def _ipv6_host(written: str) -> str:
    # A zone matters for link-local addresses only, and they are forbidden with and without it.
    text, _, _ = written.removeprefix("[").removesuffix("]").partition("%")
    try:
        return str(IPv6Address(text))
    except ValueError as error:
        raise BadUrlError(f"the URL's host {printable(written)!r} is not an IPv6 address") from error


def _ascii(name: str) -> str:
    if name.isascii():
        return name.lower()
    if len(name) > MAX_HOST_CHARACTERS:
        raise BadUrlError("the URL's host is not a host name")
    import idna

    try:
        mapped = idna.uts46_remap(name, std3_rules=False)
        return ".".join(label if label.isascii() else _punycode(label) for label in mapped.split("."))
    except (ValueError, IndexError) as error:  # idna's errors are ValueErrors
        raise BadUrlError(f"the URL's host {printable(name)!r} is not an international host name") from error


def _punycode(label: str) -> str:
    """Encode one label with the checks of browsers. IDNA 2008 would refuse more, such as `☃`, which they show."""
    import idna

    idna.check_initial_combiner(label)
    idna.check_bidi(label)
    if not all(idna.valid_contextj(label, place) for place, character in enumerate(label) if character in _JOINERS):
        raise ValueError("a joiner stands where it joins nothing")
    return "xn--" + label.encode("punycode").decode("ascii")
