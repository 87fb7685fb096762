"""From a host to the addresses it may be asked at: resolved once, all judged, and connected to as judged.

A name with one forbidden address is refused whole: the resolver's order, or the next answer, must not decide whether
a partner's URL reaches the inside of our network.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from ipaddress import ip_address

from image_release.fetch.addresses import Address, Network, forbidden_because
from image_release.fetch.answers import FailedError, ForbiddenAddressError, TransientError
from image_release.outcomes import Outcome

Resolver = Callable[[str], Sequence[str]]
"""From a host name to its addresses as text; raises OSError (`socket.gaierror`) when there are none."""

UNKNOWN_NAME_ERRORS = (socket.EAI_NONAME, getattr(socket, "EAI_NODATA", socket.EAI_NONAME))
"""DNS has answered and there is no such host; any other failure may pass."""


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A judged address to connect to."""

    address: Address
    port: int


def resolve_by_system(host: str) -> list[str]:
    """Ask the operating system's resolver (hosts file, DNS), in its order of preference."""
    return [str(answer[4][0]) for answer in socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)]


@dataclass(frozen=True, slots=True)
class JudgedNames:
    """Turns hosts into endpoints. `fixed` maps a host to the `address:port` that stands for it, instead of DNS."""

    resolver: Resolver
    allowed: Sequence[Network]
    fixed: Mapping[str, str]

    def endpoints(self, host: str, port: int, timeout_s: float) -> list[Endpoint]:
        """Resolve and judge `host`; never empty.

        Raises ForbiddenAddressError if any address is forbidden, FailedError if there is no such host, and
        TransientError if DNS gave no answer now.
        """
        if host in self.fixed:
            fixed_address, _, fixed_port = self.fixed[host].rpartition(":")
            found, port = [ip_address(fixed_address.strip("[]"))], int(fixed_port)
        else:
            found = _literal(host) or self._resolved(host, timeout_s)
        for address in found:
            if reason := forbidden_because(address, self.allowed):
                said = f"{host} is" if str(address) == host else f"{host} leads to {address}:"
                raise ForbiddenAddressError(f"{said} {reason}")
        return [Endpoint(address, port) for address in dict.fromkeys(found)]

    def _resolved(self, host: str, timeout_s: float) -> list[Address]:
        try:
            found = _within(timeout_s, lambda: self.resolver(host))
        except TimeoutError as error:
            raise TransientError(f"the name {host} was not resolved in time") from error
        except OSError as error:
            if isinstance(error, socket.gaierror) and error.errno in UNKNOWN_NAME_ERRORS:
                raise FailedError(Outcome.UNAVAILABLE, f"there is no host {host}") from error
            raise TransientError(f"the name {host} could not be resolved") from error
        if not found:
            raise FailedError(Outcome.UNAVAILABLE, f"the host {host} has no address")
        return [ip_address(text) for text in found]


def _literal(host: str) -> list[Address]:
    try:
        return [ip_address(host)]
    except ValueError:
        return []


def _within(timeout_s: float, resolve: Callable[[], Sequence[str]]) -> Sequence[str]:
    # `getaddrinfo` takes no timeout and a hostile name server can stretch it to half a minute; the thread is a daemon
    # so that an answer nobody waits for any more does not hold up the end of the program.
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
