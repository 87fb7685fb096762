"""The tagger that reads labels from a file: for demos, tests, and labels that were paid for once already.

JSON Lines, `.gz` by name: `{"sha256": "…", "labels": [{"description": "Bedroom", "score": 0.93}]}`, or `"url"` instead
of (or beside) `"sha256"`. A bad line is a problem with its number and the rule it breaks; the rest goes on.
"""

from __future__ import annotations

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
"""Labels of one line: more than any tagger gives."""

DIGEST_CHARS = 16


class _Line(BaseModel):
    model_config = ConfigDict(extra="ignore")

    sha256: Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{64}$")] | None = None
    url: Annotated[str, StringConstraints(min_length=1)] | None = None
    labels: tuple[LabelLine, ...] = Field(max_length=MAX_LABELS)

    @model_validator(mode="after")
    def _names_an_image(self) -> _Line:
        if self.sha256 is None and self.url is None:
            raise ValueError("a line names its image by sha256 or by url")
        return self


class RecordedTagger:
    """Labels from a file; what was wrong with it is in `problems`.

    The content decides before the URL: a URL may show another image by now.
    """

    def __init__(self, path: Path) -> None:
        """Read the file whole. Raises OSError if it cannot be opened."""
        self._file = str(path)
        self._labels: dict[str, Tagged] = {}
        self._problems: list[Problem] = []
        data = path.read_bytes()
        self._identity = f"recorded-{hashlib.sha256(data).hexdigest()[:DIGEST_CHARS]}"
        for number, text in self._lines(path, data):
            self._read_line(number, text)

    @property
    def identity(self) -> str:
        """`recorded-` and the digest of the file: other labels make a hotel's inputs differ."""
        return self._identity

    @property
    def problems(self) -> tuple[Problem, ...]:
        """The bad lines of the file."""
        return tuple(self._problems)

    def tag(
        self,
        requests: Sequence[TagRequest],
        *,
        deadline_s: float | None = None,  # noqa: ARG002 - the port's signature; nothing here takes time
    ) -> Mapping[str, Tagged | NotTagged]:
        """Answer what the file says. `unknown` is final: another file has another identity."""
        unknown = NotTagged("the file of recorded labels has no line for it", retry=False)
        return {
            request.sha256: self._labels.get(request.sha256) or self._labels.get(request.url) or unknown
            for request in requests
        }

    def _lines(self, path: Path, data: bytes) -> Iterator[tuple[int, bytes]]:
        """Numbered lines that are not empty; none, and a problem, where a `.gz` cannot be unpacked."""
        try:
            unpacked = gzip.decompress(data) if path.suffix == ".gz" else data
        except (OSError, EOFError, zlib.error) as error:
            self._problems.append(Problem(self._file, 0, "", f"the file is not a whole gzip file: {error}"))
            return
        for number, text in enumerate(unpacked.split(b"\n"), start=1):
            if text.strip():
                yield number, text

    def _read_line(self, number: int, text: bytes) -> None:
        try:
            line = _Line.model_validate_json(text)
        except ValidationError as error:
            first = error.errors(include_url=False)[0]
            where = ".".join(str(part) for part in first["loc"])
            rule = f"{where}: {first['msg']}" if where else first["msg"]
            self._problem(number, text, rule)
            return
        names = [name for name in (line.sha256, line.url) if name is not None]
        if any(name in self._labels for name in names):
            self._problem(number, text, "an image is named once; the first line stands")
            return
        tagged = Tagged(tuple(label.value() for label in line.labels))
        self._labels.update(dict.fromkeys(names, tagged))

    def _problem(self, number: int, text: bytes, rule: str) -> None:
        self._problems.append(Problem(self._file, number, text.decode("utf-8", errors="backslashreplace"), rule))
