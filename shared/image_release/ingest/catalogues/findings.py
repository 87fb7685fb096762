"""What was found of the shares of a catalogue that is split: kept as their marks, and read together, sorted by name."""

from __future__ import annotations

import gzip
import heapq
import io
import json
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import astuple
from itertools import islice
from typing import Any

from image_release.ingest.catalogues.comparing import (
    AccommodationDecided,
    AccommodationFound,
    CatalogueComparison,
    ImageCounts,
    decided,
)
from image_release.problems import MAX_PROBLEMS, Problem, ProblemList
from image_release.side_by_side import side_by_side
from image_release.split_keys import share_done_key
from image_release.state import StateUnreadableError
from image_release.storage import Store

PLAN, COMPARE, WRITE = "plan", "compare", "write"
"""Steps of a catalogue that is split: its lines are shared out, compared, and written where they differ."""


def planners_key(folder: str) -> str:
    """What the planner found: lines that belong to no share."""
    return share_done_key(folder, PLAN, 0)


def pack_found(comparison: CatalogueComparison) -> bytes:
    """What was found of a share, as it is stored: first what is counted, then a line for each accommodation."""
    found = list(comparison.found())
    head = {
        "counts": astuple(comparison.counts),
        "keep_all": comparison.keep_all,
        "problems": [(problem.line, problem.value, problem.rule) for problem in comparison.problems.kept],
        "more": comparison.problems.more,
        "is_written": [
            any(each.is_written for each in decided(found, keep_all=keep_all)) for keep_all in (False, True)
        ],
    }
    entries = ([name, *(known or (None, 0)), what] for name, known, what in found)
    lines = "".join(f"{json.dumps(line)}\n" for line in (head, *entries))
    return gzip.compress(lines.encode(), compresslevel=3, mtime=0)


class SplitFindings:
    """What was found of all shares of a catalogue. It is kept packed, and each reading begins from the start."""

    def __init__(self, packed: Sequence[bytes]) -> None:
        self._packed = packed
        heads = [_head(data) for data in packed]
        self.keep_all = any(head["keep_all"] for head in heads)
        self._is_written = [head["is_written"][self.keep_all] for head in heads]
        self.counts = ImageCounts(*map(sum, zip(*(head["counts"] for head in heads), strict=True)))

    @classmethod
    def read(cls, state: Store, folder: str, shares: int, threads: int) -> SplitFindings:
        """Read what was found of a catalogue's shares. Raises StateUnreadableError."""

        def read(key: str) -> bytes:
            stored = state.get(key)
            if stored is None:
                raise StateUnreadableError(key)
            return stored.data

        keys = [planners_key(folder), *(share_done_key(folder, COMPARE, share) for share in range(shares))]
        try:
            return cls(list(side_by_side(read, keys, threads)))
        except (OSError, EOFError, ValueError, zlib.error) as error:
            raise StateUnreadableError(folder) from error

    def decisions(self) -> Iterator[AccommodationDecided]:
        """What becomes of each accommodation, sorted by name."""
        return decided(heapq.merge(*map(_found, self._packed)), keep_all=self.keep_all)

    def unchanged_shares(self) -> list[int]:
        """The shares of which nothing has to be written."""
        return [share for share, is_written in enumerate(self._is_written[1:]) if not is_written]

    def problems(self, file: str, named: str) -> ProblemList:
        """The problems of the whole file, those of its first lines one by one; `named` is what the list is of."""
        together = ProblemList(named)
        heads = list(map(_head, self._packed))
        problems = heapq.merge(*(head["problems"] for head in heads), key=lambda problem: problem[0])
        together.add(*(Problem(file, *problem) for problem in islice(problems, MAX_PROBLEMS)))
        kept = sum(len(head["problems"]) for head in heads)
        together.add_number(sum(head["more"] for head in heads) + max(0, kept - MAX_PROBLEMS))
        return together


def _is_written(found: Sequence[AccommodationFound], *, keep_all: bool) -> bool:
    return any(decision.is_written for decision in decided(found, keep_all=keep_all))


def _head(data: bytes) -> Any:
    return json.loads(gzip.GzipFile(fileobj=io.BytesIO(data)).readline())


def _found(data: bytes) -> Iterator[AccommodationFound]:
    lines = iter(io.BytesIO(gzip.decompress(data)))
    next(lines)
    for name, digest, count, what in map(json.loads, lines):
        yield AccommodationFound(name, None if digest is None else (digest, count), what)
