"""The proposed labels of a hotel: labels of people, and the program's groups for the other images."""

from hypothesis import given
from hypothesis import strategies as st

from image_release.lab.grouping.labelling import KnownLabel, Names, propose

NAMES = Names("h")


def known(*labels):
    return [KnownLabel(label) for label in labels]


class TestAHotelWithoutLabels:
    def test_starts_as_the_program_groups_it(self):
        """Images of a group share a label; larger groups come first."""
        state = propose(known("", "", ""), ["g0", "g1", "g1"], NAMES)
        assert state.labels == ("h/00", "h/01", "h/01")
        assert state.order == ("h/01", "h/00")

    def test_knows_placeholders(self):
        """An image that the program rejects as a placeholder is proposed as one, at the end."""
        state = propose(known("", "", ""), ["rejected:placeholder", "g0", "rejected:placeholder"], NAMES)
        assert state.labels == ("h/placeholder0", "h/00", "h/placeholder0")
        assert state.order == ("h/00", "h/placeholder0")

    def test_keeps_images_apart_that_cannot_be_decoded(self):
        """Two broken images are not copies of each other."""
        assert propose(known("", ""), ["rejected:truncated"] * 2, NAMES).labels == ("h/00", "h/01")

    def test_that_could_not_be_grouped_has_each_image_alone(self):
        """A person can still label the hotel."""
        assert propose(known("", ""), None, NAMES).labels == ("h/00", "h/01")


class TestAHotelWithLabels:
    def test_gives_new_images_the_label_of_their_group(self):
        """A new image of a partner joins the group that people labelled."""
        assert propose(known("h/x", "", "h/x"), ["g0", "g0", "g0"], NAMES).labels == ("h/x", "h/x", "h/x")

    def test_does_not_choose_between_labels(self):
        """If people gave a group two labels, a new image of it gets neither."""
        assert propose(known("h/x", "h/y", ""), ["g0", "g0", "g0"], NAMES).labels == ("h/x", "h/y", "h/00")

    def test_takes_no_label_of_another_hotel(self):
        """A label means one photograph in the whole file."""
        assert propose(known(""), ["g0"], Names("h", frozenset({"h/00"}))).labels == ("h/01",)


@given(st.lists(st.tuples(st.sampled_from(["", "h/00", "h/x"]), st.sampled_from(["g0", "g1", "rejected:crashed"]))))
def test_what_people_said_is_never_changed(items):
    """For any groups of the program, existing labels are kept and every image gets a label."""
    state = propose(known(*(label for label, _ in items)), [group for _, group in items], NAMES)
    assert all(new == old or not old for new, (old, _) in zip(state.labels, items, strict=True))
    assert all(state.labels)
    assert sorted(state.order) == sorted(set(state.labels))
