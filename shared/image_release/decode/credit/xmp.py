"""XMP: creators, credit line and rights.

It is XML of a stranger: a document type or an entity is refused, and size and depth have a limit.
"""

from __future__ import annotations

import codecs
from collections import defaultdict
from xml.parsers import expat

from image_release.decode.credit.texts import MAX_BYTES, NOTHING, StatedMakers, clean

MAX_XMP = 1_000_000
"""Maximum size of a packet, in bytes."""
MAX_DEPTH = 64
"""Maximum depth of elements; a packet has about ten."""
MAX_VALUES = 20
"""Maximum number of values of a property."""
CREATOR = "http://purl.org/dc/elements/1.1/ creator"
RIGHTS = "http://purl.org/dc/elements/1.1/ rights"
CREDIT = "http://ns.adobe.com/photoshop/1.0/ Credit"
ITEM = "http://www.w3.org/1999/02/22-rdf-syntax-ns# li"
LANGUAGE = "http://www.w3.org/XML/1998/namespace lang"
DEFAULT = "x-default"


class _PacketRefusedError(Exception):
    """The packet is none that an honest program writes."""


def read_xmp(packet: bytes) -> StatedMakers:
    """What an XMP packet says; nothing where it is damaged, or larger and deeper than any honest one."""
    if not packet or len(packet) > MAX_XMP:
        return NOTHING
    reader = _PacketReader()
    try:
        reader.read(packet)
    except (expat.ExpatError, _PacketRefusedError, ValueError, LookupError):
        return NOTHING
    rights = reader.defaults.get(RIGHTS) or reader.values.get(RIGHTS, [])
    line = reader.values.get(CREDIT, [])
    return StatedMakers(tuple(reader.values.get(CREATOR, ())), line[0] if line else "", rights[0] if rights else "")


class _PacketReader:
    """Collects the texts of the wanted properties: of their items, of themselves, or of their attributes."""

    def __init__(self) -> None:
        self.values: dict[str, list[str]] = defaultdict(list)
        self.defaults: dict[str, list[str]] = defaultdict(list)
        """Texts in the default language."""
        self._open: list[str] = []
        self._wanted: str | None = None
        self._is_default = False
        self._text: list[str] = []
        self._length = 0

    def read(self, packet: bytes) -> None:
        parser = expat.ParserCreate(namespace_separator=" ")
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._refuse
        parser.EntityDeclHandler = self._refuse
        is_wide = packet.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
        parser.Parse(packet if is_wide else packet.strip(b"\0 \t\r\n"), True)

    def _refuse(self, *_: object) -> None:
        raise _PacketRefusedError

    def _start(self, name: str, attributes: dict[str, str]) -> None:
        self._open.append(name)
        if len(self._open) > MAX_DEPTH:
            raise _PacketRefusedError
        if CREDIT in attributes:
            self._is_default = False
            self._add(CREDIT, attributes[CREDIT])
        if name in (CREATOR, RIGHTS, CREDIT):
            self._wanted = name
        if name in (ITEM, self._wanted):
            self._is_default = attributes.get(LANGUAGE) == DEFAULT
            self._text, self._length = [], 0

    def _characters(self, text: str) -> None:
        if self._wanted and self._length < MAX_BYTES:
            self._text.append(text[:MAX_BYTES])
            self._length += len(text)

    def _end(self, name: str) -> None:
        self._open.pop()
        if self._wanted and name in (ITEM, self._wanted):
            self._add(self._wanted, "".join(self._text))
            self._text, self._length = [], 0
        if name == self._wanted:
            self._wanted = None

    def _add(self, name: str, text: str) -> None:
        cleaned = clean(text[:MAX_BYTES])
        if cleaned and len(self.values[name]) < MAX_VALUES:
            self.values[name].append(cleaned)
            if self._is_default:
                self.defaults[name].append(cleaned)
