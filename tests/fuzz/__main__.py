"""`python -m tests.fuzz`: run the fuzzers for some seconds each, and print the seed of each failure."""

import argparse
import sys

from tests.fuzz import FUZZERS
from tests.fuzz.running import fuzz


def main() -> int:
    parser = argparse.ArgumentParser(description="Try damaged inputs; `--only` replays one seed.")
    parser.add_argument("--seconds", type=float, default=30, help="time for each fuzzer")
    parser.add_argument("--seed", type=int, default=1, help="the first seed")
    parser.add_argument("--fuzzer", choices=sorted(FUZZERS), help="only this one")
    parser.add_argument("--only", action="store_true", help="only this one seed, in this process")
    asked = parser.parse_args()
    names = [asked.fuzzer] if asked.fuzzer else sorted(FUZZERS)
    failed = False
    for name in names:
        if asked.only:
            FUZZERS[name](asked.seed)
            continue
        tried, found = fuzz(name, asked.seed, asked.seconds)
        print(f"{name}: {tried} inputs from seed {asked.seed} on, {len(found)} failed")
        for seed, text in sorted(found.items()):
            print(f"python -m tests.fuzz --fuzzer {name} --seed {seed} --only\n{text}")
        failed = failed or bool(found)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
