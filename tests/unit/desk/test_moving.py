"""Moving a picture: it comes exactly where it was put, whatever else is pinned."""

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from image_release.desk.deciding import read_hotel
from image_release.desk.moving import pins_for_move, pins_of
from image_release.hotel import places_of
from image_release.ingest import override_line, with_lines
from image_release.rank import pinned_places
from image_release.values import Override
from tests.unit.desk.hotels import manifest, picture, sha, stores

NAMES = ("aaaaaa1", "bbbbbb1", "cccccc1", "dddddd1", "eeeeee1")


def hotel_of(pins):
    """A hotel of five pictures, the first one with a copy, and what people pinned before."""
    pictures = tuple(picture(at, name, *(["aaaaaa2"] if at == 1 else [])) for at, name in enumerate(NAMES, start=1))
    now = read_hotel(stores(manifest(pictures=pictures, rejected=())), "h")
    return replace(now, file=with_lines(None, [line(name, position) for name, position in pins]))


def line(name, position):
    return override_line(Override("pin", (sha(name) if len(name) < 64 else name,), position, by="ann"))


def test_without_other_pins_it_is_one_pin():
    assert pins_for_move(hotel_of([]), sha("cccccc1"), 2) == ((sha("cccccc1"), 2),)


def test_of_a_picture_that_was_pinned_there_no_word_is_needed():
    now = hotel_of([("aaaaaa1", 1), ("bbbbbb1", 2), ("dddddd1", 4)])
    assert pins_for_move(now, sha("eeeeee1"), 1) == ((sha("eeeeee1"), 1),)


def test_pictures_that_need_the_place_because_two_were_pinned_before_it_give_way():
    now = hotel_of([("aaaaaa1", 1), ("bbbbbb1", 1)])
    assert pins_for_move(now, sha("eeeeee1"), 2) == ((sha("aaaaaa1"), 3), (sha("eeeeee1"), 2))


def test_the_copies_of_the_moved_picture_do_not_stand_in_its_way():
    now = hotel_of([("aaaaaa2", 1)])
    assert {best: pin.position for best, pin in pins_of(now).items()} == {sha("aaaaaa1"): 1}
    assert pins_for_move(now, sha("aaaaaa1"), 2) == ((sha("aaaaaa1"), 2),)


def test_a_picture_that_goes_to_the_end_sends_one_that_was_pinned_there_up():
    now = hotel_of([("eeeeee1", 5), ("dddddd1", 4)])
    assert pins_for_move(now, sha("aaaaaa1"), 5) == ((sha("eeeeee1"), 4), (sha("dddddd1"), 3), (sha("aaaaaa1"), 5))


def test_a_picture_that_is_not_shown_yet_finds_a_place_among_pictures_that_are_all_pinned():
    now = hotel_of([(name, at) for at, name in enumerate(NAMES, start=1)])
    assert pins_for_move(now, sha("ffffff1"), 5) == ((sha("ffffff1"), 5),)


@given(
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 9)), max_size=6),
    st.lists(st.tuples(st.sampled_from(NAMES), st.integers(1, 7)), min_size=1, max_size=4),
)
def test_a_moved_picture_comes_where_it_was_put_whatever_was_pinned_before(before, moves):
    now = hotel_of(before)
    for name, position in moves:
        pins = pins_for_move(now, sha(name), position)
        now = replace(now, file=with_lines(now.file, [line(sha256, place) for sha256, place in pins]))
        wanted = places_of(pins_of(now))
        order = sorted(wanted, key=wanted.get)
        places = pinned_places([wanted[sha256] for sha256 in order], len(NAMES))
        assert places[order.index(sha(name))] == min(position, len(NAMES)) - 1
