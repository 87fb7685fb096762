"""Measure what a cold start costs, function by function: CPU time of the import, and of import and first event.

    make layers && python -m benchmarks.starts [--tries 5] [--json]

As it is deployed: Python 3.13 and nothing else but the zips' content, in a fresh process, against a local AWS in which
nothing is left to do. The last line is the local model, which is loaded when the first picture is looked at. CPU is
user + system, net of the interpreter's own start; the least of the tries counts, for the machine may be busy. Budgets
are multiplied by the machine factor (benchmarks/speed.py). Ends with status 1 where a budget is broken, and says so and
ends with 0 where the local AWS cannot be had.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.speed import sentence, slowness
from deployment.local_aws import REGION, LocalAws, local_aws
from deployment.package import build
from deployment.serve import STAGE, hand_in, what_comes_in
from deployment.tools import ROOT, ToolMissingError, tools
from samples.partners import make_feed
from samples.serve import serving

FIRST_EVENTS = {
    "detect_changes": "catalogue_upload",
    "fan_out": "release_upload",
    "fan_out_shard": "shard",
    "process_hotel": "one_hotel",
    "reprocess": "request",
    "compare_hotels": "round_goes_on",
    "tick": "schedule",
}
"""The sample in `events/` that each function is started with."""
MODEL = "local model"
HOTEL_ID = "123456"
READY_S = 600
"""Maximum time until the hotel of the events is published, in seconds."""
PROGRAM = """
import json, sys, time
sys.path[:0] = json.loads(sys.argv[3])
started = time.process_time()
import importlib
module = importlib.import_module(f"functions.{sys.argv[1]}.handler")
imported = time.process_time()
class Context:
    function_name = memory_limit_in_mb = invoked_function_arn = aws_request_id = "x"
    def get_remaining_time_in_millis(self): return 300_000
answer = module.handle(json.load(open(sys.argv[2])), Context())
assert not (answer or {}).get("batchItemFailures"), answer
print(json.dumps([1000 * (imported - started), 1000 * (time.process_time() - started)]))
"""


LOOK = """
import json, sys, time
sys.path[:0] = json.loads(sys.argv[1])
from functions import composition
from image_release.tag import Tagged, TagRequest
tagger = composition.hotel_ports().tagger
request = TagRequest("0" * 64, "https://partner.example/", jpeg=bytes, view=lambda: bytes(224 * 224 * 3))
times = [time.process_time()]
for _ in range(11):
    answer = tagger.tag([request])["0" * 64]
    times.append(time.process_time())
assert isinstance(answer, Tagged), answer
print(json.dumps([1000 * (times[1] - times[0]), 100 * (times[-1] - times[1])]))
"""
"""Looks at a picture eleven times: the first time loads the model."""


def budget(function: str) -> tuple[float, float]:
    """Return the most milliseconds of CPU for the import of a function, and for import and first event together.

    For the model: for the first look, and for a later one.
    """
    most = {"process_hotel": (500, 1_100), MODEL: (300, 30)}.get(function, (350, 800))
    return most[0] * slowness(), most[1] * slowness()


def client(aws: LocalAws, service: str) -> Any:
    """A boto3 client with all rights."""
    import boto3

    return boto3.client(service, endpoint_url=aws.endpoint, region_name=REGION, **aws.keys)


def wait_until_published(aws: LocalAws, published: str) -> None:
    """Wait until the hotel that the events name has a manifest. Raises RuntimeError after READY_S."""
    s3 = client(aws, "s3")
    end = time.monotonic() + READY_S
    while time.monotonic() < end:
        if s3.list_objects_v2(Bucket=published, Prefix=f"hotels/{HOTEL_ID}/manifest.json").get("KeyCount"):
            return
        time.sleep(1)
    raise RuntimeError(f"hotel {HOTEL_ID} was not published within {READY_S} s")


def needed(feed: Path, address: str) -> Iterator[tuple[str, bytes]]:
    """Yield the keys and bytes that the sample events need, without the sample hotels."""
    for key, data in what_comes_in(feed, address):
        if key.startswith("releases/"):
            first, *_, last = data.splitlines(keepends=True)
            yield key, first + last
        elif not key.startswith(("catalogues/atlas", "catalogues/bedbank", "catalogues/cosmo", "requests/")):
            yield key, data


def start(aws: LocalAws, function: str) -> tuple[float, float]:
    """Make one cold start; returns CPU milliseconds of the import, and of import and first event."""
    event = ROOT / "events" / f"{FIRST_EVENTS[function]}.json"
    return run(aws, function, PROGRAM, lambda places: [function, str(event), places])


def look(aws: LocalAws) -> tuple[float, float]:
    """Load the model; returns CPU milliseconds of the first look, and of a later one."""
    return run(aws, "process_hotel", LOOK, lambda places: [places])


def run(aws: LocalAws, function: str, program: str, arguments: Callable[[str], list[str]]) -> tuple[float, float]:
    """Run a program in a fresh process with a function's code, layers and variables; returns the times it prints.

    `arguments` makes the program's arguments from the folders that it imports from, as JSON.
    """
    configured = client(aws, "lambda").get_function_configuration(FunctionName=f"image-release-{STAGE}-{function}")
    layers = [layer["Arn"].split(":")[-2].rsplit("-", 1)[1] for layer in configured["Layers"]]
    places = [ROOT / "build" / "functions", *(ROOT / "build" / "layers" / layer / "python" for layer in layers)]
    environment = {**os.environ, **aws.environment, **configured["Environment"]["Variables"]}
    command = [str(aws.tools.python), "-I", "-S", "-c", program, *arguments(json.dumps([str(one) for one in places]))]
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{function}: {done.stderr}")
    first, second = json.loads(done.stdout.splitlines()[-1])
    return first, second


def measure(tries: int) -> dict[str, tuple[float, float]]:
    """The smallest of the tries for every function and the model.

    Raises ToolMissingError if the local AWS cannot be started.
    """
    found = tools()
    build(found)
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary)
        make_feed(folder / "feed")
        with serving(folder / "feed" / "files") as address, local_aws(found, folder) as aws:
            aws.osls("deploy", "--stage", STAGE)
            inbox = hand_in(aws, needed(folder / "feed", address))
            wait_until_published(aws, inbox.replace("-inbox-", "-published-"))
            results = {name: least(tries, partial(start, aws, name)) for name in FIRST_EVENTS}
            return {**results, MODEL: least(tries, partial(look, aws))}


def least(tries: int, measured: Callable[[], tuple[float, float]]) -> tuple[float, float]:
    """The smallest of each of the two figures."""
    costs = [measured() for _ in range(tries)]
    return min(cost[0] for cost in costs), min(cost[1] for cost in costs)


def main() -> int:
    """Measure every function, print the figures, and return 1 if a budget is broken."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--tries", type=int, default=5)
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    args = parser.parse_args()
    try:
        results = measure(args.tries)
    except ToolMissingError as missing:
        print(f"skipped, nothing was measured: {missing}")
        return 0
    if args.json:
        print(json.dumps({name: dict(zip(figures(name), cost, strict=True)) for name, cost in results.items()}))
    else:
        print(sentence())
    broken = False
    for name, costs in results.items():
        most = budget(name)
        broken = broken or costs[0] > most[0] or costs[1] > most[1]
        if not args.json:
            told = [
                f"{what} {cost:.0f} (≤ {limit:.0f})"
                for what, cost, limit in zip(figures(name), costs, most, strict=True)
            ]
            print(f"{name:15} {', '.join(told)}")
    return 1 if broken else 0


def figures(name: str) -> tuple[str, str]:
    """What the two figures of a function, or of the model, are."""
    return ("first_look_ms", "later_look_ms") if name == MODEL else ("import_ms", "first_ms")


if __name__ == "__main__":
    sys.exit(main())
