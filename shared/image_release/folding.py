"""Comparing what people type with names: without case, accents, and ways of writing the same.

The rule: a mark is dropped where it stands on a letter of its own (accents of Latin, Greek and Cyrillic), or where
people leave it out (Hebrew points, Arabic vowels). It stays where it makes another letter or vowel: in the scripts of
India, in Thai, and on Japanese kana. Unicode tells the two kinds apart by a mark's combining class.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

POINTS = range(10, 37)
"""Combining classes of Hebrew points and Arabic vowels."""
AROUND_A_LETTER = range(200, 255)
"""Combining classes of accents: marks above, below and beside a letter."""
LIKE = str.maketrans(
    {
        "ø": "o", "ł": "l", "đ": "d", "ð": "d", "ħ": "h", "ŧ": "t", "ı": "i", "ĸ": "k", "ŋ": "n",
        "æ": "ae", "œ": "oe", "þ": "th", "’": "'", "‘": "'", "ʼ": "'", "ʻ": "'", "´": "'", "`": "'",
    }
)  # fmt: skip
"""Letters with a stroke, and quotation marks for an apostrophe: Unicode has no accent to take off."""
MAX_REMEMBERED_CHARS = 100
"""A million hotels have few cities, so what was folded is remembered, unless it is absurdly long."""
MAX_SUGGESTIONS = 3
LEAST_DISTANCE = 2
"""So many letters may differ in a suggestion, or a third of the name."""


def folded(text: str) -> str:
    """A text as it is compared: `KÖLN`, `koln` and `Köln` in any normal form are one; so are `ß` and `ss`."""
    if text.isascii():
        return " ".join(text.lower().replace("`", "'").split())
    return _folded(text) if len(text) <= MAX_REMEMBERED_CHARS else _folded.__wrapped__(text)


@lru_cache(maxsize=65_536)
def _folded(text: str) -> str:
    letters = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    shown = "".join(map(_compared, letters)).translate(LIKE)
    return " ".join(unicodedata.normalize("NFC", shown).split())


def _compared(character: str) -> str:
    """What of a character is compared: nothing of an accent or of what cannot be seen, and one dash for all."""
    kind, mark = unicodedata.category(character), unicodedata.combining(character)
    if mark in AROUND_A_LETTER or mark in POINTS or kind == "Cf" or "\ufe00" <= character <= "\ufe0f":
        return ""
    return "-" if kind == "Pd" else character


def letters(text: str) -> str:
    """A name by its letters and digits alone: `Four-poster`, `four poster` and `FOURPOSTER` are one, `&` is `and`.

    Marks that make another letter stay. A name without any letter stays as it is folded.
    """
    return _letters(text) if len(text) <= MAX_REMEMBERED_CHARS else _letters.__wrapped__(text)


@lru_cache(maxsize=65_536)
def _letters(text: str) -> str:
    name = folded(text.replace("&", " and "))
    return "".join(filter(_names_something, name)) or name


def _names_something(character: str) -> bool:
    """Whether it is a letter, a digit or a mark; not a hyphen, apostrophe, sign or space."""
    return unicodedata.category(character)[0] not in "PSZC"


def nearest(text: str, names: Iterable[str]) -> list[str]:
    """The names that a person may have meant, the likeliest first."""
    wanted = folded(text)
    most = max(LEAST_DISTANCE, len(wanted) // 3)
    found = set()
    for name in names:
        other = folded(name)
        if abs(len(other) - len(wanted)) <= most and (distance := _distance(wanted, other, most)) <= most:
            found.add((distance, name))
    return [name for _, name in sorted(found)[:MAX_SUGGESTIONS]]


def _distance(one: str, other: str, most: int) -> int:
    """Number of letters to change, add or take away between two texts; more than `most` is not counted on."""
    before = list(range(len(other) + 1))
    for row, letter in enumerate(one, start=1):
        now = [row]
        for column, against in enumerate(other, start=1):
            now.append(min(before[column] + 1, now[-1] + 1, before[column - 1] + (letter != against)))
        if min(now) > most:
            return most + 1
        before = now
    return before[-1]
