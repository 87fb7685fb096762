"""Measure what an S3 operation costs: boto3 against the store's own client, with a double of S3 on this machine.

    python -m benchmarks.s3_clients http://127.0.0.1:4566 [--operations 400]

CPU time of the client's process is measured. Half of the operations put 20 KB, the other half get them. The bucket is
created and not deleted.
"""

from __future__ import annotations

import argparse
import os
import random
import sys
import time
from collections.abc import Callable

import boto3

from image_release.storage import S3Address, S3Store

DATA = random.Random(1).randbytes(20_000)
BUCKET = "benchmark-clients"


def cost_ms(operations: int, put: Callable[[str], object], get: Callable[[str], object]) -> float:
    """CPU milliseconds of one operation, after one of each kind has warmed the client up."""
    for each in (put, get):
        each("warm")
    started = time.process_time()
    for number in range(operations // 2):
        put(str(number))
        get(str(number))
    return 1000 * (time.process_time() - started) / (operations // 2 * 2)


def main() -> int:
    """Measure both clients in turn, and print the best of three rounds."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("endpoint")
    parser.add_argument("--operations", type=int, default=400)
    args = parser.parse_args()
    os.environ |= {
        "AWS_ENDPOINT_URL": args.endpoint,
        "AWS_REGION": "us-east-1",
        "AWS_DEFAULT_REGION": "us-east-1",
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    client = boto3.client("s3")
    client.create_bucket(Bucket=BUCKET)
    store = S3Store(S3Address(BUCKET))
    found: dict[str, list[float]] = {"boto3": [], "store": []}
    for _ in range(3):
        found["boto3"].append(
            cost_ms(
                args.operations,
                lambda key: client.put_object(Bucket=BUCKET, Key=key, Body=DATA),
                lambda key: client.get_object(Bucket=BUCKET, Key=key)["Body"].read(),
            )
        )
        found["store"].append(cost_ms(args.operations, lambda key: store.put(key, DATA), store.get))
    for name, costs in found.items():
        print(f"{name:6} {min(costs):.2f} ms CPU an operation")
    return 0


if __name__ == "__main__":
    sys.exit(main())
