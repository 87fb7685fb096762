"""How much slower this machine is, right now, than the one that the bounds in seconds were set on.

    python -m benchmarks.speed

A fixed piece of work that resembles ours (small Python objects, quoting, SQLite, JSON, zlib, numpy) is timed in the
same run as what is bounded. Bounds in seconds are multiplied by the factor; figures stay as they were measured.
"""

from __future__ import annotations

import functools
import json
import re
import sqlite3
import sys
import time
import zlib
from contextlib import closing
from statistics import median
from urllib.parse import quote, unquote

import numpy as np

REFERENCE_S = 0.34
"""CPU seconds of the work on the machine of docs/performance.md, when nothing else runs there.

Derived, not measured there: indexing a release takes 15.5 times as long as this work, and took 5.3 s there.
"""
ROUNDS = 5
ROWS = 15_000
PLAIN = re.compile(r"[a-z0-9]+")


def work() -> int:
    """Do the fixed piece of work and return a number that depends on all of it."""
    return _rows() + _arrays()


def _rows() -> int:
    """Python, SQLite, JSON and zlib, a row at a time, as an index of a release is made."""
    written = 0
    with closing(sqlite3.connect(":memory:")) as database:
        database.execute(
            "CREATE TABLE pairs (hotel TEXT, partner TEXT, accommodation TEXT, PRIMARY KEY (hotel, partner))"
        )
        for number in range(ROWS):
            fields = f"{number},atlas:{number};bedbank:%24bb-{number};cosmo:c{number}".split(",")
            pairs = [tuple(map(unquote, pair.split(":"))) for pair in fields[1].split(";")]
            ids = [name if PLAIN.fullmatch(name) else quote(name, safe="") for _, name in pairs]
            database.executemany("INSERT INTO pairs VALUES (?, ?, ?)", [(fields[0], *pair) for pair in pairs])
            written += len(json.dumps({"hotel_id": fields[0], "accommodations": ids}, sort_keys=True))
        rows = database.execute("SELECT * FROM pairs ORDER BY accommodation").fetchall()
    return written + len(zlib.compress(json.dumps(rows).encode()))


def _arrays() -> int:
    """Products and sorting of arrays, as images are compared."""
    matrix = np.arange(250_000, dtype=np.float64).reshape(500, 500) % 7
    return int(np.sort(matrix @ matrix.T, axis=1)[0, 0])


def measured_slowness() -> float:
    """Measure the CPU time of the work (the median of several rounds) divided by the reference; at least 1."""
    work()
    times = []
    for _ in range(ROUNDS):
        started = time.process_time()
        work()
        times.append(time.process_time() - started)
    return max(1.0, median(times) / REFERENCE_S)


@functools.cache
def slowness() -> float:
    """Return the machine factor of this run: it is measured once per process, at the first call."""
    return measured_slowness()


def sentence() -> str:
    """Return what the output of a benchmark says about the factor."""
    return (
        f"machine factor {slowness():.2f} (1: as fast as the reference machine); bounds in seconds are multiplied by it"
    )


if __name__ == "__main__":
    print(sentence())
    sys.exit(0)
