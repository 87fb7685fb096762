"""Odd and broken catalogues, each with its right effect: what may hide a line deletes no accommodation, and it is told.

Each feed leaves out three of sixty accommodations plainly, and is damaged at the accommodation MARKED.
"""

import gzip
import io
import json
import subprocess
import sys

import pytest

from image_release.ingest import Held, InputDamagedError, read_listing
from image_release.ingest.catalogues import CatalogueApplied, apply_catalogue
from image_release.settings import Settings
from image_release.storage import MemoryStore
from image_release.values import Accommodation

MB = 1_000_000


def line(name, *urls) -> bytes:
    images = [{"url": f"https://p.example/{url}"} for url in urls or (name,)]
    return json.dumps({"accommodation_id": str(name), "images": images}).encode() + b"\n"


LINES = [line(number) for number in range(100, 160)]
KEPT = LINES[:-3]
LEAVING = {"157", "158", "159"}
EVERY = {str(number) for number in range(100, 160)}
PLACE = 20
MARKED = KEPT[PLACE]


def marked(text: bytes) -> bytes:
    """The file with another line, or several, in the place of MARKED."""
    return b"".join([*KEPT[:PLACE], text, *KEPT[PLACE + 1 :]])


def changed(old: bytes, new: bytes) -> bytes:
    """The file with MARKED changed."""
    assert old in MARKED
    return marked(MARKED.replace(old, new, 1))


GOOD = b"".join(KEPT)
WHOLE = {
    "as it should be": GOOD,
    "no last line end": GOOD[:-1],
    "CR LF": GOOD.replace(b"\n", b"\r\n"),
    "CR alone": GOOD.replace(b"\n", b"\r"),
    "byte order mark": b"\xef\xbb\xbf" + GOOD,
    "empty lines": b"\n \n" + GOOD.replace(b"\n", b"\n\n"),
    "white space around": marked(b"  " + MARKED),
    "unknown keys": changed(b'"images"', b'"stars": 5, "images"'),
    "an id inside another object": changed(b'"images"', b'"near": {"accommodation_id": "7"}, "images"'),
    "a bad image": changed(b'"url"', b'"link"'),
    "no images": changed(b'"images"', b'"pictures"'),
    "a duplicate": GOOD + KEPT[0],
    "letters of all scripts": changed(b'"}]', '", "caption": "ホ\u3000\u00a0\u200d"}]'.encode()),
}
"""Feeds whose three accommodations are deleted."""

HIDING = {
    "cut inside the line": (marked(MARKED[:30] + b"\n"), "Invalid JSON"),
    "cut inside the last line": (GOOD[:-9], "Invalid JSON"),
    "cut in the middle": (GOOD[: len(GOOD) // 2], "Invalid JSON"),
    "two objects on a line": (marked(MARKED.rstrip()), "Invalid JSON"),
    "two objects that became one": (
        b"".join([*KEPT[:PLACE], MARKED.rstrip()[:-1] + b", " + KEPT[PLACE + 1][1:], *KEPT[PLACE + 2 :]]),
        "said twice",
    ),
    "two ids and no images": (marked(b'{"accommodation_id": "120", "accommodation_id": "121"}\n'), "images"),
    "a line over several": (marked(json.dumps(json.loads(MARKED), indent=1).encode() + b"\n"), "Invalid JSON"),
    "an array over lines": (b"[\n" + GOOD.replace(b"\n", b",\n") + b"{}]\n", "Invalid JSON"),
    "an array on one line": (b"[" + b",".join(KEPT).replace(b"\n", b"") + b"]\n", "object"),
    "a quotation mark too few": (changed(b'"120"', b'"120'), "Invalid JSON"),
    "a line end inside a string": (changed(b"p.example", b"p.exa\nmple"), "Invalid JSON"),
    "CR inside a string": (changed(b"p.example", b"p.exa\rmple"), "Invalid JSON"),
    "NUL": (changed(b"p.example", b"p.exa\0mple"), "Invalid JSON"),
    "broken UTF-8": (changed(b"p.example", b"p.exa\xffmple"), "Invalid JSON"),
    "a byte order mark inside": (marked(b"\xef\xbb\xbf" + MARKED), "Invalid JSON"),
    "a line of UTF-16": (marked(MARKED.decode().encode("utf-16-le")), "Invalid JSON"),
    "no id": (changed(b'"accommodation_id"', b'"id"'), "accommodation_id"),
    "a number for an id": (changed(b'"120"', b"120"), "accommodation_id"),
    "an empty id": (changed(b'"120"', b'""'), "must be text"),
    "a control character in an id": (changed(b'"120"', b'"12\\u0007"'), "must be text"),
    "half a letter in an id": (changed(b'"120"', b'"12\\ud800"'), "Invalid JSON"),
    "a header": (b"accommodation_id,images\n" + GOOD, "Invalid JSON"),
    "a web page": (b"<!doctype html>\n<title>Back soon</title>\n", "Invalid JSON"),
    "a line that is too long": (changed(b"p.example", b"x" * 32 * MB), "at most 32000000 bytes"),
    "a text too deep": (marked(b"[" * 100_000 + b"\n"), "Invalid JSON"),
    "nothing": (b"", "is empty"),
    "white space": (b" \n\n", "is empty"),
    "a byte order mark and nothing": (b"\xef\xbb\xbf", "is empty"),
    "null": (b"null\n", "object"),
}
"""Feeds that delete no accommodation: name -> file, and the rule that is told."""


class Inbox:
    """Sixty accommodations in force, and feeds that are handed in after them."""

    def __init__(self) -> None:
        self.inbox, self.state = MemoryStore(), MemoryStore()
        assert isinstance(self.hand_in(b"".join(LINES), "1.jsonl"), CatalogueApplied)

    def hand_in(self, data, name="2.jsonl"):
        self.inbox.put(f"catalogues/p/{name}", gzip.compress(data, 1) if name.endswith(".gz") else data)
        return apply_catalogue(self.inbox, self.state, f"catalogues/p/{name}", Settings())

    def urls(self, name):
        return [image.url for image in read_listing(self.state, Accommodation("p", name)).images]

    @property
    def accommodations(self):
        return {name for name in EVERY if self.urls(name)}


@pytest.fixture
def inbox():
    return Inbox()


@pytest.mark.parametrize("name", ["2.jsonl", "2.jsonl.gz"])
@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_a_whole_file_deletes_what_it_leaves_out(inbox, data, name):
    applied = inbox.hand_in(data, name)
    assert (applied.deleted, inbox.accommodations) == (3, EVERY - LEAVING)


@pytest.mark.parametrize("name", ["2.jsonl", "2.jsonl.gz"])
@pytest.mark.parametrize(("data", "rule"), HIDING.values(), ids=HIDING)
def test_what_may_hide_a_line_deletes_nothing_and_is_told(inbox, data, rule, name):
    applied = inbox.hand_in(data, name)
    assert (applied.deleted, inbox.accommodations) == (0, EVERY)
    told = next(problem for problem in applied.problems if rule in problem.rule)
    assert "deletes no accommodation" in told.rule
    assert len(str(told)) < 1_000


@pytest.mark.parametrize(
    "data",
    [
        b"".join(line(n).replace(b'[{"url": "https://p.example/%d"}]' % n, b"[]") for n in range(100, 160)),
        b"".join(map(line, range(200, 260))),
        b"".join(map(line, range(100, 139))),
    ],
    ids=["every list is empty", "other accommodations", "21 of sixty are gone"],
)
def test_a_whole_file_that_takes_too_much_is_held(inbox, data):
    assert (type(inbox.hand_in(data)), inbox.accommodations) == (Held, EVERY)


@pytest.mark.parametrize("encoding", ["utf-16", "utf-32"])
def test_another_encoding_changes_nothing(inbox, encoding):
    with pytest.raises(InputDamagedError, match="UTF-16"):
        inbox.hand_in(GOOD.decode().encode(encoding))
    assert inbox.accommodations == EVERY


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.999])
def test_a_gzip_file_that_is_cut_changes_nothing(inbox, cut):
    packed = gzip.compress(GOOD)
    inbox.inbox.put("catalogues/p/2.jsonl.gz", packed[: int(len(packed) * cut)])
    with pytest.raises(InputDamagedError, match="not a whole gzip file"):
        apply_catalogue(inbox.inbox, inbox.state, "catalogues/p/2.jsonl.gz", Settings())
    assert inbox.accommodations == EVERY


def test_a_gzip_bomb_is_refused(inbox):
    """It is given up after fifty megabytes."""
    packed = io.BytesIO()
    with gzip.GzipFile(fileobj=packed, mode="wb", compresslevel=1) as file:
        for _ in range(70):
            file.write(b"x" * MB + b"\n")
    inbox.inbox.put("catalogues/p/2.jsonl.gz", packed.getvalue())
    with pytest.raises(InputDamagedError, match="more than 200 times its size"):
        apply_catalogue(inbox.inbox, inbox.state, "catalogues/p/2.jsonl.gz", Settings())


LONG_LINE = """
import sys
from pathlib import Path
from image_release.ingest.catalogues import apply_catalogue
from image_release.settings import Settings
from image_release.storage import FolderStore, MemoryStore

result = apply_catalogue(FolderStore(Path(sys.argv[1])), MemoryStore(), "catalogues/p/1.jsonl.gz", Settings())
peak = next(line for line in open("/proc/self/status") if line.startswith("VmHWM"))  # maxrss begins with the parent's
print(result.images, peak.split()[1])
"""


def test_a_line_without_end_is_refused_in_little_memory(tmp_path):
    """The line has 240 MB, and a good line stands behind it. A process of its own has its own peak."""
    path = tmp_path / "catalogues/p/1.jsonl.gz"
    path.parent.mkdir(parents=True)
    block = bytes(range(32, 127)) * 10_000
    with gzip.open(path, "wb", compresslevel=1) as file:
        for number in range(250):
            file.write(block[number:] + bytes([48 + number % 60]) * 10_000)
        file.write(b"\n" + line(1))
    ended = subprocess.run([sys.executable, "-c", LONG_LINE, tmp_path], capture_output=True, text=True, check=True)
    images, peak_kb = map(int, ended.stdout.split())
    assert images == 1
    assert peak_kb < 200_000
