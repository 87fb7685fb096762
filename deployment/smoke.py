"""Tries the suite in a real account, in a stage of its own, and removes everything afterwards: `make smoke`.

    python -m deployment.smoke --account 123456789012 --region eu-west-1 --stage smoke
    python -m deployment.smoke --account 000000000000 --local

It says what is missing, deploys, hands in the sample hotels, waits until they are published, corrects one, removes
another one, and cleans up, also after a failure or Ctrl-C. A stage that exists already is left alone. With `--local` a
local AWS is started for it. The exit status is 0 when all steps were right, 1 when one was not, 2 when nothing was
tried, and 130 after Ctrl-C.
"""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any
from unittest import mock

from deployment import preflight
from deployment.account import Account, WrongAccountError, open_account
from deployment.local_aws import REGION, local_aws
from deployment.package import build
from deployment.remove import remove_stage, stack_status
from deployment.roll_back import ALIAS
from deployment.tools import ToolMissingError, osls, tools
from samples.partners import HOST, RELEASE_ID, make_feed, sample_hotels

WAIT_S = 900
"""How long the hotels may take to be published."""
POLL_S = 1.0
URLS_S = 6 * 3600
"""How long the images can be fetched."""
NEXT_RELEASE = "2026-11-02"
INTERRUPTED = 130
LOCAL = ("--param", "localAws=true")
SETTINGS = ("--param", "settings=settings.yaml", "--param", "tagger=local")


class StepError(Exception):
    """A step did not come out as it should. The message says how."""


class Smoke:
    """The steps, one method each, in the order in which they are done."""

    def __init__(self, account: Account, params: Sequence[str], say: Callable[[str], None]) -> None:
        """Try the suite in this account; `params` are words for osls, `say` prints a line."""
        self.account = account
        self.params = [*SETTINGS, *params]
        self.say = say
        self.images = account.bucket("smoke-images")
        self.removed, self.corrected, *_ = [hotel.hotel_id for hotel in sample_hotels()]

    def run(self) -> None:
        """Do all steps. Raises StepError at the first one that is not right; cleans up in any case."""
        steps = [
            self.preflight,
            self.deploy,
            self.hand_in,
            self.publish,
            self.correct,
            self.remove,
            self.no_dead_letters,
        ]
        try:
            for number, step in enumerate(steps, 1):
                begun = time.monotonic()
                self.say(f"{number}/{len(steps)} {(step.__doc__ or '').splitlines()[0]}")
                step()
                self.say(f"    right, {time.monotonic() - begun:.0f} s")
        finally:
            with _not_interrupted():
                begun = time.monotonic()
                self.say("cleaning up: the stack, its buckets and the images")
                stores = [self.account.bucket(store) for store in ("inbox", "state", "published")]
                remove_stage(self.account, [*stores, self.images])
                self.say(f"    nothing is left of it, {time.monotonic() - begun:.0f} s")

    def preflight(self) -> None:
        """Say what the account lacks."""
        with tempfile.TemporaryDirectory() as folder:
            template = preflight.packaged(self.account, Path(folder), self.params)
            found = preflight.misses_of(self.account, template)
        if found:
            preflight.tell(found, as_json=False)
            raise StepError(f"{len(found)} things are missing")

    def deploy(self) -> None:
        """Deploy the suite."""
        osls("deploy", "--stage", self.account.stage, "--region", self.account.region, *self.params)

    def hand_in(self) -> None:
        """Hand in the sample hotels: images to fetch, catalogues, a release."""
        with tempfile.TemporaryDirectory() as folder:
            feed = Path(folder)
            make_feed(feed)
            url = self.upload(feed / "files")
            self.put("settings.yaml", json.dumps(settings_of(self.account)))
            for path in sorted((feed / "catalogues").glob("*/*")):
                self.put(str(path.relative_to(feed)), with_urls(path.read_text("utf-8"), url))
            self.release = (feed / f"{RELEASE_ID}.csv").read_text("utf-8")
        self.put(f"releases/{RELEASE_ID}.csv", self.release)

    def publish(self) -> None:
        """Wait until every hotel is published, and look at what a site would get."""
        for hotel in sample_hotels():
            manifest = self.wait_for(hotel.hotel_id, lambda manifest: bool(manifest["pictures"]))
            key = manifest["pictures"][0]["renditions"][0]["key"]
            for wanted, kind, kept in (
                (f"hotels/{hotel.hotel_id}/manifest.json", "application/json", "no-cache"),
                (key, "image/jpeg", "immutable"),
            ):
                head = self.s3.head_object(Bucket=self.account.bucket("published"), Key=wanted)
                if not head["ContentType"].startswith(kind) or kept not in head.get("CacheControl", ""):
                    said = f"{head['ContentType']}, {head.get('CacheControl', 'no Cache-Control')}"
                    raise StepError(f"{wanted} is delivered as {said}")
            self.say(f"    {hotel.name}: {len(manifest['pictures'])} pictures")
        self.tick()

    def correct(self) -> None:
        """Hide the first picture of a hotel, as a person does, and wait until another one opens it."""
        before = self.manifest(self.corrected)
        if before is None:
            raise StepError(f"the manifest of {self.corrected} is gone")
        hidden = before["pictures"][0]["best"]["sha256"]
        line = {"action": "hide", "images": [hidden], "by": "smoke", "at": "2026-11-20T10:00:00Z", "why": "a trial"}
        self.put(f"overrides/{self.corrected}.jsonl", json.dumps(line) + "\n")
        self.wait_for(
            self.corrected,  # it may be published for another reason before
            lambda manifest: hidden not in {picture["best"]["sha256"] for picture in manifest["pictures"]},
        )

    def remove(self) -> None:
        """Hand in a release without one of the hotels, and wait until that one is withdrawn."""
        rows = [row for row in self.release.splitlines(keepends=True) if not row.startswith(f"{self.removed},")]
        self.put(f"releases/{NEXT_RELEASE}.csv", "".join(rows))
        self.wait_for(self.removed, lambda manifest: bool(manifest.get("withdrawn")))

    def no_dead_letters(self) -> None:
        """Look for messages that failed for good."""
        sqs = self.account.client("sqs")
        for url in sqs.list_queues(QueueNamePrefix=f"{self.account.prefix}-").get("QueueUrls", []):
            name = "ApproximateNumberOfMessages"
            count = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=[name])["Attributes"][name]
            if url.endswith("-dead-letters") and count != "0":
                raise StepError(f"{count} messages in {url.rsplit('/', 1)[1]}")

    # what the steps do

    @property
    def s3(self) -> Any:
        """A client of S3."""
        return self.account.client("s3")

    def put(self, key: str, text: str) -> None:
        """Put an object into the inbox."""
        self.s3.put_object(Bucket=self.account.bucket("inbox"), Key=key, Body=text.encode())

    def upload(self, files: Path) -> Callable[[str], str]:
        """Put the images into a private bucket. Returns a function that makes the URL of a path there."""
        import boto3
        from botocore.config import Config

        region = self.account.region
        where = {} if region == "us-east-1" else {"CreateBucketConfiguration": {"LocationConstraint": region}}
        self.s3.create_bucket(Bucket=self.images, **where)
        signed = Config(signature_version="s3v4")  # every region takes it
        client = boto3.client("s3", region_name=region, endpoint_url=self.s3.meta.endpoint_url, config=signed)
        for path in sorted(files.rglob("*.jpg")):
            client.put_object(Bucket=self.images, Key=str(path.relative_to(files)), Body=path.read_bytes())
        return lambda key: str(
            client.generate_presigned_url("get_object", {"Bucket": self.images, "Key": key}, ExpiresIn=URLS_S)
        )

    def manifest(self, hotel_id: str) -> dict[str, Any] | None:
        """Return the published manifest of a hotel, or None."""
        s3 = self.s3
        try:
            found = s3.get_object(Bucket=self.account.bucket("published"), Key=f"hotels/{hotel_id}/manifest.json")
        except s3.exceptions.NoSuchKey:
            return None
        document: dict[str, Any] = json.loads(found["Body"].read())
        return document

    def wait_for(self, hotel_id: str, until: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Wait until a hotel's manifest is as it should be, and return it. Raises StepError after `WAIT_S`."""
        end = time.monotonic() + WAIT_S
        while time.monotonic() < end:
            manifest = self.manifest(hotel_id)
            if manifest is not None and until(manifest):
                return manifest
            time.sleep(POLL_S)
        raise StepError(f"the manifest of {hotel_id} did not become what it should be within {WAIT_S} s")

    def tick(self) -> None:
        """Call `tick`, as the schedule does: it completes the release."""
        client = self.account.client("lambda")
        answer = client.invoke(FunctionName=f"{self.account.prefix}-tick", Qualifier=ALIAS, Payload=b"{}")
        if "FunctionError" in answer:
            raise StepError(f"tick failed: {answer['Payload'].read().decode()[:500]}")


def settings_of(account: Account) -> dict[str, Any]:
    """Return the settings of the trial: two sizes, no brake for three hotels, images from a local AWS if it is one."""
    sizes = [{"name": "gallery-640", "width": 640, "height": 427}, {"name": "thumb-120", "width": 120, "height": 80}]
    own = {"download": {"allowed_networks": ["127.0.0.0/8"]}} if account.is_local else {}
    return {"brakes": {"max_withdrawn_share": 1}, "renditions": sizes, **own}


def with_urls(catalogue: str, url: Callable[[str], str]) -> str:
    """Return a sample catalogue in which each image has the URL that it can be fetched from."""
    lines = []
    for line in catalogue.splitlines():
        accommodation = json.loads(line)
        for image in accommodation["images"]:
            image["url"] = url(image["url"].removeprefix(f"{HOST}/"))
        lines.append(json.dumps(accommodation) + "\n")
    return "".join(lines)


@contextmanager
def _not_interrupted() -> Iterator[None]:
    """Ignore Ctrl-C inside the block."""
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before)


def try_suite(account: Account, params: Sequence[str], say: Callable[[str], None]) -> int:
    """Do all steps in an account; return the exit status. A stage that exists is left alone."""
    if stack_status(account):
        say(f"nothing was done: {account.prefix} exists already, and smoke removes the stage that it tries")
        return 2
    try:
        Smoke(account, params, say).run()
    except (StepError, RuntimeError) as error:
        say(f"    wrong: {error}")
        return 1
    except KeyboardInterrupt:
        say("interrupted")
        return INTERRUPTED
    say("the suite works in this account")
    return 0


def main(words: list[str] | None = None) -> int:
    """Try the suite; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--account", required=True, help="number of the account; it must be that of the credentials")
    parser.add_argument("--region", default=REGION)
    parser.add_argument("--stage", default="smoke", help="a stage that does not exist yet")
    parser.add_argument("--local", action="store_true", help="start a local AWS and try it there")
    said = parser.parse_args(words)
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        found = tools()
        build(found)
        with ExitStack() as stack:
            if said.local:
                folder = stack.enter_context(tempfile.TemporaryDirectory())
                aws = stack.enter_context(local_aws(found, Path(folder)))
                stack.enter_context(mock.patch.dict(os.environ, aws.environment))
            account = open_account(said.account, said.region, said.stage)
            return try_suite(account, LOCAL if said.local else (), lambda line: print(line, flush=True))
    except (WrongAccountError, ToolMissingError) as error:
        print(error, file=sys.stderr)
        return 2


if __name__ == "__main__":
    sys.exit(main())
