"""A local AWS for the tests: ministack and moto, each in its own process on 127.0.0.1, started once per session.

ministack follows the rules of AWS that it does not know itself (`deployment/strict_aws`); `ministack alone` does not.
"""

from __future__ import annotations

import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import boto3
import pytest
from botocore.config import Config

from tests.conftest import ROOT

DOUBLES = Path(os.environ.get("IMAGE_RELEASE_DOUBLES", ROOT / ".doubles"))
REGION = "eu-west-1"
KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
READY_S = 60


@dataclass(frozen=True)
class LocalAws:
    """A running AWS double."""

    name: str
    endpoint: str

    def environment(self) -> dict[str, str]:
        """Return the environment variables with which a client finds it."""
        return {**KEYS, "AWS_ENDPOINT_URL": self.endpoint}

    def client(self, service: str):
        """Return a boto3 client for one of its services."""
        return boto3.client(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id="test",
            aws_secret_access_key="test",
            config=Config(retries={"max_attempts": 2}),
        )

    def fail_in_part(self, queue_url: str, *entries: int) -> None:
        """Let the next batches that are sent to a queue refuse so many of their entries, for a transient reason."""
        queue = queue_url.rpartition("/")[2]
        for count in entries:
            asked = f"{self.endpoint}/_strict/fail?queue={queue}&entries={count}"
            urllib.request.urlopen(urllib.request.Request(asked, method="POST"), timeout=10).close()

    def bucket(self) -> str:
        """Make an empty bucket and return its name."""
        name = f"b-{uuid.uuid4().hex[:20]}"
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name


def free_port() -> int:
    """Return a port that no program listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


@contextmanager
def started(name: str, folder: Path) -> Iterator[LocalAws]:
    """Start a double, and end it afterwards. Skips the test when it is not installed."""
    if not (DOUBLES / ".ready").is_file():
        pytest.skip(f"{name} is not installed: run `make doubles`, or `make test`, which does so")
    port = free_port()
    command = {
        "ministack": [DOUBLES / "bin" / "python", "-m", "deployment.strict_aws"],
        "ministack alone": [DOUBLES / "bin" / "ministack"],
        "moto": [DOUBLES / "bin" / "python", ROOT / "tests" / "serialised_moto.py", str(port)],
    }[name]
    environment = {
        **{variable: value for variable, value in os.environ.items() if not variable.startswith("AWS_")},
        **KEYS,
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "MINISTACK_HOST": "127.0.0.1",
        "PYTHONPATH": str(ROOT),
    }
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            _wait(
                process,
                f"http://127.0.0.1:{port}/" + ("moto-api/" if name == "moto" else "_ministack/health"),
                log.name,
            )
            yield LocalAws(name, f"http://127.0.0.1:{port}")
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen, url: str, log: str) -> None:
    for _ in range(READY_S * 5):
        if process.poll() is not None:
            raise RuntimeError(f"ended with {process.returncode}: {Path(log).read_text(errors='replace')[-500:]}")
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=2).close()
            return
        time.sleep(0.2)
    raise RuntimeError(f"{url} did not answer within {READY_S} s")
