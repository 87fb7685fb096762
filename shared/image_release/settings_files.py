"""Settings files: YAML that overrides a part of the shipped defaults.

A mistake is told with file, line, place, value and rule. YAML allows a key twice in one mapping, and the last one would
win without a word: here it is a mistake, as is everything that cannot be meant.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from image_release.problems import printable
from image_release.ranking_settings import DROPPED_KEYS
from image_release.settings import Settings
from image_release.settings_section import MisplacedError, Place

log = logging.getLogger(__name__)

MOST_REPEATED = 100_000
"""Most entries that names of mappings (`*name`, `<<`) may add to a file: a few lines of them can stand for billions."""
LARGEST = 1e300
"""Whole numbers must be smaller: what follows is computed with 64-bit floats."""
TEXT = frozenset({"tag:yaml.org,2002:str", "tag:yaml.org,2002:merge", "tag:yaml.org,2002:value"})
"""Kinds of keys that are text to YAML; `Yes`, `12` and `2026-01-01` are not."""
MAX_SHOWN = 200
"""Maximum number of characters of a wrong value, or of a rule, in a message."""

Document = dict[str, Any]


class _Loader(yaml.SafeLoader):
    """Reads YAML. A value that cannot be made, such as the 99th of a month, is told with its line."""

    def construct_object(self, node: yaml.Node, deep: bool = False) -> Any:  # noqa: FBT001, FBT002 - PyYAML's signature
        """The value of a node. Raises yaml.MarkedYAMLError."""
        try:
            made = super().construct_object(node, deep)
        except (ValueError, OverflowError) as error:
            raise yaml.constructor.ConstructorError(None, None, str(error), node.start_mark) from error
        if isinstance(made, int) and abs(made) >= LARGEST:
            raise yaml.constructor.ConstructorError(None, None, "a whole number is too large", node.start_mark)
        return made


class SettingsError(Exception):
    """A settings file cannot be used. The message has a line for each mistake: file, line, place, value and rule."""


class EntryLines:
    """On which lines the entries of a settings file are."""

    def __init__(self, root: yaml.Node | None = None) -> None:
        self._root = root

    def of(self, place: Sequence[str | int]) -> int:
        """The line of the entry at a place, such as `("filter", "formats", 0)`, or of what holds it; 0: not known."""
        node, line = self._root, 0
        for step in place:
            found = _entry(node, step)
            if found is None:
                break
            line, node = found
        return line


def load_settings(path: Path | None) -> Settings:
    """Read a settings file over the shipped defaults; None gives the defaults.

    Raises SettingsError when the file cannot be read or has a mistake.
    """
    if path is None:
        return Settings()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from error
    return parse_settings(data, str(path))


def parse_settings(data: bytes, file: str) -> Settings:
    """Parse the bytes of a settings file over the shipped defaults; `file` is its name in messages.

    Raises SettingsError when the bytes are no YAML mapping or have a mistake.
    """
    document, lines = settings_document(data, file)
    return settings_of(document, file, lines)


def settings_document(data: bytes, file: str) -> tuple[Document, EntryLines]:
    """What a settings file says, before its values are checked, and on which lines.

    Keys that are not used any more are told in the log. Raises SettingsError when the bytes are no YAML mapping, or one
    with a key that is given twice.
    """
    try:
        loader = _Loader(data.decode("utf-8-sig"))
        root = loader.get_single_node()
        if mistakes := _mistaken_keys(root, file):
            raise SettingsError("\n".join(mistakes))
        _refuse_endless(root)
        document = (loader.construct_document(root) or {}) if root else {}
    except yaml.MarkedYAMLError as error:
        line = f":{error.problem_mark.line + 1}" if error.problem_mark else ""
        raise SettingsError(f"{file}{line}: cannot be read: {error.problem}") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from error
    except (RecursionError, ValueError, OverflowError) as error:
        raise SettingsError(f"{file}: cannot be read: {printable(str(error), MAX_SHOWN)}") from error
    if not isinstance(document, dict):
        shown = printable(repr(document), MAX_SHOWN)
        raise SettingsError(f"{file}: {shown}: must be a mapping of sections such as `filter:`")
    lines = EntryLines(root)
    _tell_dropped_keys(document, file, lines)
    return document, lines


def settings_of(document: Document, file: str, lines: EntryLines | None = None) -> Settings:
    """The settings that a document makes of the shipped defaults. Raises SettingsError when it has a mistake."""
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        known = lines or EntryLines()
        raise SettingsError("\n".join(_mistake(dict(found), file, known) for found in error.errors())) from error


def _mistake(found: Mapping[str, Any], file: str, lines: EntryLines) -> str:
    """One line about a mistake: file, line, place, value and rule."""
    place: Place = tuple(found["loc"])
    value: Any = found["input"]
    rule: str = found["msg"].removeprefix("Value error, ")
    error = found.get("ctx", {}).get("error")
    if isinstance(error, MisplacedError):
        if error.first:
            first = (*place, *error.first)
            rule += f"; first in {_shown_place(first)}{_on_line(lines.of(first))}"
        place = (*place, *error.below)
        for step in error.below:
            value = _below(value, step)
    shown = printable(repr(value), MAX_SHOWN)
    return f"{_position(file, lines.of(place))}: {_shown_place(place)}: {shown}: {printable(rule, 2 * MAX_SHOWN)}"


def _below(value: Any, step: Any) -> Any:
    """An entry of a mapping or a list; of anything else, such as a set, the whole."""
    return value[step] if isinstance(value, dict | list | tuple) else value


def _position(file: str, line: int) -> str:
    return f"{file}:{line}" if line else file


def _on_line(line: int) -> str:
    return f" on line {line}" if line else ""


def _shown_place(place: Sequence[str | int]) -> str:
    return printable(".".join(map(str, place)), MAX_SHOWN) or "settings"


def _tell_dropped_keys(document: Document, file: str, lines: EntryLines) -> None:
    section = document.get("prioritising")
    for name in section if isinstance(section, dict) else ():
        if name in DROPPED_KEYS:
            position = _position(printable(file), lines.of(("prioritising", name)))
            log.warning("%s: prioritising.%s: is not used any more; %s", position, name, DROPPED_KEYS[name])


def _mistaken_keys(root: yaml.Node | None, file: str) -> list[str]:
    """A line about each key that is given twice in one mapping, or is no text. Shared nodes are visited once."""
    mistakes: list[tuple[int, str, str]] = []
    waiting = [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen or not isinstance(node, yaml.CollectionNode):
            continue
        seen.add(id(node))
        waiting += _children(node)
        if isinstance(node, yaml.MappingNode):
            mistakes += _mistakes_in_keys(node)
    return [f"{file}:{line}: {printable(key, MAX_SHOWN)}: {rule}" for line, key, rule in sorted(mistakes)]


def _mistakes_in_keys(mapping: yaml.MappingNode) -> Iterator[tuple[int, str, str]]:
    """Line, key and rule of each key that the mapping has already, and of each that is no text."""
    lines: dict[tuple[str, str], int] = {}
    for key, _ in mapping.value:
        line = key.start_mark.line + 1
        if not isinstance(key, yaml.ScalarNode):
            yield line, key.id, "a key must be text"
        elif key.tag not in TEXT:
            yield line, key.value, "a key must be text, and YAML takes this for something else: put it in quotes"
        elif (first := lines.get((key.tag, key.value))) is not None:
            yield line, key.value, f"is given twice; first on line {first}"
        else:
            lines[key.tag, key.value] = line


def _children(node: yaml.CollectionNode) -> list[yaml.Node]:
    """Keys and values of a mapping, or the entries of a list."""
    return [part for entry in node.value for part in (entry if isinstance(entry, tuple) else (entry,))]


def _refuse_endless(root: yaml.Node | None) -> None:
    """Raise yaml.MarkedYAMLError if names make of a file much more than it is, or if an entry holds itself."""
    sizes: dict[int, int] = {}
    open_nodes: set[int] = set()

    def size(node: yaml.Node) -> int:
        """Number of entries that a node stands for."""
        if (known := sizes.get(id(node))) is not None:
            return known
        if id(node) in open_nodes:
            raise yaml.constructor.ConstructorError(None, None, "an entry holds itself", node.start_mark)
        open_nodes.add(id(node))
        parts = _children(node) if isinstance(node, yaml.CollectionNode) else []
        sizes[id(node)] = found = 1 + sum(map(size, parts))
        if found > len(sizes) + MOST_REPEATED:
            raise yaml.constructor.ConstructorError(None, None, "its names repeat too much", node.start_mark)
        return found

    if root:
        size(root)


def _entry(node: yaml.Node | None, step: str | int) -> tuple[int, yaml.Node] | None:
    """Line and node of an entry of a mapping or a list."""
    if isinstance(node, yaml.MappingNode):
        for key, value in reversed(node.value):  # merged entries (`<<`) come first, and the last one counts
            if isinstance(key, yaml.ScalarNode) and key.value == str(step):
                return key.start_mark.line + 1, value
    if isinstance(node, yaml.SequenceNode) and isinstance(step, int) and step < len(node.value):
        return node.value[step].start_mark.line + 1, node.value[step]
    return None
