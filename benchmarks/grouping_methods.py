"""Measure registration against the published method of 36 hashes on labelled corpora.

    python -m benchmarks.grouping_methods CORPUS... [--bits 8] [--json]

Each hotel is grouped by `grouping.method: registered` with the shipped weights, and by `hashes` with both hashes, with
and without the guard against chains. Prints the measures of `corpus evaluate`. The shipped weights have seen the
corpora that `benchmarks/fit_grouping.py` fitted them on; `benchmarks/cross_validation.py` has the figures held out.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")  # as in a worker; numpy reads it when it is imported

from image_release.lab.grouping import evaluate
from image_release.settings import Settings

MEASURES = ("purity", "completeness", "duplicates", "lost")


def choices(bits: int) -> dict[str, Settings]:
    """The methods that are compared, by name."""
    found = {"registered": Settings()}
    for kind in ("phash", "dhash"):
        for may_chain, guard in ((True, ""), (False, ", no chains")):
            grouping = {"method": "hashes", "max_bits": bits, "may_chain": may_chain}
            document = {"fingerprint": {"hash": kind}, "grouping": grouping}
            found[f"hashes, {kind}{guard}"] = Settings.model_validate(document)
    return found


def measured(corpus: Path, settings: Settings) -> dict[str, float]:
    """The measures of one method on a corpus."""
    result = evaluate(corpus, settings, 1, lambda *_: None).measures
    return {name: round(getattr(result, name), 4) for name in MEASURES}


def main() -> int:
    """Measure every method on every corpus and print the figures."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("corpora", nargs="+", type=Path, metavar="CORPUS")
    parser.add_argument("--bits", type=int, default=8, help="threshold of the hashes")
    parser.add_argument("--json", action="store_true", help="one JSON document instead of lines")
    args = parser.parse_args()
    results: dict[str, dict[str, dict[str, float]]] = {}
    for corpus in args.corpora:
        for name, settings in choices(args.bits).items():
            found = results.setdefault(corpus.name, {})[name] = measured(corpus, settings)
            if not args.json:
                print(corpus.name, name, *(f"{key} {value:.4f}" for key, value in found.items()), sep="  ", flush=True)
    if args.json:
        print(json.dumps(results))
    return 0


if __name__ == "__main__":
    sys.exit(main())
