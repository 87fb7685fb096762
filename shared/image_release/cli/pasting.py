"""Commands that are printed for a person, who can paste each one as it is."""

from __future__ import annotations

import shlex
from collections.abc import Sequence

DEFAULT_WORKSPACE = "./workspace"
LARGEST_SHORT_CODE = 0xFFFF
"""Largest code point that `\\\\u` takes in a shell; above it stands `\\\\U`."""


def command(workspace: str, words: Sequence[str], arguments: Sequence[str] = ()) -> str:
    """A call of `image-release` for a shell: quoted, and with the workspace where it is not the default one.

    `words` are ours, `arguments` are anybody's: one that begins with `-` must not become an option.
    """
    named = () if workspace == DEFAULT_WORKSPACE else ("--workspace", workspace)
    if any(argument.startswith("-") for argument in arguments):
        parts: tuple[str, ...] = (*words, *named, "--", *arguments)
    else:
        parts = (*words, *arguments, *named)
    return " ".join(map(_quoted, ("image-release", *parts)))


def _quoted(word: str) -> str:
    """A word for a shell. What cannot be seen is escaped, in the quotes of bash and zsh that take escapes."""
    if word.isprintable():
        return shlex.quote(word)
    return f"$'{''.join(map(_escaped, word))}'"


def _escaped(character: str) -> str:
    if character.isprintable() and character not in "\\'":
        return character
    code = ord(character)
    return f"\\u{code:04x}" if code <= LARGEST_SHORT_CODE else f"\\U{code:08x}"
