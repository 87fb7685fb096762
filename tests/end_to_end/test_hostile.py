"""Hostile strings of partners (ids, names, URLs, captions) are only data: never a path, markup or control codes."""

import json

import pytest

from image_release.values import key_part

HOTEL = '../../h"><script>alert(1)</script>'
PARTNER = ".."
ACCOMMODATION = "a/../../b?c#d%2e%2e;:"
NAME = "<img src=x onerror=alert(1)>"
CAPTION = "</td><script>alert(2)</script>\x1b[2J"


@pytest.fixture
def hostile(machine):
    hand_in_attacks(machine)
    return machine


@pytest.fixture(scope="module")
def published_once(module_machine):
    hand_in_attacks(module_machine)
    module_machine.run()
    return module_machine


@pytest.fixture
def published(published_once, tmp_path):
    """That hotel, after a run."""
    with published_once.copied(tmp_path) as machine:
        yield machine


def hand_in_attacks(machine):
    """One hotel in which every string is an attack; only one of its URLs can be downloaded."""
    good = machine.photo("/%3Cscript%3E.jpg", 1)
    images = [{"url": good, "caption": CAPTION}, {"url": 'javascript:alert(1)"><script>', "caption": CAPTION}]
    images.append({"url": "http://[::1]/\x1b]0;x\x07"})
    machine.catalogue(PARTNER, "v1", {ACCOMMODATION: images})
    pair = f"{key_part(PARTNER)}:{key_part(ACCOMMODATION)}"
    quoted = HOTEL.replace('"', '""')
    rows = ["hotel_id,name,country,city,latitude,longitude,accommodations", f'"{quoted}","{NAME}",ES,Bilbao,,,{pair}']
    machine.hand_in("releases/r1.csv", "\n".join(rows) + "\n")
    machine.photo("/plain.jpg", 2)


class TestHostileStrings:
    def test_lead_to_one_hotel_below_its_own_key(self, hostile):
        """It is published under percent-encoded names; nothing is written outside the three stores."""
        before = set(hostile.folder.rglob("*"))
        told = hostile.run()
        assert told["images"] == {"total": 3, "published": 1, "bad_url": 1, "forbidden_address": 1}
        assert hostile.pictures(HOTEL) == ["/%3Cscript%3E.jpg"]
        new = {path for path in set(hostile.folder.rglob("*")) - before if path.is_file()}
        stores = [hostile.workspace / name for name in ("inbox", "state", "published")]
        assert [path for path in new if not any(path.is_relative_to(store) for store in stores)] == []
        assert {path.name for path in (hostile.workspace / "published/hotels").iterdir()} == {key_part(HOTEL)}

    def test_are_text_on_every_page(self, published):
        """None of them is markup on the page of the hotel or in the index."""
        pages = list((published.workspace / "published").rglob("*.html"))
        assert len(pages) == 2
        for page in pages:
            text = page.read_text(encoding="utf-8")
            assert "<script>alert" not in text
            assert "<img src=x" not in text
            assert "&lt;img src=x" in text

    @pytest.mark.parametrize("words", [("run",), ("hotel", HOTEL), ("status",)])
    def test_never_move_a_terminals_cursor(self, published, words):
        """Neither in the text for people nor in JSON."""
        for extra in ((), ("--json",)):
            ended = published.call(*words, *extra)
            assert ended.returncode == 0, ended.stderr
            assert [char for char in ended.stdout + ended.stderr if not char.isprintable() and char != "\n"] == []


def test_a_hotel_that_fails_keeps_its_state_and_stops_no_other(machine):
    """A hotel whose manifest cannot be read fails and stays as it is. The other hotel is processed. The exit status is
    1, and the document names the hotel and the reason."""
    machine.catalogue("p", "v1", {str(n): [machine.photo(f"/{n}.jpg", n)] for n in (1, 2)})
    machine.release("r1", {f"h{n}": [("p", str(n))] for n in (1, 2)})
    machine.run()
    broken = machine.workspace / "published/hotels/h1/manifest.json"
    broken.write_bytes(b'{"schema": 9}')
    machine.catalogue(
        "p", "v2", {str(n): [machine.photo(f"/{n}b.jpg", 10 + n), f"{machine.site.address}/{n}.jpg"] for n in (1, 2)}
    )
    told = machine.run(status=1)
    assert told["hotels"] == {"processed": 1, "unchanged": 0, "failed": 1}
    [failure] = told["failures"]
    assert failure["hotel_id"] == "h1"
    assert "a newer version wrote it" in failure["error"]
    assert broken.read_bytes() == b'{"schema": 9}'
    assert sorted(machine.pictures("h2")) == ["/2.jpg", "/2b.jpg"]
    assert json.loads(machine.call("status", "--json").stdout)["release"]["hotels"] == 2
