"""Finding hotels: words, filters with their counts, orders, pages, the list as a CSV."""

import csv
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.desk.index import Filter, Query, Sort, list_csv
from image_release.desk.index.columns import _made, _patched
from image_release.desk.index.filters import bit
from image_release.desk.index.seek import line_of
from image_release.folding import folded
from image_release.ingest import append_override
from image_release.values import Override
from tests.unit.desk.made_manifests import MOMENT, manifest, picture, sha

FIVE = tuple(picture(f"p{number}") for number in range(5))


@pytest.fixture
def places(world_of):
    """Four hotels with places."""
    world = world_of(
        manifest("100", FIVE, name="Casa Brisa"),
        manifest("200", [picture("b", "bedbank")], name="Hôtel de l’Étoile"),
        manifest("1001", FIVE, name="Zürcher Hof"),
        manifest("x/y", [], name="100 Beds"),
    )
    world.release(
        "r1",
        ("100", "Casa Brisa", "ES", "Cadaqués"),
        ("200", "Hôtel de l’Étoile", "FR", "Paris"),
        ("1001", "Zürcher Hof", "CH", "Zürich"),
    )
    world.catch_up()
    return world


class TestWords:
    @pytest.mark.parametrize(
        ("text", "found"),
        [
            ("casa brisa", {"100"}),
            ("BRISA  casa", {"100"}),
            ("cadaques", {"100"}),
            ("Cadaqués bris", {"100"}),
            ("etoile l'", {"200"}),
            ("zurich", {"1001"}),
            ("fr paris", {"200"}),
            ("bedbank", {"200"}),
            ("atlas zur", {"1001"}),
            ("x/y", {"x/y"}),
            ("100", {"100", "1001", "x/y"}),
            ("", {"100", "200", "1001", "x/y"}),
            ("casa paris", set()),
            ("brisaes", set()),
            ("brisa\x04es", {"100"}),
            ("\x03", {"100", "200", "1001", "x/y"}),
            ("(", set()),
            (".*", set()),
        ],
    )
    def test_are_parts_of_any_field_in_any_order(self, places, text, found):
        """Without case and accents; a word does not reach over two fields, and is no pattern."""
        assert set(places.ids(Query(text))) == found

    def test_an_id_that_was_typed_comes_first(self, places):
        """Whatever the order."""
        assert places.ids(Query("100", sort=Sort.LOOK))[0] == "100"

    def test_whole_values_narrow(self, places):
        """A country, a city, a partner: equal, not a part."""
        assert places.ids(Query(country="FR")) == ["200"]
        assert places.ids(Query(city="CADAQUES")) == ["100"]
        assert places.ids(Query(partner="bedbank")) == ["200"]
        assert (
            places.ids(Query(partner="bed")) == places.ids(Query(city="Cada")) == places.ids(Query(country="F")) == []
        )

    @given(st.lists(st.text(alphabet="abcé \n\x1f", max_size=4), min_size=1, max_size=30), st.text("abcé ", max_size=3))
    def test_find_what_a_plain_search_finds(self, names, text):
        """The one text of all lines gives the same as looking at each name."""
        rows = [(n, 0, 1, 0.0, folded(name), str(n), line_of("", name, "", "", ())) for n, name in enumerate(names)]
        found = _made("i", 1, rows).find(Query(text)).numbers.tolist()
        plain = [n for n, name in enumerate(names) if all(word in _plain(name) for word in _plain(text).split())]
        assert sorted(found) == plain


def _plain(text):
    return "".join(max(char, " ") for char in folded(text))


class TestFilters:
    def test_count_under_the_other_filters(self, world_of):
        """A count says how many hotels there would be with that filter added."""
        dark = picture("x", category="bathroom")
        world = world_of(
            manifest("a", [dark]), manifest("b", [dark, *FIVE]), manifest("c", []), manifest("d", FIVE, withdrawn=True)
        )
        world.catch_up()
        everything = world.index.find(Query())
        assert everything.total == 4
        assert {name: count for name, count in everything.counts.items() if count} == {
            Filter.NO_PICTURES: 1,
            Filter.FEW: 2,
            Filter.NEVER_FIRST: 2,
            Filter.WITHDRAWN: 1,
        }
        few = world.index.find(Query(filters=frozenset({Filter.FEW})))
        assert (few.total, few.counts[Filter.FEW], few.counts[Filter.NEVER_FIRST]) == (2, 2, 1)
        both = world.index.find(Query(filters=frozenset({Filter.FEW, Filter.NEVER_FIRST})))
        assert [hotel.hotel_id for hotel in both.hotels] == ["a"]

    def test_fewer_than_a_number_of_ones_own(self, world_of):
        """The number belongs to the filter and to its count."""
        world = world_of(manifest("a", FIVE), manifest("b", FIVE[:2]), manifest("c", FIVE, withdrawn=True))
        world.catch_up()
        assert world.ids(Query(filters=frozenset({Filter.FEW}), fewer_than=6, sort=Sort.NAME)) == ["a", "b"]
        assert world.index.find(Query(fewer_than=2)).counts[Filter.FEW] == 0

    @given(
        st.lists(st.integers(0, (1 << len(Filter)) - 1), max_size=40),
        st.sets(st.sampled_from(list(Filter)), max_size=3),
    )
    def test_counts_equal_a_plain_loop(self, flags, chosen):
        """Over any flags, for any choice."""
        chosen -= {Filter.FEW}
        rows = [(n, value, 99, 0.0, "", str(n), b"\n") for n, value in enumerate(flags)]
        found = _made("i", 1, rows).find(Query(filters=frozenset(chosen)))
        for name in set(Filter) - {Filter.FEW}:
            wanted = sum(map(bit, chosen | {name}))
            assert found.counts[name] == sum(value & wanted == wanted for value in flags)
        assert len(found.numbers) == sum(all(value & bit(name) for name in chosen) for value in flags)


class TestOrder:
    def test_by_need_by_name_by_time(self, world_of):
        """Worst first; without case; latest first."""
        world = world_of(
            manifest("a", FIVE, name="beta", at=MOMENT + timedelta(days=1)),
            manifest("b", [], name="Álpha", at=MOMENT),
            manifest("c", FIVE[:1], name="gamma", at=MOMENT + timedelta(days=2)),
        )
        world.catch_up()
        assert world.ids(Query(sort=Sort.LOOK)) == ["b", "c", "a"]
        assert world.ids(Query(sort=Sort.NAME)) == ["b", "a", "c"]
        assert world.ids(Query(sort=Sort.CHANGED)) == ["c", "a", "b"]

    def test_pages_hold_each_hotel_once(self, world_of):
        """A page beyond the end is the last one."""
        world = world_of(*(manifest(f"{number:03}", FIVE) for number in range(120)))
        world.catch_up()
        pages = [world.index.find(Query(sort=Sort.NAME, page=page)) for page in (1, 2, 3)]
        assert [hotel.hotel_id for page in pages for hotel in page.hotels] == [f"{number:03}" for number in range(120)]
        assert [(page.page, page.pages, page.total) for page in pages] == [(1, 3, 120), (2, 3, 120), (3, 3, 120)]
        assert world.index.find(Query(page=99)).page == 3
        assert world.index.find(Query(page=-1)).page == 1

    @given(st.lists(st.text("abé", max_size=3), max_size=12), st.data())
    def test_by_name_stays_right_when_some_names_change(self, names, data):
        """Only what changed is sorted again, and the result is the same."""
        rows = [_named(number, name) for number, name in enumerate(names)]
        loaded = _made("i", 1, rows)
        loaded.find(Query(sort=Sort.NAME))
        renamed = {number: data.draw(st.text("abé", max_size=3)) for number in range(0, len(names) + 3, 2)}
        patched = _patched(loaded, 2, [_named(number, name) for number, name in renamed.items()])
        now = dict(enumerate(names)) | renamed
        plain = sorted(now, key=lambda number: (folded(now[number]), str(number)))
        assert patched.find(Query(sort=Sort.NAME)).numbers.tolist() == plain


def _named(number, name):
    return (number, 0, 1, 0.0, folded(name), str(number), line_of(str(number), name, "", "", ()))


class TestRow:
    def test_tells_what_a_list_shows(self, world_of):
        """Facts of the manifest, of the release and of people."""
        shown = picture("a", copies=[("bedbank", 2.5, None)], margin=0.5)
        world = world_of(manifest("h", [shown], seq=7))
        append_override(world.stores.inbox, "h", Override("pin", (sha("a"),), position=1))
        world.catch_up()
        hotel = world.index.hotel("h")
        assert (hotel.seq, hotel.published_at, hotel.pictures, hotel.partners) == (7, MOMENT, 1, ("atlas", "bedbank"))
        assert hotel.first.sha256 == sha("a")
        assert hotel.first.thumbnail.endswith("-w320.jpg")
        assert (hotel.least_join, hotel.least_margin, hotel.decisions) == (2.5, 0.5, {"pin": 1})
        assert set(hotel.filters) == {Filter.FEW, Filter.COPIES_UNSURE, Filter.BEST_UNSURE, Filter.CORRECTED}
        assert world.index.hotel("other") is None


class TestCsv:
    def test_holds_all_hotels_and_no_formula(self, world_of):
        """More than a page; a name that begins a formula is text, and one with a line end stays one line."""
        names = ["=1+1", "@x", "-y", "a\nb", 'q"r,s']
        world = world_of(*(manifest(f"{number:03}", name=names[number % 5]) for number in range(60)))
        world.catch_up()
        lines = list(list_csv(world.index, Query(sort=Sort.NAME, page=2)))
        rows = list(csv.DictReader(lines))
        assert len(rows) == 60 == len(lines) - 1
        assert {row["name"] for row in rows} == {"'=1+1", "'@x", "'-y", "a\\nb", 'q"r,s'}
        assert rows[0]["needs_a_look_because"] == "no pictures; fewer than 5 pictures"

    def test_keeps_numbers_that_are_negative(self, world_of):
        """A least evidence below 0 is a number in a spreadsheet."""
        world = world_of(manifest("h", [picture("a", copies=[("b", -0.125, None)])]))
        world.catch_up()
        (row,) = csv.DictReader(list_csv(world.index, Query()))
        assert row["least_copy_evidence"] == "-0.12"
