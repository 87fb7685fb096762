"""What all tests share: they cannot reach other machines, and Hypothesis has no time limit."""

import ipaddress
import os
import signal
import sys
from pathlib import Path

import hypothesis
import pytest

ROOT = Path(__file__).parent.parent

hypothesis.settings.register_profile("house", deadline=None)  # tests assert no timings, because the machine may be busy
hypothesis.settings.load_profile("house")


class NetworkForbiddenError(BaseException):
    """A test tried to reach another machine. Not an Exception, so that code that handles faults cannot hide it."""


def _forbid_network(event: str, arguments: tuple) -> None:
    if event == "socket.getaddrinfo":
        host = arguments[0]
    elif event in ("socket.connect", "socket.sendto") and isinstance(arguments[1], tuple):
        host = arguments[1][0]
    else:
        return
    if isinstance(host, bytes):
        host = host.decode()
    if host in (None, "", "localhost"):
        return
    try:
        local = ipaddress.ip_address(host.partition("%")[0]).is_loopback or event == "socket.getaddrinfo"
    except ValueError:
        local = False
    if not local:
        raise NetworkForbiddenError(f"{event} {host}")


sys.addaudithook(_forbid_network)

# A shell lets its background processes ignore Ctrl-C. Without this, programs that tests interrupt would ignore it too.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)


@pytest.fixture(scope="session")
def corpus() -> Path:
    """The labelled corpus; a test that asks for it is skipped where there is none."""
    folder = Path(os.environ.get("IMAGE_RELEASE_CORPUS", ROOT.parent / "shared" / "corpus"))
    if not (folder / "labels.csv").is_file():
        pytest.skip("no labelled corpus beside the repository (IMAGE_RELEASE_CORPUS may name one)")
    return folder
