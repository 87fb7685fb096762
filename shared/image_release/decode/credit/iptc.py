"""IPTC (IIM): by-line, credit and copyright notice."""

from __future__ import annotations

from collections.abc import Iterator

from image_release.decode.credit.texts import StatedMakers, decoded_text

MAX_DATASETS = 2_000
"""Maximum number of datasets that are looked at."""
MARKER = 0x1C
LONGEST = 0x8000
"""A length from here on says how many bytes the length itself has: only pictures need that."""
BY_LINE, CREDIT, COPYRIGHT = (2, 80), (2, 110), (2, 116)


def read_iptc(block: bytes) -> StatedMakers:
    """What an IPTC block says; there may be several by-lines."""
    makers: list[str] = []
    line = notice = ""
    for name, value in _datasets(block):
        if name == BY_LINE and (maker := decoded_text(value)):
            makers.append(maker)
        elif name == CREDIT:
            line = line or decoded_text(value)
        elif name == COPYRIGHT:
            notice = notice or decoded_text(value)
    return StatedMakers(tuple(makers), line, notice)


def _datasets(block: bytes) -> Iterator[tuple[tuple[int, int], bytes]]:
    """Each dataset: record and number, and value. It ends where the block breaks off."""
    place = 0
    for _ in range(MAX_DATASETS):
        if place + 5 > len(block) or block[place] != MARKER:
            return
        name = block[place + 1], block[place + 2]
        length = int.from_bytes(block[place + 3 : place + 5], "big")
        if length >= LONGEST:
            return
        yield name, block[place + 5 : place + 5 + length]
        place += 5 + length
