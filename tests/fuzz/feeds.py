"""Fuzzes releases and catalogues: a good file is in force, and one that is damaged somewhere is handed in after it.

The invariant. Let F be the good file, each of its ids on a line of its own, and M what became of it when a tail, a
line or a byte of F was replaced by any bytes. If M is applied (neither refused nor held), then of every id that leaves

1. the line that F has of it is no line of M (lines end with LF, CR LF or CR, whatever quotation marks there are);
2. where F was only cut, the cut is right behind a line end (of a catalogue: behind a whole object);
3. where one line was replaced, it is the id of that line;
4. where one byte was replaced, the byte is in the id, or next to it.
"""

from __future__ import annotations

import json
import random
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from image_release.ingest import InputDamagedError, ReleaseUnreadableError, hotel_ids, read_current, read_listing
from image_release.ingest.catalogues import CatalogueApplied, apply_catalogue
from image_release.ingest.releases.applying import ReleaseApplied, apply_release
from image_release.settings import Settings
from image_release.storage import MemoryStore
from image_release.values import Accommodation

IDS = [str(number) for number in range(100, 130)]
HEADER = b"hotel_id,name,country,city,latitude,longitude,accommodations,note\n"
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SNIPPETS = (
    b'"', b'""', b'",', b',"',
    b"\n", b"\r", b"\r\n", b"\0", b",", b";", b"\t", b"{", b"}", b"[", b"]", b":", b"\\", b" ",
    b"\xef\xbb\xbf", b"\xff", b"\xc3", "\u2028".encode(), b"\x1a", b"\x1b[2J", HEADER, b'"accommodation_id"', b"null",
    b"}\n{", b",\n", b'"\n', b'x"\n', b"0", b"1",
)  # fmt: skip


@dataclass(frozen=True)
class Damaged:
    """A damaged file. `line` is the line that was replaced; `is_byte`: a byte was; `is_cut`: the tail is gone."""

    data: bytes
    start: int
    line: int | None = None
    is_byte: bool = False
    is_cut: bool = False


def release() -> bytes:
    """A good release: some fields are quoted, one has a comma in it."""
    rows = []
    for number, name in enumerate(IDS):
        shown = (f"Hotel {name}", f'"Bar, {name}"', f'"The ""{name}"""', f"Hôtel {name}")[number % 4]
        note = ("fine", '"a, b"', "", '"x"')[number // 4 % 4]
        rows.append(f"{name},{shown},ES,Bilbao,43.2,-2.9,bed:{name},{note}\n")
    return HEADER + "".join(rows).encode()


def catalogue() -> bytes:
    """A good catalogue."""
    documents = ({"accommodation_id": name, "images": [{"url": f"https://p/{name}", "rank": 1}]} for name in IDS)
    return "".join(json.dumps(document) + "\n" for document in documents).encode()


def any_bytes(dice: random.Random, good: bytes) -> bytes:
    """Some bytes: snippets, parts of the file, noise."""
    parts = []
    for _ in range(dice.randint(1, 3)):
        kind = dice.random()
        if kind < 0.7:
            parts.append(dice.choice(SNIPPETS))
        elif kind < 0.85:
            start = dice.randrange(len(good))
            parts.append(good[start : start + dice.randint(1, 90)])
        else:
            parts.append(dice.randbytes(dice.randint(1, 4)))
    return b"".join(parts)


def damage(dice: random.Random, good: bytes) -> Damaged:
    """Replace a tail, a line or a byte."""
    lines = good.splitlines(keepends=True)
    kind = dice.choice(("cut", "tail", "line", "byte", "byte"))
    if kind in ("cut", "tail"):
        start = dice.randrange(1, len(good))
        return Damaged(good[:start] + (any_bytes(dice, good) if kind == "tail" else b""), start, is_cut=kind == "cut")
    line = dice.randrange(len(lines))
    begin = sum(map(len, lines[:line]))
    if kind == "line":
        end = begin + len(lines[line]) - 1
        return Damaged(good[:begin] + any_bytes(dice, good) + good[end:], begin, line)
    place = dice.randrange(begin, begin + len(lines[line]))
    wanted = dice.choice(SNIPPETS) if dice.random() < 0.6 else dice.randbytes(1)
    return Damaged(good[:place] + wanted + good[place + 1 :], place, is_byte=True)


def broken(
    good: bytes, damaged: Damaged, left: set[str], first_line: int, id_of: Callable[[bytes], slice]
) -> str | None:
    """Which part of the invariant does not hold; None if all of it does."""
    lines = good.splitlines(keepends=True)
    line_of = dict(zip(IDS, range(first_line, len(lines)), strict=True))
    now = set(re.split(rb"\r\n|\n|\r", damaged.data))
    for name in left:
        line = lines[line_of[name]]
        if line.rstrip(b"\n") in now:
            return f"{name} leaves, and its line is there"
        if damaged.is_cut and not damaged.data.endswith((b"\n", b"}")):
            return f"{name} leaves, and the file is cut inside a line"
        if damaged.line not in (None, line_of[name]):
            return f"{name} leaves, and another line was damaged"
        begin, place = sum(map(len, lines[: line_of[name]])), id_of(line)
        if damaged.is_byte and not begin + place.start - 1 <= damaged.start <= begin + place.stop:
            return f"{name} leaves, and a byte elsewhere was damaged"
    return None


def check_release(dice: random.Random) -> str | None:
    """Damage a release and say what is wrong with its effect."""
    good = release()
    inbox, state = MemoryStore(), MemoryStore()
    inbox.put("releases/1.csv", good)
    apply_release(inbox, state, "releases/1.csv", Settings(), NOW)
    damaged = damage(dice, good)
    inbox.put("releases/2.csv", damaged.data)
    try:
        result = apply_release(inbox, state, "releases/2.csv", Settings(), NOW)
    except (ReleaseUnreadableError, InputDamagedError):
        return None
    left = set(IDS) - set(hotel_ids(state, read_current(state))) if isinstance(result, ReleaseApplied) else set()
    return broken(good, damaged, left, 1, lambda line: slice(0, line.index(b",")))


def check_catalogue(dice: random.Random) -> str | None:
    """Damage a catalogue and say what is wrong with its effect."""
    good = catalogue()
    inbox, state = MemoryStore(), MemoryStore()
    inbox.put("catalogues/p/1.jsonl", good)
    apply_catalogue(inbox, state, "catalogues/p/1.jsonl", Settings())
    damaged = damage(dice, good)
    inbox.put("catalogues/p/2.jsonl", damaged.data)
    try:
        result = apply_catalogue(inbox, state, "catalogues/p/2.jsonl", Settings())
    except InputDamagedError:
        return None
    left = set()
    if isinstance(result, CatalogueApplied):
        left = {name for name in IDS if read_listing(state, Accommodation("p", name)).deleted}
    start = len(b'{"accommodation_id": "')
    return broken(good, damaged, left, 0, lambda _: slice(start, start + 3))


def check(seed: int) -> str | None:
    """Both kinds of feed, damaged as a seed says; None if the invariant holds."""
    for each in (check_release, check_catalogue):
        if found := each(random.Random(seed)):
            return f"{each.__name__}, seed {seed}: {found}"
    return None
