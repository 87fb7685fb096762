"""A dozen odd feeds in one run of the command: each has its effect, each problem is told, and the rest goes on."""

import gzip
import json

import pytest

from image_release.ingest import read_listing
from image_release.storage import FolderStore
from image_release.values import Accommodation

HEADER = "hotel_id,name,country,city,latitude,longitude,accommodations\n"
ROWS = [f"{number},Hotel,ES,Bilbao,,,\n" for number in range(1, 9)]


def line(name: str, url: str = "u") -> bytes:
    return json.dumps({"accommodation_id": name, "images": [{"url": f"https://p.example/{url}"}]}).encode() + b"\n"


A, B, C = map(line, "abc")
FEEDS = {
    "bom": (b"\xef\xbb\xbf" + A + B, "ab", None),
    "cr": (A.replace(b"\n", b"\r") + B, "ab", None),
    "end": (A + B.rstrip(), "ab", None),
    "cut": (A + B[:-9], "abc", ":2: "),
    "two": (A.rstrip() + B, "abc", ":1: "),
    "one": (A.rstrip()[:-1] + b", " + B[1:], "abc", "said twice"),
    "array": (b"[" + A.rstrip() + b"]\n", "abc", "deletes no accommodation"),
    "empty": (b"", "abc", "is empty"),
    "page": (b"<html>Back soon</html>\n", "abc", "Invalid JSON"),
    "utf16": ((A + B).decode().encode("utf-16"), "abc", "is in UTF-16"),
    "others": (line("d"), "abc", None),
    "gz": (gzip.compress(A + B)[:-4], "abc", "not a whole gzip file"),
}
"""Partner -> its second catalogue, the accommodations that are left after it, and what is told."""


@pytest.fixture
def told(machine):
    """Twelve partners and eight hotels in force; then each partner sends an odd feed, and the release is damaged."""
    for partner in FEEDS:
        machine.hand_in(f"catalogues/{partner}/1.jsonl", (A + B + C).decode())
    machine.hand_in("releases/1.csv", HEADER + "".join(ROWS))
    machine.run("--workers", "1")
    for partner, (data, _, _) in FEEDS.items():
        name = "2.jsonl.gz" if partner == "gz" else "2.jsonl"
        (machine.workspace / f"inbox/catalogues/{partner}" / name).write_bytes(data)
    rows = [*ROWS[:4], '5,"Hotel,ES,Bilbao,,,\n', ROWS[5]]
    machine.hand_in("releases/2.csv", HEADER + "".join(rows))
    return machine.run("--workers", "1", status=1)


def test_each_has_its_effect_and_is_told(machine, told):
    state = FolderStore(machine.workspace / "state")
    for partner, (_, left, said) in FEEDS.items():
        listings = {name: read_listing(state, Accommodation(partner, name)) for name in "abc"}
        assert {name for name, listing in listings.items() if not listing.deleted} == set(left), partner
        problems = [problem for problem in told["problems"] if problem.startswith(f"catalogues/{partner}/")]
        assert any(said in problem for problem in problems) if said else problems == [], partner
    assert [held["id"] for held in told["held"]] == ["others 2"]
    [problem] = [problem for problem in told["problems"] if problem.startswith("releases/2.csv:6: ")]
    assert "withdraws no hotel" in problem
    assert [n for n in range(1, 9) if machine.manifest(str(n))["withdrawn"]] == []
