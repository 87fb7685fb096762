"""Deploys the suite to an AWS on this machine and keeps it until Ctrl-C: `make aws`.

Another terminal that reads `build/aws.env` finds osls, the deployed suite and the sample hotels in it:

    . build/aws.env
    osls invoke local --stage local --function process_hotel --path events/one_hotel.json

The sample partners' pictures are served on 127.0.0.1 as long as this runs.
"""

from __future__ import annotations

import json
import shlex
import signal
import sys
import tempfile
from pathlib import Path

from deployment.local_aws import LocalAws, local_aws
from deployment.package import build
from deployment.tools import ROOT, ToolMissingError, tools
from samples.partners import HOST, RELEASE_ID, make_feed
from samples.serve import serving

STAGE = "local"
ENVIRONMENT_FILE = ROOT / "build" / "aws.env"


def write_environment(aws: LocalAws) -> None:
    """What a shell needs. `invoke local` runs the handlers of this folder on the layers' packages."""
    layers = [ROOT / "build" / "layers" / name / "python" for name in ("common", "pictures")]
    found = {**aws.environment, "PYTHONPATH": ":".join(map(str, [*layers, ROOT / "shared"]))}
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in found.items()]
    ENVIRONMENT_FILE.write_text("".join(lines), encoding="utf-8")


def hand_in_samples(aws: LocalAws, feed: Path, address: str) -> str:
    """Put settings, catalogues and a release of the sample hotels into the inbox; returns the bucket's name."""
    import boto3

    s3 = boto3.client("s3", endpoint_url=aws.endpoint, region_name=aws.environment["AWS_REGION"], **aws.keys)
    (inbox,) = (one["Name"] for one in s3.list_buckets()["Buckets"] if f"-{STAGE}-inbox-" in one["Name"])
    download = {"allowed_networks": ["127.0.0.0/8"], "resolve": {HOST.removeprefix("http://"): address}}
    s3.put_object(Bucket=inbox, Key="settings.yaml", Body=json.dumps({"download": download}).encode())
    for path in [*sorted((feed / "catalogues").glob("*/*")), feed / f"{RELEASE_ID}.csv"]:
        key = str(path.relative_to(feed)) if path.suffix == ".jsonl" else f"releases/{path.name}"
        s3.put_object(Bucket=inbox, Key=key, Body=path.read_bytes())
    return str(inbox)


def main() -> int:
    """Build, start, deploy, wait."""
    try:
        found = tools()
    except ToolMissingError as missing:
        print(f"no local AWS: {missing}")
        return 2
    build(found)
    feed = ROOT / "build" / "feed"
    make_feed(feed)
    with tempfile.TemporaryDirectory() as folder, serving(feed / "files") as address, local_aws(found, Path(folder)) as aws:
        print(aws.osls("deploy", "--stage", STAGE))
        inbox = hand_in_samples(aws, feed, address)
        write_environment(aws)
        print(f"The sample hotels are in s3://{inbox}. In another terminal: . {ENVIRONMENT_FILE.relative_to(ROOT)}")
        print("Ctrl-C ends it.", flush=True)
        try:
            signal.pause()
        except KeyboardInterrupt:
            ENVIRONMENT_FILE.unlink()
    return 0


if __name__ == "__main__":
    sys.exit(main())
