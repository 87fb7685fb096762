"""Mutants made by hand and a seeded sample of all others: `python -m tests.mutation --seed 1 --sample 300`."""

from __future__ import annotations

import argparse
import hashlib
import json
import sys
import time
import tomllib
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from operator import itemgetter
from pathlib import Path
from queue import SimpleQueue

from tests.conftest import ROOT
from tests.mutation.mutating import Mutant, mutants_of
from tests.mutation.running import LEAST_S, Copy, Verdict, copies, limit_s

WORKERS = 2
PACKAGE = "shared/image_release"
MUTATED = (
    "publish",
    "ingest",
    "state",
    "cache",
    "rank",
    "serverless",
    "dedup/border_cues.py",
    "dedup/grouping.py",
    "dedup/grouping_methods.py",
    "dedup/groups.py",
    "dedup/hash_grouping.py",
)
"""What the sample is drawn from: folders, and modules that decide which images are grouped or which is the best."""
MOST_SURVIVORS = 0.1
BUDGET_S = 20.0
"""Recorded time of the tests that a mutant has to survive, in seconds."""
HERE = Path(__file__).parent
REPORT = ROOT / "build" / "mutants.json"
"""Keys of the mutants that survived the last sample, for `--survivors`."""
EXPLAINED = HERE / "survivors.toml"


def by_hand() -> Iterator[tuple[str, Mutant, list[str]]]:
    """Every mutant in `by_hand/`: its name, the change, and the tests that have to kill it."""
    for path in sorted((HERE / "by_hand").glob("*.toml")):
        for entry in tomllib.loads(path.read_text(encoding="utf-8"))["mutant"]:
            source = (ROOT / entry["file"]).read_bytes()
            old = entry["old"].encode()
            if source.count(old) != 1:
                raise SystemExit(f"{path.name}, {entry['name']}: `old` is {source.count(old)} times in {entry['file']}")
            start = source.index(old)
            line = source[:start].count(b"\n") + 1
            mutant = Mutant(entry["file"], line, "by hand", start, start + len(old), entry["old"], entry["new"])
            yield entry["name"], mutant, entry["tests"]


def all_mutants(only: list[str]) -> list[Mutant]:
    """All mutants of the modules named, or of everything that is mutated."""
    roots = [ROOT / name for name in only] or [ROOT / PACKAGE / name for name in MUTATED]
    files = [path for root in roots for path in (sorted(root.rglob("*.py")) if root.is_dir() else [root])]
    return [mutant for path in files for mutant in mutants_of(ROOT, str(path.relative_to(ROOT)))]


def drawn(mutants: list[Mutant], *, seed: int, number: int) -> list[Mutant]:
    """Draw a sample by the hash of each mutant, so that a change of the program changes little of the sample."""
    times: Counter[tuple[str, ...]] = Counter()

    def lot(mutant: Mutant) -> bytes:
        times[mutant.key] += 1
        return hashlib.sha256(repr((seed, mutant.key, times[mutant.key])).encode()).digest()

    return [mutant for _, mutant in sorted([(lot(mutant), mutant) for mutant in mutants], key=itemgetter(0))[:number]]


def survivors_before() -> set[tuple[str, ...]]:
    """Keys of the mutants that survived the last sample."""
    if not REPORT.is_file():
        raise SystemExit(f"{REPORT} is missing: draw a sample first")
    return {tuple(key) for key in json.loads(REPORT.read_text(encoding="utf-8"))}


def explanations() -> dict[tuple[str, str, str, str], str]:
    """Why a mutant may survive, by its key."""
    entries = tomllib.loads(EXPLAINED.read_text(encoding="utf-8"))["survivor"]
    return {(entry["file"], entry["place"], entry["old"], entry["new"]): entry["reason"] for entry in entries}


def judged(jobs: list[tuple[str, Callable[[Copy], Verdict]]], places: list[Copy]) -> list[Verdict]:
    """Judge all mutants on the copies, side by side, and tell each result on standard error."""
    free: SimpleQueue[Copy] = SimpleQueue()
    for place in places:
        free.put(place)

    def one(job: tuple[str, Callable[[Copy], Verdict]]) -> Verdict:
        name, judge = job
        place = free.get()
        try:
            verdict = judge(place)
        finally:
            free.put(place)
        word = "killed  " if verdict.killed else "SURVIVED"
        print(f"{word} {verdict.seconds:5.1f} s  {name}  {verdict.said}", file=sys.stderr, flush=True)
        return verdict

    with ThreadPoolExecutor(len(places)) as pool:
        futures = [pool.submit(one, job) for job in jobs]
        try:
            return [future.result() for future in futures]
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise


def run_by_hand(places: list[Copy]) -> int:
    """Judge the mutants made by hand and return how many survived."""
    listed = list(by_hand())
    places[0].check(sorted({test for _, _, tests in listed for test in tests}))

    def job(mutant: Mutant, tests: list[str]) -> Callable[[Copy], Verdict]:
        changed = mutant.apply((ROOT / mutant.file).read_bytes())
        return lambda place: place.judge(mutant.file, changed, tests, 5 * LEAST_S)

    verdicts = judged([(name, job(mutant, tests)) for name, mutant, tests in listed], places)
    survived = [name for (name, _, _), verdict in zip(listed, verdicts, strict=True) if not verdict.killed]
    for name in survived:
        print(f"survived, by hand: {name}")
    print(f"by hand: {len(verdicts) - len(survived)} killed, {len(survived)} survived of {len(verdicts)}")
    return len(survived)


def run_sample(places: list[Copy], mutants: list[Mutant]) -> tuple[int, int]:
    """Judge mutants by the tests that reach them; return how many survived and how many of those have no reason."""
    record = places[0].record()
    print(f"{len(record.seconds)} tests recorded", file=sys.stderr)

    def job(mutant: Mutant) -> Callable[[Copy], Verdict]:
        tests = record.tests(mutant.file, mutant.line, BUDGET_S)
        if not tests:
            return lambda _: Verdict(False, "no test reaches it", 0.0)
        changed = mutant.apply((ROOT / mutant.file).read_bytes())
        return lambda place: place.judge(mutant.file, changed, tests, limit_s(record, tests))

    verdicts = judged([(str(mutant), job(mutant)) for mutant in mutants], places)
    reasons = explanations()
    survived = [mutant for mutant, verdict in zip(mutants, verdicts, strict=True) if not verdict.killed]
    REPORT.parent.mkdir(exist_ok=True)
    REPORT.write_text(json.dumps([mutant.key for mutant in survived], indent=1), encoding="utf-8")
    for mutant in survived:
        print(f"survived: {mutant}\n          {reasons.get(mutant.key, 'NO REASON IS GIVEN')}")
    print(f"sample: {len(mutants) - len(survived)} killed, {len(survived)} survived of {len(mutants)}")
    return len(survived), sum(mutant.key not in reasons for mutant in survived)


def main() -> int:
    """Return 1 if a mutant made by hand survived, or more than a tenth of the sample, or one without a reason."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="which sample is drawn (default: 1)")
    parser.add_argument("--sample", type=int, default=300, help="number of mutants that are drawn (default: 300)")
    parser.add_argument("--by-hand", action="store_true", help="only the mutants made by hand")
    parser.add_argument("--survivors", action="store_true", help="only those that survived the last sample")
    parser.add_argument("files", nargs="*", help="draw from these files or folders only; none made by hand")
    given = parser.parse_args()
    began = time.monotonic()
    with copies(WORKERS) as places:
        wrong = 0 if given.files or given.survivors else run_by_hand(places)
        if given.survivors:
            before = survivors_before()
            _, unexplained = run_sample(places, [mutant for mutant in all_mutants([]) if mutant.key in before])
            wrong += unexplained
        elif not given.by_hand:
            sample = drawn(all_mutants(given.files), seed=given.seed, number=given.sample)
            survived, unexplained = run_sample(places, sample)
            wrong += unexplained + (survived > MOST_SURVIVORS * len(sample))
    print(f"{time.monotonic() - began:.0f} s")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
