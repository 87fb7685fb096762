"""Splitting a catalogue that is too large for one invocation: its lines go into shares by a hash of the accommodation.

A share holds all that is needed to compare its accommodations: their lines with the lines' numbers, their digests in
the catalogue in force, and which of them another catalogue may have written. So a share is judged as a whole catalogue
is, and what is found of all shares together is what would be found at once. Only a line of which nobody knows the
accommodation belongs to no share: the planner notes its problem, and that all keep what they had.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
import tempfile
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, BinaryIO

from image_release.ingest.catalogues.applying import InputChangedError
from image_release.ingest.catalogues.claims import touched_lists
from image_release.ingest.catalogues.comparing import CatalogueComparison
from image_release.ingest.catalogues.digests import GZIP
from image_release.ingest.catalogues.findings import COMPARE, pack_found, planners_key
from image_release.ingest.catalogues.in_force import CatalogueTotals, digests_before, older, says_all_is_deleted
from image_release.ingest.catalogues.reading import (
    BadLine,
    empty_file,
    judge_line,
    numbered_lines,
    partner_and_version,
    plain_id,
)
from image_release.ingest.files import MissingInputError, is_checked, opened
from image_release.ingest.split_sizes import SplitSizes
from image_release.side_by_side import side_by_side
from image_release.split_keys import share_key, split_folder
from image_release.state import read_json
from image_release.storage import Store
from image_release.store_keys import catalogue_state_key, touched_folder
from image_release.values import sha256_hex

KIND = "catalogue"
"""Folder of split catalogues below `split/`."""
FORCED, BEFORE, LINE = b"f", b"b", b"l"
"""First character of a line of a share: an accommodation to write in any case, a digest in force, a line with its
number. Lines come last."""
SHRINKS = 25
"""So much smaller is a packed catalogue, whose addresses are alike. Where it shrinks less, it gets more shares."""
NAME_BYTES = 20
"""About so many bytes of a list of touched accommodations stand for one."""
MAX_BITS = 11
"""Maximum number of shares, as a power of two."""
WAITING_BYTES = 1 << 16
"""Bytes of a share that are packed and written to the disk at once."""


@dataclass(frozen=True, slots=True)
class SplitCatalogue:
    """What a catalogue was split from, and what was decided of it: the `details` of its plan."""

    folder: str
    """Folder of the work. It never comes back: what still deletes an old one deletes nothing of another."""
    key: str
    given: tuple[int, str]
    """Size and time of the file: another one means another content."""
    base: Any
    """The partner's catalogue in force when it was split, as it is recorded."""
    touched: tuple[str, ...]
    """Digests of the lists of accommodations that other catalogues were going to write then."""
    bits: int
    is_declared: bool
    """The file says itself that everything is to be deleted."""
    totals: CatalogueTotals | None = None
    """What the whole catalogue comes to, once that was decided."""
    keep_all: bool = False
    """None may be deleted: a line may be of any accommodation."""

    @classmethod
    def of(cls, details: Mapping[str, Any]) -> SplitCatalogue:
        """Read the details of a plan."""
        totals, known = details["totals"], dict(details)
        known["totals"] = None if totals is None else CatalogueTotals(**totals)
        known["given"], known["touched"] = tuple(details["given"]), tuple(details["touched"])
        return cls(**known)

    def details(self) -> dict[str, Any]:
        """The details of a plan, as JSON."""
        return asdict(self)

    @property
    def names(self) -> tuple[str, str]:
        """Partner and version."""
        return partner_and_version(self.key)

    @property
    def shares(self) -> int:
        """The number of shares."""
        return 1 << self.bits

    def is_of(self, other: SplitCatalogue) -> bool:
        """Whether both are split from the same file in the same state."""
        return replace(self, folder=other.folder, totals=other.totals, keep_all=other.keep_all) == other


def folder_prefix(key: str) -> str:
    """First characters of the folders of a catalogue's work, whatever it was split from."""
    return split_folder(KIND, f"{sha256_hex(json.dumps(partner_and_version(key)).encode())[:16]}-")


def given_at(inbox: Store, key: str) -> tuple[int, str] | None:
    """Size and time of a file; None if it is not there."""
    listed = inbox.head(key)
    return None if listed is None else (listed.size, listed.modified.isoformat())


def is_large(inbox: Store, state: Store, key: str, sizes: SplitSizes) -> bool:
    """Whether a catalogue has to be split: it, the one in force, or one that was applied in part, is too large.

    Raises CatalogueMisnamedError, MissingInputError, InputDamagedError.
    """
    partner_id, version = partner_and_version(key)
    present = read_json(state, catalogue_state_key(partner_id))
    if older(present, partner_id, version):
        return False
    if _known(state, partner_id, present) > sizes.most_lines:
        return True
    size = 0
    with opened(inbox, key) as stream:
        for count, (_, line) in enumerate(numbered_lines(stream), start=1):
            size += len(line or b"")
            if count > sizes.most_lines or size > sizes.most_bytes:
                return True
    return False


def to_split(inbox: Store, state: Store, key: str, sizes: SplitSizes) -> SplitCatalogue:
    """What a catalogue is to be split from. Raises MissingInputError."""
    partner_id, version = partner_and_version(key)
    # Read these lists before the state: a catalogue that comes into force deletes its list.
    touched = tuple(digest for digest, _ in touched_lists(state, partner_id))
    base = read_json(state, catalogue_state_key(partner_id))
    given = given_at(inbox, key)
    if given is None:
        raise MissingInputError(key)
    unpacked = given[0] * (SHRINKS if is_checked(key) else 1)
    shares = max(unpacked / sizes.share_bytes, _known(state, partner_id, base) / sizes.share_lines, 2)
    bits = min(MAX_BITS, math.ceil(math.log2(shares)))
    folder = f"{folder_prefix(key)}{secrets.token_hex(8)}"
    return SplitCatalogue(folder, key, given, base, touched, bits, says_all_is_deleted(inbox, key, version))


def _known(state: Store, partner_id: str, present: Any) -> int:
    """About how many accommodations of a partner are known: those in force, and those written in part."""
    touched = sum(listed.size for listed in state.list(touched_folder(partner_id))) // NAME_BYTES
    return max(touched, present["accommodations"] if present else 0)


def write_shares(inbox: Store, state: Store, split: SplitCatalogue, threads: int) -> None:
    """Write the shares of a catalogue, and what the planner found.

    Raises InputDamagedError, InputChangedError if the file or the state is not any more what it is split from.
    """
    with tempfile.TemporaryDirectory() as folder:
        shares = _Shares(Path(folder), split.bits)
        planner = CatalogueComparison(state, split.names[0], split.key, {}, frozenset(), 1)
        _add_known(state, shares, split)
        if not split.is_declared:
            with opened(inbox, split.key) as stream:
                planner.count(_unread(stream, shares, split.key))
        shares.end()

        def store(share: int) -> None:
            state.put_file(share_key(split.folder, COMPARE, share), shares.file(share))

        if given_at(inbox, split.key) != split.given:
            raise InputChangedError(split.key)
        for _ in side_by_side(store, range(split.shares), threads):
            pass
    state.put(planners_key(split.folder), pack_found(planner))


def _add_known(state: Store, shares: _Shares, split: SplitCatalogue) -> None:
    """Give each share what is known of its accommodations. Raises InputChangedError."""
    partner_id = split.names[0]
    digests = []
    for digest, names in touched_lists(state, partner_id):
        digests.append(digest)
        for name in names:
            shares.add(name.encode(), FORCED, json.dumps(name).encode())
    if tuple(digests) != split.touched:
        raise InputChangedError(split.key)
    for name, known in digests_before(state, partner_id, split.base):
        shares.add(name.encode(), BEFORE, json.dumps([name, *known]).encode())


def _unread(stream: BinaryIO, shares: _Shares, key: str) -> Iterator[BadLine]:
    """Give each share its lines; yields the lines of which nobody knows the accommodation."""
    is_empty = True
    for number, line in numbered_lines(stream):
        is_empty = False
        name = plain_id(line or b"")
        if name is None:
            item = judge_line(line, key, number)
            if isinstance(item, BadLine) and item.accommodation_id is None:
                yield item
                continue
            name = str(item.accommodation_id).encode()
        shares.add(name, LINE, b"%d %b" % (number, line or b""))
    if is_empty:
        yield empty_file(key)


class _Shares:
    """Files of shares in a folder of this machine. They are packed in small pieces, so that memory stays small."""

    def __init__(self, folder: Path, bits: int) -> None:
        self._folder, self._bits = folder, bits
        self._waiting = [bytearray() for _ in range(1 << bits)]

    def file(self, share: int) -> Path:
        """The file of a share."""
        return self._folder / str(share)

    def add(self, name: bytes, kind: bytes, text: bytes) -> None:
        """Add a line to the share of an accommodation."""
        share = share_of(name, self._bits)
        waiting = self._waiting[share]
        waiting += b"%b%b\n" % (kind, text)
        if len(waiting) >= WAITING_BYTES:
            self._write(share)

    def end(self) -> None:
        """Write what waits. Every share gets a file."""
        for share in range(1 << self._bits):
            self._write(share)

    def _write(self, share: int) -> None:
        with self.file(share).open("ab") as file:
            file.write(zlib.compress(self._waiting[share], 1, wbits=GZIP))
        self._waiting[share].clear()


def share_of(name: bytes, bits: int) -> int:
    """The share of an accommodation: a partner cannot easily choose ids that all fall into one."""
    return int.from_bytes(hashlib.sha256(name).digest()[:2], "big") >> (16 - bits)
