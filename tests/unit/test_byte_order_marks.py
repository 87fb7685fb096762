"""A byte order mark at the beginning of a text file is no part of it: every text that people hand in may have one."""

import codecs
import gzip
import io
import json

import pytest

from image_release.ingest import parse_request, read_overrides
from image_release.ingest.catalogues.reading import read_catalogue
from image_release.ingest.files import InputDamagedError
from image_release.ingest.releases.reading import read_release
from image_release.lab.corpus_csv import read_csv
from image_release.settings_files import parse_settings
from image_release.storage import MemoryStore
from image_release.tag import RecordedTagger
from tests.unit.ingest.test_release import HEADER, row

SHA256 = "a" * 64


def overrides(data, _folder):
    inbox = MemoryStore()
    inbox.put("overrides/h.jsonl", data)
    return read_overrides(inbox, "h")


def recorded(data, folder):
    (folder / "labels.jsonl").write_bytes(data)
    return RecordedTagger(folder / "labels.jsonl").problems


def recorded_gzip(data, folder):
    (folder / "labels.jsonl.gz").write_bytes(gzip.compress(data))
    return RecordedTagger(folder / "labels.jsonl.gz").problems


def labels(data, folder):
    (folder / "labels.csv").write_bytes(data)
    return read_csv(folder / "labels.csv", ["image"]).header.cells


@pytest.mark.parametrize(
    ("read", "text"),
    [
        (lambda data, _: list(read_release(io.BytesIO(data), "r")), f"{HEADER}\n{row('h')}\n"),
        (lambda data, _: list(read_catalogue(io.BytesIO(data), "c")), '{"accommodation_id": "1", "images": []}\n'),
        (overrides, json.dumps({"action": "hide", "images": [SHA256]})),
        (lambda data, _: parse_request(data, "q"), json.dumps({"request_id": "q", "all": True})),
        (lambda data, _: parse_settings(data, "s"), "filter: {max_pixels: 7}"),
        (recorded, json.dumps({"sha256": SHA256, "labels": []})),
        (recorded_gzip, json.dumps({"sha256": SHA256, "labels": []})),
        (labels, "image,hotel_id,label\n"),
    ],
    ids=["release", "catalogue", "overrides", "request", "settings", "labels", "labels.gz", "corpus"],
)
def test_a_text_with_one_is_read_as_without(read, text, tmp_path):
    assert read(codecs.BOM_UTF8 + text.encode(), tmp_path) == read(text.encode(), tmp_path)


@pytest.mark.parametrize("mark", [codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
@pytest.mark.parametrize("read", [read_release, read_catalogue])
def test_another_encoding_is_told_by_its_mark(read, mark):
    with pytest.raises(InputDamagedError, match="UTF-16"):
        list(read(io.BytesIO(mark + b"h\0"), "f"))
