"""Pins: each pinned picture has a place of its own, and of two at one position the later decision counts."""

import sys

from hypothesis import given
from hypothesis import strategies as st

from image_release.hotel import Hotel, Pin, places_of
from image_release.hotel.load import inputs_digest
from image_release.settings import Settings
from image_release.values import Override

PINS = st.dictionaries(st.text("abcdef", min_size=1), st.builds(Pin, st.integers(1, 9), st.integers(0, 20)))


def pinned(*pins: tuple[str, int]) -> dict[str, int]:
    """The places of pictures that were pinned one after the other."""
    return places_of({name: Pin(position, line) for line, (name, position) in enumerate(pins)})


def test_of_two_at_one_position_the_later_one_gets_it_and_the_other_the_next():
    assert pinned(("a", 1), ("b", 1)) == {"b": 1, "a": 2}


def test_each_pin_moves_those_before_it_one_place_on():
    assert pinned(("a", 1), ("b", 2), ("c", 5), ("d", 1)) == {"d": 1, "a": 2, "b": 3, "c": 5}


@given(PINS)
def test_every_picture_gets_a_place_of_its_own_and_none_before_its_position(pins):
    places = places_of(pins)
    assert places.keys() == pins.keys()
    assert len(set(places.values())) == len(places)
    assert all(places[name] >= pin.position for name, pin in pins.items())


@given(PINS)
def test_positions_that_nobody_else_has_stay(pins):
    alone = {pin.position: Pin(pin.position, pin.line) for pin in pins.values()}
    assert places_of({str(position): pin for position, pin in alone.items()}) == {
        str(position): position for position in alone
    }


def digest(*overrides: Override) -> str:
    return inputs_digest(Hotel("h", "r", None, (), overrides), Settings(), "none")


def test_only_hotels_with_two_pins_at_one_position_have_the_rule_in_their_digest(monkeypatch):
    """Hotels that were published before keep their digest, so none of them is processed again."""
    apart = (Override("pin", ("a" * 64,), 1), Override("pin", ("b" * 64,), 2), Override("hide", ("b" * 64,)))
    twice = (Override("pin", ("a" * 64,), 1), Override("pin", ("b" * 64,)))
    before = digest(*apart), digest(*twice)
    monkeypatch.setattr(sys.modules[inputs_digest.__module__], "LATER_FIRST", "another rule")
    assert digest(*apart) == before[0]
    assert digest(*twice) != before[1]
