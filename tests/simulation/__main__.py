"""`make simulate`: plays many seeds on all cores and prints those that break a promise. Each replays exactly."""

import argparse
import multiprocessing
import os
import sys

from tests.simulation.playing import broken_by


def main() -> None:
    """Play the seeds."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--seeds", type=int, default=10_000)
    parser.add_argument("--workers", type=int, default=len(os.sched_getaffinity(0)))
    chosen = parser.parse_args()
    found = 0
    with multiprocessing.get_context("spawn").Pool(chosen.workers) as pool:
        seeds = range(chosen.first, chosen.first + chosen.seeds)
        for done, line in enumerate(pool.imap_unordered(broken_by, seeds, chunksize=10), start=1):
            if line:
                found += 1
                print(line, flush=True)
            elif done % 500 == 0:
                print(f"{done} seeds, {found} broke a promise", flush=True)
    print(f"{chosen.seeds} seeds, {found} broke a promise")
    sys.exit(1 if found else 0)


if __name__ == "__main__":
    main()
