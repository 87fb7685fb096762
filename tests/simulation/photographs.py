"""Photographs and their copies, which are decoded, grouped and resized once for all simulations.

The program's own code decodes and compares. Its answers depend on the arguments only, so caching them changes nothing
but the time that ten thousand simulations take.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from image_release.hotel import choose
from image_release.values import sha256_hex
from tests.integration.world import jpeg, photo

SIZE = (420, 280)
QUALITIES = (90, 80, 70)
RECOMPRESSED = (60, 50)
"""Qualities of the versions -1 and -2: bytes that no other version of a photograph has."""

_answers: dict[tuple, Any] = {}
_group_same = choose.group_same
_choose_best = choose.choose_best


@cache
def copy_of(number: int, version: int) -> bytes:
    """Return a photograph as a JPEG. Each version has other bytes."""
    quality = RECOMPRESSED[-1 - version] if version < 0 else QUALITIES[version % len(QUALITIES)]
    return jpeg(photo(number, SIZE), quality)


def call_once(function: Callable, /, *args: Any, **kwargs: Any) -> Any:
    """Call a function that decodes images, or return its cached answer."""
    key = (function.__name__, *(sha256_hex(arg) if isinstance(arg, bytes) else repr(arg) for arg in args), repr(kwargs))
    if key not in _answers:
        _answers[key] = function(*args, **kwargs)
    return _answers[key]


def group_once(seen: Any, decisions: Any, settings: Any) -> Any:
    """Group images, or return the cached answer for the same images."""
    key = ("group", tuple(sorted(seen)), repr(decisions), repr(settings))
    if key not in _answers:
        _answers[key] = tuple(_group_same(seen, decisions, settings))
    return _answers[key]


def best_once(picture: Any, seen: Any, allowed: Any) -> Any:
    """Choose the best image, or return the cached answer for the same images."""
    key = ("best", tuple(sorted(picture.members)), tuple(sorted(set(allowed) & set(picture.members))))
    if key not in _answers:
        _answers[key] = _choose_best(picture, seen, allowed)
    return _answers[key]
