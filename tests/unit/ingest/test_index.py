"""The release as an index: hotels are found by id, name, place, box and partner, and shards hold their rows."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.ingest import ReleaseIndex
from image_release.ingest.releases.index import IndexBuilder, read_shard, shard_bits, shard_of, write_shards
from image_release.storage import MemoryStore
from image_release.values import Accommodation, HotelRow

ROWS = [
    HotelRow("bilbao", "Arriaga", "ES", "Bilbao", 43.26, -2.95, (Accommodation("a", "1"), Accommodation("b", "x:y;z"))),
    HotelRow("madrid", "Plaza", "ES", "Madrid", 40.41, -3.70, (Accommodation("a", "2"),)),
    HotelRow("suva", "Fiji Palms", "FJ", "Suva", -18.14, 178.44, (Accommodation("b", "3"),)),
    HotelRow("apia", "Samoa Inn", "WS", "Apia", -13.83, -171.76, ()),
    HotelRow("nowhere", "plaza", "ZZ", "", None, None, ()),
]


@pytest.fixture
def index(tmp_path):
    builder = IndexBuilder(tmp_path / "index", "r.csv")
    assert [problem for line, row in enumerate(ROWS, start=2) for problem in builder.add(row, line)] == []
    builder.finish()
    with ReleaseIndex(tmp_path / "index") as opened:
        yield opened


@pytest.mark.parametrize(
    ("selectors", "found"),
    [
        ({}, {"bilbao", "madrid", "suva", "apia", "nowhere"}),
        ({"countries": ["ES"]}, {"bilbao", "madrid"}),
        ({"countries": ["ES", "FJ"]}, {"bilbao", "madrid", "suva"}),
        ({"cities": ["bilbao"]}, {"bilbao"}),
        ({"countries": ["FJ"], "cities": ["Bilbao"]}, set()),
        ({"hotel_ids": ["apia", "unknown"]}, {"apia"}),
        ({"partners": ["b"]}, {"bilbao", "suva"}),
        ({"partners": ["b"], "countries": ["ES"]}, {"bilbao"}),
        ({"bbox": (-4, 40, -2, 44)}, {"bilbao", "madrid"}),
        ({"bbox": (-3, 43, -2, 44)}, {"bilbao"}),
        ({"bbox": (170, -20, -170, -10)}, {"suva", "apia"}),
        ({"cities": ["' OR 1=1 --"]}, set()),
    ],
)
def test_every_selector_must_match_with_one_of_its_values(index, selectors, found):
    """A box may cross the date line; a hotel without coordinates is in no box; a value is never run as SQL."""
    assert set(index.select(**selectors)) == found


@pytest.mark.parametrize("city", ["BILBAO", "bilbao", "Bilbáo", "Ｂｉｌｂａｏ", " Bilbao\u00a0"])
def test_a_city_is_found_however_it_is_written(index, city):
    assert list(index.select(cities=[city])) == ["bilbao"]


def test_an_index_of_version_0_2_0_is_searched_in_the_same_way(index):
    """It has no columns for comparing; they are computed while it is searched."""
    index._db.executescript(
        "DROP INDEX by_place; DROP INDEX by_city; DROP INDEX by_name;"
        "ALTER TABLE hotels DROP COLUMN name_folded; ALTER TABLE hotels DROP COLUMN city_folded;"
    )
    path = index._db.execute("PRAGMA database_list").fetchone()[2]
    with ReleaseIndex(path) as old:
        assert list(old.select(cities=["BILBÁO"], countries=["ES"])) == ["bilbao"]
        assert list(old.named("PLAZA")) == ["madrid", "nowhere"]
        assert [old.row(row.hotel_id) for row in ROWS] == ROWS


def test_what_a_person_may_have_meant_is_listed(index):
    assert sorted(index.cities()) == ["", "Apia", "Bilbao", "Madrid", "Suva"]
    assert sorted(index.countries()) == ["ES", "FJ", "WS", "ZZ"]
    assert list(index.partners()) == ["a", "b"]
    assert list(index.hotels_like("madird")) == ["madrid"]


def test_rows_are_read_back_as_they_were_added(index):
    """Ids may contain the separators of the format; an unknown id has no row."""
    assert [index.row(row.hotel_id) for row in ROWS] == ROWS
    assert index.row("unknown") is None


def test_hotels_are_found_by_name_and_by_accommodation(index):
    """The case of a name makes no difference; an accommodation without a hotel finds none."""
    assert list(index.named("PLAZA")) == ["madrid", "nowhere"]
    wanted = [Accommodation("b", "x:y;z"), Accommodation("a", "9"), Accommodation("a", "2")]
    assert list(index.hotels_of(wanted)) == ["bilbao", "madrid"]


@pytest.mark.parametrize(
    ("search", "expected"),
    [
        (lambda index: index.select(countries=["ES"]), "USING INDEX by_place"),
        (lambda index: index.select(cities=["Bilbao"]), "USING INDEX by_city"),
        (lambda index: index.select(), "USING COVERING INDEX by_hash"),
        (lambda index: index.named("Plaza"), "by_name"),
        (lambda index: index.select(bbox=(-4, 40, -2, 44)), "VIRTUAL TABLE INDEX"),
        (lambda index: [index.row("suva")], "USING INDEX sqlite_autoindex_hotels_1"),
    ],
)
def test_no_search_reads_a_million_hotels_one_by_one(index, search, expected):
    """SQLite's plan of each search uses an index."""
    searches = []
    index._db.set_trace_callback(searches.append)
    for _ in search(index):
        pass
    plans = [step[-1] for sql in searches for step in index._db.execute(f"EXPLAIN QUERY PLAN {sql}").fetchall()]
    assert any(expected in plan for plan in plans), plans


@given(st.integers(1, 2_000_000))
def test_shards_hold_at_most_250_rows_on_average(hotels):
    """A shard is one small read, whatever the number of hotels."""
    assert hotels / 2 ** shard_bits(hotels) <= 250


@given(st.text(min_size=1), st.integers(0, 20))
def test_every_hotel_has_one_shard(hotel_id, bits):
    """The number of the shard is below the number of shards."""
    assert 0 <= shard_of(hotel_id, bits) < 2**bits


def test_each_row_is_in_its_shard(index):
    """Every row is in the shard of its hotel and in no other."""
    state = MemoryStore()
    write_shards(index, state, "releases/r", 2)
    for shard in range(4):
        assert all(shard_of(hotel_id, 2) == shard for hotel_id in read_shard(state, "releases/r", shard))
    found = {row for shard in range(4) for row in read_shard(state, "releases/r", shard).values()}
    assert found == set(ROWS)


def test_a_shard_is_the_top_of_the_hash_and_so_never_changes():
    """Rows are stored by it."""
    assert [shard_of("h1", bits) for bits in (0, 1, 8, 32)] == [0, 1, 189, 3173249898]
