"""From a host to the addresses that we may connect to: public unicast addresses only, never the inside of our network.

A host is resolved once, every address is judged, and the connection goes to a judged address. If one address of a host
is forbidden, the whole host is refused: neither the resolver's order nor its next answer may decide whether a partner's
URL reaches our network.

The tables are written out instead of asking `ipaddress.is_global`, whose answer changes from one Python to the next and
which does not look inside IPv6. Sources: the IANA special-purpose registries (RFC 6890) and, for IPv4 inside IPv6,
RFC 4291 2.5.5 (compatible, mapped), RFC 2765 (translated), RFC 3056 (6to4), RFC 6052 (NAT64), RFC 4380 (Teredo),
RFC 5214 (ISATAP).
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address

from image_release.fetch.answers import FailedError, ForbiddenAddressError, TransientError
from image_release.outcomes import Outcome

Address = IPv4Address | IPv6Address
Network = IPv4Network | IPv6Network

Resolver = Callable[[str], Sequence[str]]
"""From a host name to its addresses as text. Raises OSError (`socket.gaierror`) if there are none."""

UNKNOWN_NAME_ERRORS = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
"""DNS answered that there is no such host. Any other DNS failure is transient."""

FORBIDDEN_IPV4: tuple[tuple[IPv4Network, str], ...] = tuple(
    (IPv4Network(network), what)
    for network, what in (
        # These stand before the networks that contain them: the reason shall name the danger.
        ("169.254.169.254/32", "a cloud's metadata service"),
        ("100.100.100.200/32", "a cloud's metadata service"),
        ("168.63.129.16/32", "a cloud's metadata service"),  # Azure's, inside the public address space
        ("255.255.255.255/32", "broadcast"),
        ("0.0.0.0/8", "this network"),
        ("10.0.0.0/8", "private"),
        ("100.64.0.0/10", "shared by a carrier (CGNAT)"),
        ("127.0.0.0/8", "loopback"),
        ("169.254.0.0/16", "link-local"),
        ("172.16.0.0/12", "private"),
        ("192.0.0.0/24", "reserved for protocols"),
        ("192.0.2.0/24", "for documentation"),
        ("192.88.99.0/24", "a 6to4 relay"),
        ("192.168.0.0/16", "private"),
        ("198.18.0.0/15", "for benchmarks"),
        ("198.51.100.0/24", "for documentation"),
        ("203.0.113.0/24", "for documentation"),
        ("224.0.0.0/4", "multicast"),
        ("240.0.0.0/4", "reserved"),
    )
)

FORBIDDEN_IPV6: tuple[tuple[IPv6Network, str], ...] = tuple(
    (IPv6Network(network), what)
    for network, what in (
        ("fd00:ec2::254/128", "a cloud's metadata service"),
        ("::/128", "unspecified"),
        ("::1/128", "loopback"),
        # RFC 8215: only the local network knows where the IPv4 address is in it, so it cannot be judged.
        ("64:ff9b:1::/48", "a NAT64 prefix of the local network"),
        ("100::/64", "discarded"),
        ("2001:2::/48", "for benchmarks"),
        ("2001:10::/28", "an identifier, not a place (ORCHID)"),
        ("2001:20::/28", "an identifier, not a place (ORCHID)"),
        ("2001:db8::/32", "for documentation"),
        ("3fff::/20", "for documentation"),
        ("5f00::/16", "for segment routing"),
        ("fc00::/7", "private (unique local)"),
        ("fe80::/10", "link-local"),
        ("fec0::/10", "site-local"),
        ("ff00::/8", "multicast"),
    )
)

GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All addresses that IANA has assigned to public hosts. Whatever is outside is refused."""

WHOLE_IPV4_PREFIXES: tuple[tuple[IPv6Network, str], ...] = (
    (IPv6Network("::ffff:0:0/96"), "IPv4-mapped"),
    (IPv6Network("::ffff:0:0:0/96"), "IPv4-translated"),
    (IPv6Network("::/96"), "IPv4-compatible"),
    (IPv6Network("64:ff9b::/96"), "NAT64"),
)
"""Prefixes whose addresses stand for the IPv4 address in their last 32 bits."""

SIX_TO_FOUR = IPv6Network("2002::/16")
TEREDO = IPv6Network("2001::/32")
ISATAP_MARK = 0x0000_5EFE
ISATAP_MASK = 0xFCFF_FFFF
"""Leaves out the universal and the group bit of an ISATAP interface identifier: both may be 0 or 1."""

_32_BITS = 0xFFFF_FFFF


def forbidden_because(address: Address, allowed: Iterable[Network] = ()) -> str | None:
    """The reason why no connection may go to `address`, as in `loopback (127.0.0.0/8)`; None if it may.

    An IPv4 address inside an IPv6 address is judged like the IPv4 address itself, in every form. `allowed` networks are
    exceptions, for the inner address too.
    """
    exceptions = tuple(allowed)
    if any(address in network for network in exceptions):
        return None
    if isinstance(address, IPv4Address):
        return _named(address, FORBIDDEN_IPV4)
    return _ipv6_forbidden_because(address, exceptions)


def _ipv6_forbidden_because(address: IPv6Address, allowed: tuple[Network, ...]) -> str | None:
    if named := _named(address, FORBIDDEN_IPV6):
        return named
    for form, inner in embedded_ipv4(address):
        if reason := forbidden_because(inner, allowed):
            return f"{form} for {inner}, {reason}"
    if address in GLOBAL_UNICAST or any(address in prefix for prefix, _ in WHOLE_IPV4_PREFIXES):
        return None
    return f"not a public address (outside {GLOBAL_UNICAST})"


def _named(address: Address, table: Iterable[tuple[Network, str]]) -> str | None:
    return next((f"{what} ({network})" for network, what in table if address in network), None)


def embedded_ipv4(address: IPv6Address) -> Iterator[tuple[str, IPv4Address]]:
    """Every IPv4 address at which packets to `address` may arrive, with the name of the form that contains it."""
    bits = int(address)
    for prefix, form in WHOLE_IPV4_PREFIXES:
        if address in prefix:
            yield form, IPv4Address(bits & _32_BITS)
    if address in SIX_TO_FOUR:
        yield "6to4", IPv4Address(bits >> 80 & _32_BITS)
    if address in TEREDO:
        yield "a Teredo server", IPv4Address(bits >> 64 & _32_BITS)
        yield "a Teredo client", IPv4Address(~bits & _32_BITS)
    if bits >> 32 & ISATAP_MASK == ISATAP_MARK:
        yield "ISATAP", IPv4Address(bits & _32_BITS)


def ipv4_in_any_spelling(host: str) -> IPv4Address | None:
    """Read an IPv4 address as C libraries and browsers do: `127.1`, `0x7f.1`, `017700000001`, `2130706433`.

    None if the host is a name. Raises ValueError if the host ends in a number but is no address: no public name ends
    in a number, and resolvers disagree on what it means. Source: the WHATWG URL standard, "IPv4 parser".
    """
    parts = host.removesuffix(".").split(".")
    if not (parts[-1].isdigit() or parts[-1][:2] in ("0x", "0X")):
        return None
    if len(parts) > 4:  # noqa: PLR2004 - an IPv4 address has four bytes
        raise ValueError("an IPv4 address has at most four parts")
    *leading, last = (_number(part) for part in parts)
    if any(number > 255 for number in leading) or last >= 256 ** (4 - len(leading)):  # noqa: PLR2004 - a byte
        raise ValueError("a part of the IPv4 address is too large")
    return IPv4Address(sum(number << 8 * (3 - place) for place, number in enumerate(leading)) + last)


def _number(text: str) -> int:
    if not text.isascii() or not text.isalnum():  # int() would take "+1", "1_0" and " 1"
        raise ValueError("a part of the IPv4 address is not a number")
    if text[:2] in ("0x", "0X"):
        return int(text[2:] or "0", 16)
    return int(text, 8 if text.startswith("0") else 10)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A judged address to connect to."""

    address: Address
    port: int


def resolve_by_system(host: str) -> list[str]:
    """The addresses that the operating system (hosts file, DNS) gives for a host, in its order of preference."""
    return [str(answer[4][0]) for answer in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class HostJudge:
    """Turns hosts into judged endpoints.

    `allowed` networks are exceptions from the forbidden ones. `fixed` maps a host to an `address:port` that is used for
    it instead of DNS.
    """

    resolver: Resolver
    allowed: Sequence[Network]
    fixed: Mapping[str, str]

    def endpoints(self, host: str, port: int, timeout_s: float) -> list[Endpoint]:
        """The endpoints of `host`, at least one, after all of its addresses were judged.

        Raises ForbiddenAddressError if any address is forbidden, FailedError if there is no such host, and
        TransientError if DNS gives no answer within `timeout_s` seconds.
        """
        if host in self.fixed:
            fixed_address, _, fixed_port = self.fixed[host].rpartition(":")
            found, port = [ip_address(fixed_address.strip("[]"))], int(fixed_port)
        else:
            found = _written_address(host) or self._resolved(host, timeout_s)
        for address in found:
            if reason := forbidden_because(address, self.allowed):
                said = f"{host} is" if str(address) == host else f"{host} leads to {address}:"
                raise ForbiddenAddressError(f"{said} {reason}")
        return [Endpoint(address, port) for address in dict.fromkeys(found)]

    def _resolved(self, host: str, timeout_s: float) -> list[Address]:
        try:
            found = _with_timeout(timeout_s, lambda: self.resolver(host))
        except TimeoutError as error:
            raise TransientError(f"the name {host} was not resolved in time") from error
        except OSError as error:
            if isinstance(error, socket.gaierror) and error.errno in UNKNOWN_NAME_ERRORS:
                raise FailedError(Outcome.UNAVAILABLE, f"there is no host {host}") from error
            raise TransientError(f"the name {host} could not be resolved") from error
        if not found:
            raise FailedError(Outcome.UNAVAILABLE, f"the host {host} has no address")
        return [ip_address(text) for text in found]


def _written_address(host: str) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        return []


def _with_timeout(timeout_s: float, resolve: Callable[[], Sequence[str]]) -> Sequence[str]:
    # `getaddrinfo` has no timeout, and a hostile name server can make it last half a minute. The thread is a daemon:
    # the program can end while the thread still waits for DNS.
    answers: list[Sequence[str] | Exception] = []

    def ask() -> None:
        try:
            answers.append(resolve())
        except Exception as error:  # noqa: BLE001 - handed over to the thread that waits
            answers.append(error)

    thread = threading.Thread(target=ask, name="resolve", daemon=True)
    thread.start()
    thread.join(timeout_s)
    if not answers:
        raise TimeoutError
    answer = answers[0]
    if isinstance(answer, Exception):
        raise answer
    return answer
