"""Odd and broken Data Releases, each with its right effect: what may hide a row withdraws nothing, and it is told.

Each feed leaves out three of sixty hotels plainly, which a whole file may do, and is damaged at the hotel MARKED.
"""

import gzip

import pytest

from image_release.ingest import Held, InputDamagedError, ReleaseUnreadableError, find_row, hotel_ids, read_current
from image_release.ingest.releases.applying import ReleaseApplied, apply_release
from image_release.settings import Settings
from image_release.storage import MemoryStore
from tests.unit.ingest.test_release import NOW

HEADER = b"hotel_id,name,country,city,latitude,longitude,accommodations,note\n"
ROWS = [b"%d,Hotel %d,ES,Bilbao,43.2,-2.9,bed:%d,fine\n" % (n, n, n) for n in range(100, 160)]
KEPT = ROWS[:-3]
LEAVING = {"157", "158", "159"}
EVERY = {row.split(b",")[0].decode() for row in ROWS}
PLACE = 20
MARKED = KEPT[PLACE]


def file(*rows: bytes, header: bytes = HEADER) -> bytes:
    return header + b"".join(rows)


def marked(row: bytes) -> bytes:
    """The file with another line, or several, in the place of MARKED."""
    return file(*KEPT[:PLACE], row, *KEPT[PLACE + 1 :])


def changed(old: bytes, new: bytes) -> bytes:
    """The file with MARKED changed."""
    assert old in MARKED
    return marked(MARKED.replace(old, new, 1))


WHOLE = {
    "as it should be": file(*KEPT),
    "CR LF": file(*KEPT).replace(b"\n", b"\r\n"),
    "CR alone": file(*KEPT).replace(b"\n", b"\r"),
    "mixed line ends": file(*KEPT[:9], *(row.replace(b"\n", b"\r") for row in KEPT[9:20]), *KEPT[20:]),
    "byte order mark": b"\xef\xbb\xbf" + file(*KEPT),
    "empty lines": file(*KEPT[:5], b"\n", b"  \n", b"\r\n", *KEPT[5:], b"\n"),
    "a quotation mark inside a field": changed(b"Hotel", b'The "Hotel'),
    "a quoted comma": changed(b"Hotel 120", b'"Hotel, 120"'),
    "a line end in a note": changed(b"fine", b'"fine\nindeed"'),
    "commas and a line end in a note": changed(b"fine", b'"a,b,c\n,,,,,,,\nx,y"'),
    "an unquoted note with a quotation mark": changed(b"fine", b'5" screen'),
    "other rows in another order": file(*reversed(KEPT)),
    "letters of all scripts": changed(b"Hotel", "ホテル\u3000Hôtel\u00a0\u200d\u00ad\u2009".encode()),
    "a bad line of one hotel": changed(b"43.2", b"north"),
    "broken UTF-8 in a name": changed(b"Hotel", b"Hotel\xff"),
    "a duplicate": file(*KEPT, KEPT[0]),
}
"""Feeds whose three hotels leave."""

HIDING = {
    "a quotation mark that is not closed": (changed(b"Hotel", b'"Hotel'), b"120,Hotel", 22, "fields"),
    "the same in the last column": (changed(b"fine", b'"fine'), b"", 22, "quotation mark"),
    "the same, closed by the next row": (
        file(*KEPT[:PLACE], MARKED.replace(b"fine", b'"fine'), KEPT[PLACE + 1].replace(b"fine", b'fine"'), *KEPT[22:]),
        b"",
        22,
        "looks like a row",
    ),
    "the same on the last line": (file(*KEPT[:-1], KEPT[-1].replace(b"fine", b'"fine')), b"", 58, "quotation mark"),
    "a quoted name over two lines": (changed(b"Hotel", b'"Hotel\n" '), b"Hotel", 22, "control characters"),
    "a field that is too long": (changed(b"fine", b"x" * 1_000_001), b"", 22, "field larger"),
    "a quoted field that is too long": (changed(b"fine", b'"' + (b"x" * 999 + b"\n") * 1_001), b"", 22, "field larger"),
    "a line that is too long": (changed(b"fine", b"x" * 8_000_001), b"", 22, "longer than"),
    "a lost line end": (marked(MARKED.rstrip()), b"", 22, "fields"),
    "a line end that became a comma": (marked(MARKED.replace(b"\n", b",")), b"", 22, "fields"),
    "a line separator for a line end": (marked(MARKED.replace(b"\n", "\u2028".encode())), b"", 22, "fields"),
    "a vertical tab for a line end": (marked(MARKED.replace(b"\n", b"\x0b")), b"", 22, "fields"),
    "NUL for a line end": (marked(MARKED.replace(b"\n", b"\0")), b"", 22, "fields"),
    "too few fields": (marked(b"120,Hotel\n"), b"120,Hotel", 22, "has 2 fields, the header 8"),
    "too many fields": (changed(b"fine", b"fine,,"), b"", 22, "has 10 fields, the header 8"),
    "a line end inside the line": (changed(b"ES", b"E\nS"), b"", 22, "fields"),
    "CR inside the line": (changed(b"ES", b"E\rS"), b"", 22, "fields"),
    "another delimiter": (marked(MARKED.replace(b",", b";")), b"", 22, "fields"),
    "tabs": (marked(MARKED.replace(b",", b"\t")), b"", 22, "fields"),
    "no id": (changed(b"120,", b","), b"", 22, "hotel_id must be text"),
    "NUL in the id": (changed(b"120", b"12\x000"), b"", 22, "hotel_id must be text"),
    "broken UTF-8 in the id": (changed(b"120", b"12\xff"), b"", 22, "hotel_id must be text"),
    "half a line of UTF-16": (marked(MARKED.decode().encode("utf-16-le")), b"", 22, "hotel_id must be text"),
    "a second header": (file(*KEPT[:PLACE], HEADER, *KEPT[PLACE:]), b"hotel_id", 22, "a second header"),
    "a second header with a mark": (
        file(*KEPT[:PLACE], b"\xef\xbb\xbf" + HEADER, *KEPT[PLACE:]),
        b"",
        22,
        "a second header",
    ),
    "another header": (file(*KEPT[:PLACE], b"name,hotel_id,city,country\n", *KEPT[PLACE:]), b"name", 22, "header"),
    "a byte order mark inside": (marked(b"\xef\xbb\xbf" + MARKED), b"", 22, "byte order mark"),
    "a header and nothing else": (file(), b"", 0, "has no rows"),
    "a header without a line end": (HEADER.rstrip(), b"", 0, "has no rows"),
    "a header and empty lines": (file(b"\n", b" \n"), b"", 0, "has no rows"),
}
"""Feeds that withdraw nothing: name -> file, the beginning of the value, the line and the rule that are told."""

CUT = {
    "the last line end is lost": file(*KEPT)[:-1],
    "cut inside the last row": file(*KEPT)[:-9],
    "cut inside an id": file(*KEPT, b"15"),
    "cut inside an accommodation": file(*KEPT[:-1], KEPT[-1].replace(b"156,fine\n", b"15")),
    "cut inside a letter": file(*KEPT, b"157,Caf\xc3"),
    "cut inside a quoted field": file(*KEPT, b'157,"Hot'),
    "cut in the middle": file(*KEPT)[: len(file(*KEPT)) // 2],
}
"""Feeds that are held: their last line has no line end."""

REFUSED = {
    "nothing": b"",
    "white space": b" \n\n",
    "UTF-16": file(*KEPT).decode().encode("utf-16"),
    "UTF-16 without a mark": file(*KEPT).decode().encode("utf-16-be"),
    "other delimiters": file(*KEPT).replace(b",", b";"),
    "a header that is cut": HEADER[:40],
    "a header whose last name is open": HEADER.replace(b"note", b'"note') + b"".join(KEPT),
    "a column twice": file(*KEPT, header=HEADER.replace(b"note", b"city")),
    "JSON": b'[{"hotel_id": "100"}]',
    "a web page": b"<!doctype html><title>Back soon</title>",
}
"""Feeds that change nothing at all."""


class Inbox:
    """Sixty hotels in force, and feeds that are handed in after them."""

    def __init__(self) -> None:
        self.inbox, self.state = MemoryStore(), MemoryStore()
        assert isinstance(self.hand_in(file(*ROWS), "r1.csv"), ReleaseApplied)

    def hand_in(self, data, name="r2.csv"):
        self.inbox.put(f"releases/{name}", gzip.compress(data, 1) if name.endswith(".gz") else data)
        return apply_release(self.inbox, self.state, f"releases/{name}", Settings(), NOW)

    @property
    def hotels(self):
        return set(hotel_ids(self.state, read_current(self.state)))

    def accommodation(self, hotel_id):
        [found] = find_row(self.state, read_current(self.state), hotel_id).accommodations
        return found.accommodation_id


@pytest.fixture
def inbox():
    return Inbox()


@pytest.mark.parametrize("name", ["r2.csv", "r2.csv.gz"])
@pytest.mark.parametrize("data", WHOLE.values(), ids=WHOLE)
def test_a_whole_file_withdraws_what_it_leaves_out(inbox, data, name):
    applied = inbox.hand_in(data, name)
    assert (applied.withdrawn, inbox.hotels) == (3, EVERY - LEAVING)


@pytest.mark.parametrize("name", ["r2.csv", "r2.csv.gz"])
@pytest.mark.parametrize(("data", "value", "line", "rule"), HIDING.values(), ids=HIDING)
def test_what_may_hide_a_row_withdraws_nothing_and_is_told(inbox, data, value, line, rule, name):
    applied = inbox.hand_in(data, name)
    assert (applied.withdrawn, inbox.hotels) == (0, EVERY)
    told = next(problem for problem in applied.problems if rule in problem.rule)
    assert (told.file, told.line, "withdraws no hotel" in told.rule) == (f"releases/{name}", line, True)
    assert told.value.encode("utf-8", "surrogateescape").startswith(value)


@pytest.mark.parametrize("data", CUT.values(), ids=CUT)
def test_a_plain_file_that_may_be_cut_short_is_held(inbox, data):
    held = inbox.hand_in(data)
    assert (type(held), "no line end" in held.reason, inbox.hotels) == (Held, True, EVERY)


def test_a_last_line_without_a_line_end_changes_nothing(inbox):
    """`bed:15` is a good accommodation, and not the one that stood there. Nothing is withdrawn: nothing is held."""
    data = file(*ROWS[:-1], ROWS[-1].replace(b"159,fine\n", b"15"))
    applied = inbox.hand_in(data)
    assert (applied.withdrawn, inbox.accommodation("159")) == (0, "159")
    [told] = applied.problems
    assert (told.line, "no line end" in told.rule) == (61, True)


def test_a_checked_file_needs_no_last_line_end(inbox):
    """The checksum of gzip proves that it is whole."""
    assert inbox.hand_in(file(*KEPT)[:-1], "r2.csv.gz").withdrawn == 3


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_is_no_release_changes_nothing(inbox, data):
    with pytest.raises((ReleaseUnreadableError, InputDamagedError)):
        inbox.hand_in(data)
    assert (inbox.hotels, read_current(inbox.state).release_id) == (EVERY, "r1")


@pytest.mark.parametrize("cut", [0.1, 0.5, 0.9, 0.999])
def test_a_gzip_file_that_is_cut_changes_nothing(inbox, cut):
    packed = gzip.compress(file(*KEPT))
    inbox.inbox.put("releases/r2.csv.gz", packed[: int(len(packed) * cut)])
    with pytest.raises(InputDamagedError, match="not a whole gzip file"):
        apply_release(inbox.inbox, inbox.state, "releases/r2.csv.gz", Settings(), NOW)
    assert inbox.hotels == EVERY


def test_good_lines_of_a_damaged_file_count(inbox):
    """It adds and updates."""
    data = file(b"new,New,ES,Bilbao,,,bed:new,\n", ROWS[0].replace(b"bed:100", b"bed:other"), b'1,"open\n', *ROWS[5:])
    inbox.hand_in(data)
    assert (inbox.hotels, inbox.accommodation("100")) == (EVERY | {"new"}, "other")
