"""Damage to bytes: what broken disks, cut downloads and hostile people do to a file."""

import random

INTERESTING = (
    b"\0",
    b"\xff",
    b"\x7f\xff\xff\xff",
    b"\xff\xff\xff\xff",
    b"\0\0\0\1",
    b"\xff\xd8",
    b"\xff\xda",
    b"IEND",
    b"IDAT",
)


def damaged(data: bytes, rng: random.Random) -> bytes:
    """The same bytes with one to four kinds of damage."""
    for _ in range(rng.randint(1, 4)):
        data = rng.choice((_flipped, _overwritten, _cut, _without_a_part, _repeated, _with_rubbish))(data, rng)
    return data


def _place(data: bytes, rng: random.Random) -> int:
    """A place in the file, in its first 200 bytes half of the time: headers matter most."""
    return rng.randrange(min(len(data), rng.choice((200, len(data) or 1))) or 1)


def _flipped(data: bytes, rng: random.Random) -> bytes:
    out = bytearray(data or b"\0")
    for _ in range(rng.randint(1, 8)):
        out[_place(bytes(out), rng)] ^= 1 << rng.randrange(8)
    return bytes(out)


def _overwritten(data: bytes, rng: random.Random) -> bytes:
    at, new = _place(data, rng), rng.choice(INTERESTING)
    return data[:at] + new + data[at + len(new) :]


def _cut(data: bytes, rng: random.Random) -> bytes:
    return data[: _place(data, rng)]


def _without_a_part(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + data[at + rng.randint(1, 64) :]


def _repeated(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + data[at : at + rng.randint(1, 400)] * rng.randint(2, 20) + data[at:]


def _with_rubbish(data: bytes, rng: random.Random) -> bytes:
    at = _place(data, rng)
    return data[:at] + rng.randbytes(rng.randint(1, 200)) + data[at:]
