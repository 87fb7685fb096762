"""Deploys the suite to a local AWS and keeps it running until Ctrl-C: `make aws`.

In another terminal, read `build/aws.env` to use osls with it. The deployed suite has the sample hotels and everything
that the sample events name:

    . build/aws.env
    osls invoke local --stage local --function process_hotel --path events/one_hotel.json

The images of the sample partners are served on 127.0.0.1 while this runs.
"""

from __future__ import annotations

import json
import shlex
import signal
import sys
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from deployment.local_aws import REGION, LocalAws, local_aws
from deployment.package import build
from deployment.tools import ROOT, ToolMissingError, tools
from layers import recipe
from samples.partners import HOST, RELEASE_ID, make_feed
from samples.serve import serving

STAGE = "local"
ENVIRONMENT_FILE = ROOT / "build" / "aws.env"


def write_environment(aws: LocalAws) -> None:
    """Write the variables that a shell needs. `invoke local` runs the handlers here with the layers' packages."""
    layers = [ROOT / "build" / "layers" / name / "python" for name in recipe.LAYERS]
    found = {**aws.environment, "PYTHONPATH": ":".join(map(str, [*layers, ROOT / "shared"]))}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in found.items()]
    ENVIRONMENT_FILE.write_text("".join(lines), encoding="utf-8")


def what_comes_in(feed: Path, address: str) -> Iterator[tuple[str, bytes]]:
    """Return the objects for the inbox, as (key, bytes): the sample hotels, and what the files in `events/` name."""
    download = {"allowed_networks": ["127.0.0.0/8"], "resolve": {HOST.removeprefix("http://"): address}}
    yield "settings.yaml", json.dumps({"download": download}).encode()
    for path in sorted((feed / "catalogues").glob("*/*")):
        yield str(path.relative_to(feed)), path.read_bytes()
    first = json.loads((feed / "catalogues" / "atlas" / f"{RELEASE_ID}.jsonl").read_text("utf-8").splitlines()[0])
    accommodation = {"accommodation_id": "123", "images": first["images"]}
    yield "catalogues/partner-a/2026-11-25.jsonl", json.dumps(accommodation).encode()
    yield "accepts/catalogues/partner-a/2026-11-25", b""
    row = b"123456,Euskalduna Conference Center,ES,Bilbao,43.2661,-2.9469,partner-a:123\n"
    yield "releases/2026-11-25 week 48.csv", (feed / f"{RELEASE_ID}.csv").read_bytes() + row
    yield "accepts/releases/2026-11-25 week 48", b""
    yield "overrides/123456.jsonl", b""
    yield "requests/bilbao-2026-11-25.json", (ROOT / "events" / "request.json").read_bytes()


def hand_in(aws: LocalAws, objects: Iterable[tuple[str, bytes]]) -> str:
    """Put objects into the inbox in this order. Returns the name of the bucket."""
    import boto3

    s3 = boto3.client("s3", endpoint_url=aws.endpoint, region_name=REGION, **aws.keys)
    (inbox,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if f"-{STAGE}-inbox-" in one["Name"])
    for key, data in objects:
        s3.put_object(Bucket=inbox, Key=key, Body=data)
    return str(inbox)


def main() -> int:
    """Build, start, deploy and wait for Ctrl-C; return the exit status."""
    for ending in (signal.SIGINT, signal.SIGTERM):  # a background process of a shell ignores SIGINT
        signal.signal(ending, signal.default_int_handler)
    try:
        found = tools()
    except ToolMissingError as missing:
        print(f"no local AWS: {missing}")
        return 2
    build(found)
    feed = ROOT / "build" / "feed"
    make_feed(feed)
    with (
        tempfile.TemporaryDirectory() as folder,
        serving(feed / "files") as address,
        local_aws(found, Path(folder)) as aws,
    ):
        print(aws.osls("deploy", "--stage", STAGE))
        inbox = hand_in(aws, what_comes_in(feed, address))
        write_environment(aws)
        print(f"The sample hotels are in s3://{inbox}. In another terminal: . {ENVIRONMENT_FILE.relative_to(ROOT)}")
        print("Press Ctrl-C to end it.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            ENVIRONMENT_FILE.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
