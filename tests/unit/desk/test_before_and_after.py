"""Before and after: what a decision did to each picture, in a few words."""

import pytest

from image_release.desk.web.hotel.before_and_after import before_and_after
from tests.unit.desk.hotels import manifest, picture


def hotel(*pictures, seq=1):
    made = tuple(picture(at, *names.split()) for at, names in enumerate(pictures, start=1))
    return manifest(seq=seq, pictures=made, rejected=())


@pytest.mark.parametrize(
    ("before", "after", "sentence", "marks"),
    [
        (["a", "b"], ["a", "b"], "2 pictures before, 2 now: the order is the same", ["", ""]),
        (["a", "b", "c"], ["c", "a", "b"], "3 pictures before, 3 now: 1 moved (1st, bedroom)", ["was 3rd", "", ""]),
        (["a", "b", "c"], ["b", "c", "a"], "3 pictures before, 3 now: 1 moved (3rd, bedroom)", ["", "", "was 1st"]),
        (
            ["a", "b", "c"],
            ["c", "b", "a"],
            "3 pictures before, 3 now: 2 moved (1st, bedroom; 2nd, bedroom)",
            ["was 3rd", "was 2nd", ""],
        ),
        (["a", "b"], ["b"], "2 pictures before, 1 now: 1 no longer shown (1st, bedroom)", [""]),
        (["a"], ["d", "a"], "1 picture before, 2 now: 1 new (1st, bedroom)", ["new", ""]),
        (["a b"], ["b", "a"], "1 picture before, 2 now: 1 divided (1st, bedroom)", ["", ""]),
        (["a", "b"], ["b a"], "2 pictures before, 1 now: 1 joined (1st, bedroom)", ["joined from 2"]),
        (["a b"], ["b a"], "1 picture before, 1 now: the order is the same", [""]),
        ([], [], "0 pictures before, 0 now: the order is the same", []),
    ],
)
def test_each_change_is_told(before, after, sentence, marks):
    found = before_and_after(hotel(*before), hotel(*after, seq=2))
    assert found.sentence == sentence
    assert [item.mark for item in found.after] == marks
