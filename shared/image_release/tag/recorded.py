"""The tagger that reads labels from a file: for demos, tests, and labels that were already paid for.

The file has JSON Lines, compressed if its name ends in `.gz`:
`{"sha256": "…", "labels": [{"description": "Bedroom", "score": 0.93}]}`, with `"url"` beside or instead of `"sha256"`.
A bad line becomes a problem with its number and the rule that it breaks; the other lines are used.
"""

from __future__ import annotations

import codecs
import gzip
import hashlib
import zlib
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError, model_validator

from image_release.problems import Problem
from image_release.tag.labels import LabelLine
from image_release.tag.port import NotTagged, Tagged, TagRequest

MAX_LABELS = 100
"""Maximum number of labels in a line; no tagger gives more."""

DIGEST_CHARS = 16
"""Length of the digest of the file in `identity`."""


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    url: Annotated[str, StringConstraints(min_length=1)] | None = None
    labels: tuple[LabelLine, ...] = Field(max_length=MAX_LABELS)

    @model_validator(mode="after")
    def _names_an_image(self) -> _Line:
        if self.sha256 is None and self.url is None:
            raise ValueError("a line must name its image by sha256 or by url")
        return self


class NotWholeGzipError(ValueError):
    """A file whose name ends in `.gz` cannot be unpacked."""


def numbered_lines(path: Path, data: bytes) -> Iterator[tuple[int, bytes]]:
    """The lines of a file that are not empty, with their numbers, unpacked if its name ends in `.gz`.

    Raises NotWholeGzipError.
    """
    try:
        unpacked = gzip.decompress(data) if path.suffix == ".gz" else data
    except (OSError, EOFError, zlib.error) as error:
        raise NotWholeGzipError(f"the file is not a whole gzip file: {error}") from error
    for number, text in enumerate(unpacked.removeprefix(codecs.BOM_UTF8).split(b"\n"), start=1):
        if text.strip():
            yield number, text


class RecordedTagger:
    """Gives the labels of a file; `problems` says what is wrong in it.

    A line with the image's SHA-256 wins over a line with its URL: the URL may show another image by now.
    """

    wants_views = False

    def __init__(self, path: Path) -> None:
        """Read the file whole. Raises OSError if it cannot be opened."""
        self._file = str(path)
        self._labels: dict[str, Tagged] = {}
        self._problems: list[Problem] = []
        data = path.read_bytes()
        self._identity = f"recorded-{hashlib.sha256(data).hexdigest()[:DIGEST_CHARS]}"
        try:
            for number, text in numbered_lines(path, data):
                self._read_line(number, text)
        except NotWholeGzipError as error:
            self._problems.append(Problem(self._file, 0, "", str(error)))

    @property
    def identity(self) -> str:
        """`recorded-` and the digest of the file: with another file, the inputs of a hotel have changed."""
        return self._identity

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The problems of the file, one for each bad line."""
        return tuple(self._problems)

    def tag(
        self,
        requests: Sequence[TagRequest],
        *,
        deadline_s: float | None = None,  # noqa: ARG002 - the port's signature; nothing here takes time
    ) -> Mapping[str, Tagged | NotTagged]:
        """The labels that the file has for each image. An image without a line needs no retry: the file is fixed."""
        unknown = NotTagged("the file of recorded labels has no line for it", retry=False)
        return {
            request.sha256: self._labels.get(request.sha256) or self._labels.get(request.url) or unknown
            for request in requests
        }

    def _read_line(self, number: int, text: bytes) -> None:
        try:
            line = _Line.model_validate_json(text)
        except ValidationError as error:
            first = error.errors()[0]
            where = ".".join(str(part) for part in first["loc"])
            rule = f"{where}: {first['msg']}" if where else first["msg"]
            self._problem(number, text, rule)
            return
        names = [name for name in (line.sha256, line.url) if name is not None]
        if any(name in self._labels for name in names):
            self._problem(number, text, "an image may be named only once; the first line is used")
            return
        tagged = Tagged(tuple(label.value() for label in line.labels))
        self._labels.update(dict.fromkeys(names, tagged))

    def _problem(self, number: int, text: bytes, rule: str) -> None:
        self._problems.append(Problem(self._file, number, text.decode("utf-8", errors="backslashreplace"), rule))
