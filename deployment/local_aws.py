"""A local AWS: ministack with IAM enforced and the rules of AWS (`deployment/strict_aws`).

So a missing right of a role is an error here too, and so is most of what AWS would refuse.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from deployment.tools import ROOT, Tools, osls

REGION = "eu-west-1"
OWNER = "test"
"""Key and secret of the account's owner, who has all rights. Functions have the keys of their roles."""
STARTS_WITHIN_S = 180
ENDS_WITHIN_S = 10


@dataclass(frozen=True)
class LocalAws:
    """A running local AWS: its address, its log, and the environment variables for its clients."""

    endpoint: str
    tools: Tools
    log: Path

    @property
    def keys(self) -> dict[str, str]:
        """The owner's keys, as boto3 takes them."""
        return {"aws_access_key_id": OWNER, "aws_secret_access_key": OWNER}

    @property
    def environment(self) -> dict[str, str]:
        """Environment variables for osls, the AWS command line and boto3."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": OWNER,
            "AWS_SECRET_ACCESS_KEY": OWNER,
            "AWS_REGION": REGION,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NODE_NO_WARNINGS": "1",
            "PATH": self.tools.path,
        }

    def asked(self, what: str) -> list[dict[str, Any]]:
        """What this AWS was asked: the `calls` of roles and users, or what its rules `refused`."""
        with urllib.request.urlopen(f"{self.endpoint}/_strict/{what}", timeout=60) as answer:
            found: list[dict[str, Any]] = json.load(answer)
        return found

    def osls(self, *words: str) -> str:
        """Run osls against this AWS and return its output. Raises RuntimeError, with the output, when osls fails."""
        return osls(*words, "--region", REGION, variables=self.environment)


@contextmanager
def local_aws(tools: Tools, folder: Path) -> Iterator[LocalAws]:
    """Start a local AWS on a free port of 127.0.0.1, with its log in `folder`, and end it with all its functions.

    It unpacks each function into the temporary folder, about 250 MB a function, and leaves that there when it is ended.
    So it gets a temporary folder of its own, which is removed.
    """
    with (
        tempfile.TemporaryDirectory(prefix="local-aws-", ignore_cleanup_errors=True) as scratch,
        _ministack(tools, folder / "ministack.log", scratch) as aws,
    ):
        yield aws


@contextmanager
def _ministack(tools: Tools, log: Path, scratch: str) -> Iterator[LocalAws]:
    with kept_port() as port:
        environment = {
            **os.environ,
            "TMPDIR": scratch,
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(port),
            "MINISTACK_HOST": "127.0.0.1",
            "AUTH": "true",
            "PATH": tools.path,
        }
        with log.open("wb") as out:
            process = subprocess.Popen(
                [tools.python, "-m", "deployment.strict_aws"],
                cwd=ROOT,
                env=environment,
                stdout=out,
                stderr=out,
                start_new_session=True,
            )
        try:
            endpoint = f"http://127.0.0.1:{port}"
            _wait_until_healthy(endpoint, process, log)
            yield LocalAws(endpoint, tools, log)
        finally:
            _end(process)


@contextmanager
def kept_port() -> Iterator[int]:
    """Keep a port of 127.0.0.1 inside the block: Linux gives it to no other program, and nothing listens on it.

    Only a program that is told the port can listen on it, if it sets SO_REUSEADDR, as servers do.
    """
    with socket.socket() as kept:
        kept.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        kept.bind(("127.0.0.1", 0))
        yield int(kept.getsockname()[1])


def _wait_until_healthy(endpoint: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_WITHIN_S
    while time.monotonic() < until:
        if process.poll() is not None:
            raise RuntimeError(f"ministack ended with {process.returncode}:\n{log.read_text(errors='replace')}")
        try:
            with urllib.request.urlopen(f"{endpoint}/_ministack/health", timeout=10):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"ministack did not answer within {STARTS_WITHIN_S} s:\n{log.read_text(errors='replace')}")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the whole process group, because the functions run in children of ministack."""
    for ending in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(process.pid, ending)
        except ProcessLookupError:
            break
        try:
            process.wait(ENDS_WITHIN_S)
        except subprocess.TimeoutExpired:
            continue
