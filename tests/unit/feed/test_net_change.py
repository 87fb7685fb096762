"""What several records of one hotel changed together."""

from itertools import pairwise

from image_release.feed.net_change import What, net_change
from image_release.publish import change_of
from tests.unit.publish.test_change_record import NUDGE, letters, shown


def net(*manifests):
    """The net change over manifests, each a list of groups of images."""
    made = [shown(*groups, seq=seq) for seq, groups in enumerate(manifests, start=1)]
    return net_change([change_of(before, after, NUDGE) for before, after in pairwise(made)])


def test_a_picture_that_came_got_another_best_copy_and_went_was_neither_gained_nor_lost():
    change = net("a", ["a", "bc"], ["a", "cb"], "a")
    assert (change.gained, change.lost, change.what) == ((), (), What.NOTHING_SEEN)


def test_a_picture_that_came_and_got_another_best_copy_is_named_by_that():
    assert letters(net("a", ["a", "bc"], ["a", "cb"]).gained) == "c"


def test_another_copy_of_the_first_picture_is_no_other_first_picture():
    change = net(["ab", "c"], ["ba", "c"])
    assert (change.has_other_first, change.what) == (False, What.NOTHING_SEEN)
    assert net(["ab", "c"], ["ba", "c"], ["c", "ba"]).has_other_first


def test_copies_that_are_divided_are_told_though_nothing_came_or_went():
    assert net(["ab", "c"], ["a", "b", "c"]).what is What.REGROUPED
