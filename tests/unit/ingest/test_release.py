"""A Data Release: which lines are rows, which are problems, and that a bad line never withdraws a hotel."""

import gzip
import io
import re
from datetime import UTC, datetime

import pytest

from image_release.ingest import (
    Held,
    Ignored,
    ReleaseUnreadableError,
    complete_release,
    departed,
    find_row,
    hotel_ids,
    read_current,
)
from image_release.ingest.ids import BadValueError
from image_release.ingest.releases.applying import ReleaseApplied, apply_release
from image_release.ingest.releases.reading import BadRow, GoodRow, Warned, read_release
from image_release.settings import Settings
from image_release.state import accept, held
from image_release.storage import MemoryStore
from image_release.store_keys import CURRENT_RELEASE, accept_release_key, held_release_key, release_folder
from image_release.values import Accommodation, HotelRow
from tests.unit.ingest.interrupted import Interrupted

HEADER = "hotel_id,name,country,city,latitude,longitude,accommodations"
SETTINGS = Settings.model_validate({"brakes": {"harmless": 0}})
NOW = datetime(2026, 11, 1, tzinfo=UTC)


def read(*lines: str | bytes):
    data = b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines)
    return list(read_release(io.BytesIO(data), "r.csv"))


def row(hotel_id: str, accommodations: str = "") -> str:
    return f"{hotel_id},Hotel {hotel_id},ES,Bilbao,43.2,-2.9,{accommodations}"


class Releases:
    """Hand in releases and read the one in force."""

    def __init__(self) -> None:
        self.inbox, self.state = MemoryStore(), MemoryStore()

    def apply(self, release_id: str, *rows: str, accepted: bool = False):
        key = f"releases/{release_id}.csv"
        self.inbox.put(key, "".join(f"{line}\n" for line in [HEADER, *rows]).encode())
        result = apply_release(self.inbox, self.state, key, SETTINGS, NOW)
        if not accepted:
            return result
        assert isinstance(result, Held)
        accept(self.inbox, accept_release_key(release_id), held(self.state, held_release_key(release_id)))
        return apply_release(self.inbox, self.state, key, SETTINGS, NOW)

    @property
    def hotels(self) -> list[str]:
        return sorted(hotel_ids(self.state, read_current(self.state)))

    def accommodations(self, hotel_id: str) -> tuple[Accommodation, ...]:
        return find_row(self.state, read_current(self.state), hotel_id).accommodations


@pytest.fixture
def releases():
    return Releases()


class TestLine:
    def test_becomes_a_row_with_decoded_ids(self):
        """The example of the documentation is read exactly (architecture, Formats)."""
        pairs = "partner-a:123;partner-b:%24abc;partner-c:bilbao-hot1"
        [found] = read(HEADER, f"123456,Euskalduna Conference Center,ES,Bilbao,43.2661,-2.9469,{pairs}")
        ids = (("partner-a", "123"), ("partner-b", "$abc"), ("partner-c", "bilbao-hot1"))
        accommodations = tuple(Accommodation(*pair) for pair in ids)
        name = "Euskalduna Conference Center"
        assert found == GoodRow(HotelRow("123456", name, "ES", "Bilbao", 43.2661, -2.9469, accommodations), 2)

    def test_columns_may_be_in_any_order_and_unknown_ones_warn_once(self):
        """Columns are recognised by their names."""
        warned, found = read("stars,city,hotel_id,country,accommodations,name,longitude,latitude", "5,Bilbao,h,ES,,H,,")
        assert isinstance(warned, Warned)
        assert (warned.problem.value, warned.problem.line) == ("stars", 1)
        assert found.row == HotelRow("h", "H", "ES", "Bilbao", None, None, ())

    def test_may_hold_quoted_commas_quotes_and_a_byte_order_mark(self):
        """Spreadsheet programs write such files."""
        [found] = read(b"\xef\xbb\xbf" + HEADER.encode(), 'h,"Bar, ""Grill"" & Rooms",ES,Bilbao,,,')
        assert found.row.name == 'Bar, "Grill" & Rooms'

    @pytest.mark.parametrize(
        ("line", "value", "rule"),
        [
            ("h,H,ES,B,91,0,", "91", "latitude must be a number in -90…90"),
            ("h,H,ES,B,0,-180.1,", "-180.1", "longitude must be"),
            ("h,H,ES,B,nan,0,", "nan", "latitude must be"),
            ("h,H,ES,B,north,0,", "north", "latitude must be"),
            ("h,H,ES,B,,0,", "", "both coordinates empty"),
            ("h,H,Spain,B,,,", "Spain", "ISO 3166-1"),
            ("h,H,XX,B,,,", "XX", "ISO 3166-1"),
            ("h,H\x1b[2J,ES,B,,,", "H\x1b[2J", "control characters"),
            (b"h,H\xff,ES,B,,,", "H\udcff", "valid UTF-8"),
            ("h,H,ES,B,,,p1", "p1", "partner:accommodation"),
            ("h,H,ES,B,,,p:1:2", "p:1:2", "partner:accommodation"),
            ("h,H,ES,B,,,p:", "", "accommodation_id must be"),
            ("h,H,ES,B,,,p:%ff", "%ff", "percent-encoded UTF-8"),
            ("h,H,ES,B,,,p:1;p:1", "p:1;p:1", "duplicate"),
        ],
    )
    def test_that_breaks_a_rule_names_line_value_and_rule(self, line, value, rule):
        """The bad row still names its hotel, so that the hotel keeps what it had."""
        [bad, good] = read(HEADER, line, row("next"))
        assert isinstance(bad, BadRow)
        assert (bad.hotel_id, bad.problem.file, bad.problem.line, bad.problem.value) == ("h", "r.csv", 2, value)
        assert rule in bad.problem.rule
        assert good.row.hotel_id == "next"

    @pytest.mark.parametrize("hotel_id", ["", "\x00", "a\nb", "x" * 201, "ü" * 34])
    def test_without_a_usable_id_belongs_to_no_hotel(self, hotel_id):
        """An id is part of a key: it must be printable, not empty, and of bounded length once it is encoded."""
        [bad] = read(HEADER, f'"{hotel_id}",H,ES,B,,,')
        assert (type(bad), bad.hotel_id) == (BadRow, None)

    def test_of_a_million_characters_does_not_stop_the_next(self):
        """A quote that is never closed takes in text up to the field limit, and is reported as a bad row."""
        found = read(HEADER, 'h,"' + "x" * 1_000_001 + '",ES,B,,,', row("next"))
        assert isinstance(found[0], BadRow)
        assert "not CSV" in found[0].problem.rule
        assert found[1].row.hotel_id == "next"


class TestFile:
    @pytest.mark.parametrize("data", [b"", b"id;name\n1;x\n", b"hotel_id,name\n1,x\n", b"\x00\x01\x02"])
    def test_without_the_required_columns_is_no_release(self, data):
        """The error names the required columns."""
        with pytest.raises(ReleaseUnreadableError, match="needs the columns "):
            list(read_release(io.BytesIO(data), "r.csv"))

    @pytest.mark.parametrize("key", ["releases/r.json", "releases/r", "releases/deep/r.csv", "releases/.csv"])
    def test_of_another_name_is_no_release(self, releases, key):
        """An object that somebody put there by mistake withdraws no hotel."""
        releases.inbox.put(key, HEADER.encode())
        with pytest.raises(ReleaseUnreadableError, match=re.escape(f"{key}: a release is named releases/")):
            apply_release(releases.inbox, releases.state, key, Settings(), NOW)
        assert read_current(releases.state) is None

    def test_with_an_id_that_cannot_be_part_of_a_key_is_refused(self, releases):
        with pytest.raises(BadValueError, match="release_id must be text"):
            releases.apply("r\x07", row("h1"))

    def test_without_the_required_columns_changes_nothing(self, releases):
        releases.apply("r1", row("h1"))
        releases.inbox.put("releases/r2.csv", b"id;name")
        with pytest.raises(ReleaseUnreadableError, match="needs the columns "):
            apply_release(releases.inbox, releases.state, "releases/r2.csv", Settings(), NOW)
        assert (read_current(releases.state).release_id, releases.hotels) == ("r1", ["h1"])

    def test_may_be_compressed(self, releases):
        """A file whose name ends in `.gz` is read as gzip."""
        releases.inbox.put("releases/r1.csv.gz", gzip.compress(f"{HEADER}\n{row('h1')}\n".encode()))
        applied = apply_release(releases.inbox, releases.state, "releases/r1.csv.gz", Settings(), NOW)
        assert (applied.release_id, applied.hotels) == ("r1", 1)
        assert releases.hotels == ["h1"]


class TestDuplicate:
    def test_line_of_a_hotel_does_not_count(self, releases):
        """The second line is reported, and other hotels may have its accommodations."""
        applied = releases.apply("r1", row("h1", "p:1"), row("h1", "p:2"), row("h2", "p:2"))
        assert [(problem.line, problem.value) for problem in applied.problems] == [(3, "h1")]
        assert releases.accommodations("h1") == (Accommodation("p", "1"),)
        assert releases.accommodations("h2") == (Accommodation("p", "2"),)

    def test_accommodation_stays_with_its_first_hotel(self, releases):
        """The second hotel is accepted without the accommodation."""
        applied = releases.apply("r1", row("h1", "p:1"), row("h2", "p:1;p:2"))
        assert [(problem.line, problem.value) for problem in applied.problems] == [(3, "p:1")]
        assert releases.accommodations("h2") == (Accommodation("p", "2"),)


class TestBadLine:
    def test_keeps_the_row_of_its_hotel(self, releases):
        """h1 has a bad line and keeps its old row; h2 has no line and is withdrawn."""
        releases.apply("r1", row("h1", "p:1"), row("h2"))
        applied = releases.apply("r2", "h1,H,ES,B,north,,", row("h3"), accepted=True)
        assert releases.hotels == ["h1", "h3"]
        assert (releases.accommodations("h1"), applied.withdrawn) == ((Accommodation("p", "1"),), 1)

    def test_without_an_id_keeps_every_row(self, releases):
        """The line may be of any hotel, so the file adds and updates hotels, but withdraws none."""
        releases.apply("r1", row("h1", "p:1"), row("h2"))
        applied = releases.apply("r2", ",H,ES,B,,,", row("h1", "p:9"), row("h3"))
        assert (releases.hotels, applied.withdrawn) == (["h1", "h2", "h3"], 0)
        assert releases.accommodations("h1") == (Accommodation("p", "9"),)

    def test_is_reported_with_what_was_applied(self, releases):
        """Whoever handed in the release is told of each line that does not count."""
        applied = releases.apply("r1", "h1,H,ES,B,north,,", row("h2"), ",H,ES,B,,,")
        assert [(problem.line, problem.value) for problem in applied.problems] == [(2, "north"), (4, "")]


class TestOrder:
    def test_an_older_release_is_ignored_with_a_warning(self, releases):
        """Ids are compared as text."""
        releases.apply("2026-11-02", row("h1"))
        ignored = releases.apply("2026-11-01", row("h2"))
        assert isinstance(ignored, Ignored)
        assert (ignored.is_warning, releases.hotels) == (True, ["h1"])

    def test_the_same_release_again_is_ignored_silently(self, releases):
        """Nothing has changed, so nobody is warned."""
        releases.apply("r1", row("h1"))
        ignored = releases.apply("r1", row("h1"))
        assert (type(ignored), ignored.is_warning) == (Ignored, False)

    def test_the_same_id_with_other_content_is_applied_again(self, releases):
        """A release can be corrected under its own id."""
        releases.apply("r1", row("h1"))
        assert isinstance(releases.apply("r1", row("h1"), row("h2")), ReleaseApplied)
        assert releases.hotels == ["h1", "h2"]

    def test_the_same_release_goes_on_in_its_folder_after_a_crash(self, releases):
        """What was written before the crash is written over, and no second copy stays behind."""

        def crash():
            raise KeyboardInterrupt

        releases.state = Interrupted()
        releases.state.before[CURRENT_RELEASE] = crash
        with pytest.raises(KeyboardInterrupt):
            releases.apply("r1", row("h1"))
        releases.apply("r1", row("h1"))
        assert read_current(releases.state).folder == release_folder("r1")

    def test_a_later_release_that_came_into_force_meanwhile_stays(self, releases):
        """The later one is applied just before the older one switches over."""
        releases.state = Interrupted()
        releases.apply("r1", row("h1"))
        releases.state.before[CURRENT_RELEASE] = lambda: releases.apply("r3", row("h1"), row("h3"))
        ignored = releases.apply("r2", row("h1"), row("h2"))
        assert (type(ignored), ignored.is_warning) == (Ignored, True)
        assert releases.hotels == ["h1", "h3"]


class TestBrake:
    def test_holds_a_release_that_withdraws_more_than_five_percent(self, releases):
        """The release withdraws two of twenty hotels: nothing changes until somebody accepts it."""
        hotels = [row(f"h{number:02}") for number in range(20)]
        releases.apply("r1", *hotels)
        held = releases.apply("r2", *hotels[2:])
        assert isinstance(held, Held)
        assert (held.leaving, held.of, held.limit, len(releases.hotels)) == (2, 20, 0.05, 20)
        assert isinstance(releases.apply("r2", *hotels[2:], accepted=True), ReleaseApplied)
        assert len(releases.hotels) == 18

    def test_lets_a_release_withdraw_one_of_twenty(self, releases):
        """A share equal to the limit is allowed."""
        hotels = [row(f"h{number:02}") for number in range(20)]
        releases.apply("r1", *hotels)
        assert isinstance(releases.apply("r2", *hotels[1:]), ReleaseApplied)

    def test_holds_the_same_release_each_time_it_comes_until_it_is_accepted_itself(self, releases):
        """A message may come twice, and the accept of one release opens for no other one."""
        hotels = [row(f"h{number:02}") for number in range(20)]
        releases.apply("r1", *hotels)
        releases.inbox.put("accepts/releases/r3", b"")
        results = [releases.apply("r2", *hotels[2:]) for _ in range(2)]
        assert [type(result) for result in results] == [Held, Held]
        assert (len(releases.hotels), read_current(releases.state).release_id) == (20, "r1")
        assert releases.state.get(held_release_key("r2")) is not None

    def test_holds_other_content_under_the_id_in_force(self, releases):
        hotels = [row(f"h{number:02}") for number in range(20)]
        releases.apply("r1", *hotels)
        assert isinstance(releases.apply("r1", *hotels[2:]), Held)
        assert len(releases.hotels) == 20


class TestDeparted:
    def test_hotels_are_listed_until_a_release_is_completed(self, releases):
        """Hotels of every release since the last *completed* one are listed, if the current one lacks them."""
        releases.apply("r1", row("h1"), row("h2"), row("h3"))
        complete_release(releases.state, read_current(releases.state))
        releases.apply("r2", row("h1"), row("h2"), accepted=True)
        releases.apply("r3", row("h1"), accepted=True)
        current = read_current(releases.state)
        assert sorted(departed(releases.state, current)) == ["h2", "h3"]
        complete_release(releases.state, current)
        assert list(departed(releases.state, read_current(releases.state))) == []

    def test_hotels_stay_listed_if_an_earlier_release_is_completed_late(self, releases):
        """The hotels of the release in force were not nudged yet."""
        releases.apply("r1", row("h1"), row("h2"))
        first = read_current(releases.state)
        releases.apply("r2", row("h1"), accepted=True)
        complete_release(releases.state, first)
        current = read_current(releases.state)
        assert not current.is_completed
        assert list(departed(releases.state, current)) == ["h2"]


class TestCoordinates:
    @pytest.mark.parametrize(("latitude", "longitude"), [(90, 180), (-90, -180), (0, 0)])
    def test_may_be_at_the_limit(self, latitude, longitude):
        [good] = read(HEADER, f"h,H,ES,B,{latitude},{longitude},")
        assert (good.row.latitude, good.row.longitude) == (latitude, longitude)
