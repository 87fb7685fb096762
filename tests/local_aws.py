"""A local AWS for the tests: ministack and moto, each in its own process on 127.0.0.1, started once per session.

ministack follows the rules of AWS that it does not know itself (`deployment/strict_aws`); `ministack alone` does not.
"""

from __future__ import annotations

import os
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

from deployment.local_aws import kept_port
from tests.conftest import ROOT

DOUBLES = Path(os.environ.get("IMAGE_RELEASE_DOUBLES", ROOT / ".doubles"))
REGION = "eu-west-1"
KEYS = {
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
    "AWS_REGION": REGION,
    "AWS_DEFAULT_REGION": REGION,
}
READY_S = 180
HEALTH = {"ministack": "_ministack/health", "ministack alone": "_ministack/health", "moto": "moto-api/"}
"""What each double answers when it is ready."""


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
            urllib.request.urlopen(urllib.request.Request(asked, method="POST"), timeout=60).close()

    def bucket(self) -> str:
        """Make an empty bucket and return its name."""
        name = f"b-{uuid.uuid4().hex[:20]}"
        self.client("s3").create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": REGION})
        return name


@contextmanager
def started(name: str, folder: Path) -> Iterator[LocalAws]:
    """Start a double, and end it afterwards. Skips the test when it is not installed."""
    if not (DOUBLES / ".ready").is_file():
        pytest.skip(f"{name} is not installed: run `make doubles`, or `make test`, which does so")
    with kept_port() as port, _running(name, folder, port) as process:
        _wait(process, f"http://127.0.0.1:{port}/" + HEALTH[name], folder / f"{name}.log")
        yield LocalAws(name, f"http://127.0.0.1:{port}")


@contextmanager
def _running(name: str, folder: Path, port: int) -> Iterator[subprocess.Popen]:
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
        "TMPDIR": str(folder),  # it leaves the code of functions there
    }
    with (folder / f"{name}.log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdout=log, stderr=log)
        try:
            yield process
        finally:
            process.terminate()
            with suppress(subprocess.TimeoutExpired):
                process.wait(10)
            process.kill()
            process.wait()


def _wait(process: subprocess.Popen, url: str, log: Path) -> None:
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        if process.poll() is not None:
            raise RuntimeError(f"ended with {process.returncode}: {log.read_text(errors='replace')[-500:]}")
        with suppress(urllib.error.URLError, ConnectionError, TimeoutError):
            urllib.request.urlopen(url, timeout=10).close()
            return
        time.sleep(0.2)
    raise RuntimeError(f"{url} did not answer within {READY_S} s")
