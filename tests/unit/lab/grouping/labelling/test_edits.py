"""Edits of a hotel: the effect of each edit, and what is true after any sequence of edits."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from image_release.lab.grouping.labelling import Edit, EditRefusedError, History, Names, State

EDIT = TypeAdapter(Edit)
NAMES = Names("h")
START = State(("h/a", "h/a", "h/b", "h/placeholder0"), (True, False, None, None), ("h/a", "h/b", "h/placeholder0"))
IMAGES = 8


def after(*edits, start=START, names=NAMES):
    history = History(start)
    for edit in edits:
        history = history.edited(EDIT.validate_python(edit), names)
    return history.present


@st.composite
def states(draw):
    labels = draw(st.lists(st.sampled_from(["h/00", "h/x", "h/placeholder0"]), min_size=IMAGES, max_size=IMAGES))
    order = draw(st.permutations(sorted(set(labels))))
    best = draw(st.lists(st.sampled_from([None, True, False]), min_size=IMAGES, max_size=IMAGES))
    return State(tuple(labels), tuple(best), tuple(order))


IMAGE = st.integers(0, IMAGES - 1)
SOME = st.lists(IMAGE, min_size=1, max_size=IMAGES)
EDITS = st.one_of(
    st.fixed_dictionaries({"kind": st.just("merge"), "image": IMAGE, "into": IMAGE}),
    st.fixed_dictionaries({"kind": st.just("move"), "images": SOME, "into": IMAGE}),
    st.fixed_dictionaries({"kind": st.just("split"), "images": SOME}),
    st.fixed_dictionaries({"kind": st.just("not_photo"), "images": SOME, "placeholder": st.booleans()}),
    st.fixed_dictionaries({"kind": st.just("best"), "image": IMAGE, "best": st.booleans()}),
).map(EDIT.validate_python)


class TestEachEdit:
    def test_merging_gives_a_group_the_label_of_the_other(self):
        """All images of the group get that label, and the group is removed."""
        state = after({"kind": "merge", "image": 0, "into": 2})
        assert state.labels == ("h/b", "h/b", "h/b", "h/placeholder0")
        assert state.order == ("h/b", "h/placeholder0")

    def test_moving_takes_these_images_alone(self):
        """The other images stay in their groups."""
        assert after({"kind": "move", "images": [1], "into": 2}).labels == ("h/a", "h/b", "h/b", "h/placeholder0")

    def test_splitting_makes_a_group_behind_the_old_one(self):
        """The new group gets a label that no image of this or another hotel has."""
        names = Names("h", frozenset({"h/00"}))
        state = after({"kind": "split", "images": [1]}, names=names)
        assert state.labels == ("h/a", "h/01", "h/b", "h/placeholder0")
        assert state.order == ("h/a", "h/01", "h/b", "h/placeholder0")

    def test_splitting_a_whole_group_changes_nothing(self):
        """It is already a group of its own."""
        assert after({"kind": "split", "images": [1, 0]}) == START

    def test_images_of_several_groups_are_split_out_together(self):
        """A person who marks images of two groups says that they belong together."""
        assert after({"kind": "split", "images": [1, 2]}).labels == ("h/a", "h/00", "h/00", "h/placeholder0")

    def test_what_is_no_photo_is_named_as_the_judge_expects(self):
        """The label is `<hotel>/placeholderN`, and no copy is marked best."""
        state = after({"kind": "not_photo", "images": [0, 1], "placeholder": True})
        assert state.labels == ("h/placeholder1", "h/placeholder1", "h/b", "h/placeholder0")
        assert state.best == (None, None, None, None)

    def test_a_placeholder_may_be_a_photo_after_all(self):
        """It then has a label like any other photograph, and keeps its place."""
        state = after({"kind": "not_photo", "images": [3], "placeholder": False})
        assert state.labels[3] == "h/00"
        assert state.order == ("h/a", "h/b", "h/00")

    def test_a_best_copy_makes_the_others_no_best_copies(self):
        """The marks are 1 for the best, 0 for the others, and empty if no copy is marked."""
        assert after({"kind": "move", "images": [2], "into": 0}).best == (True, False, False, None)
        assert after({"kind": "best", "image": 0, "best": False}).best == (None, None, None, None)
        assert after({"kind": "best", "image": 1, "best": True}).best == (True, True, None, None)

    def test_marks_of_groups_that_were_not_touched_stay(self):
        """An edit does not correct marks of other groups."""
        odd = replace(START, best=(False, False, None, None))
        assert after({"kind": "best", "image": 2, "best": True}, start=odd).best == (False, False, True, None)

    @pytest.mark.parametrize(
        "edit",
        [
            {"kind": "split", "images": [4]},
            {"kind": "merge", "image": 0, "into": 99},
            {"kind": "move", "images": [0], "into": 4},
            {"kind": "best", "image": 7, "best": True},
        ],
    )
    def test_an_image_that_is_not_there_is_refused(self, edit):
        """An edit of a missing image is an error."""
        with pytest.raises(EditRefusedError):
            after(edit)

    @pytest.mark.parametrize(
        "edit",
        [
            {"kind": "burn", "images": [1]},
            {"kind": "split", "images": []},
            {"kind": "split", "images": [-1]},
            {"kind": "split", "images": ["1"]},
            {"kind": "split", "images": [1], "path": "/etc/passwd"},
            {"kind": "best", "image": True, "best": 1},
        ],
    )
    def test_what_is_no_edit_is_refused_at_the_border(self, edit):
        """Images are named by whole numbers, and unknown fields are refused."""
        with pytest.raises(ValidationError):
            EDIT.validate_python(edit)


class TestAnySequenceOfEdits:
    @given(states(), st.lists(EDITS, max_size=25))
    def test_leaves_every_image_exactly_one_label(self, start, edits):
        """The order of the page holds each used label exactly once."""
        history = History(start)
        for edit in edits:
            history = history.edited(edit, NAMES)
            state = history.present
            assert len(state.labels) == len(state.best) == IMAGES
            assert all(state.labels)
            assert sorted(state.order) == sorted(set(state.labels))
            assert sorted(image for members in state.groups().values() for image in members) == list(range(IMAGES))

    @given(states(), st.lists(EDITS, max_size=25))
    def test_is_undone_to_the_start_and_redone_to_the_end(self, start, edits):
        """Undo and redo restore every state in between."""
        history = History(start)
        for edit in edits:
            history = history.edited(edit, NAMES)
        end = history.present
        steps = 0
        while history.past:
            history, steps = history.undone(), steps + 1
        assert history.present == start
        assert history.undone() == history
        for _ in range(steps):
            history = history.redone()
        assert history.present == end
        assert history.redone() == history

    @given(states(), st.lists(EDITS, max_size=12))
    def test_marks_a_best_copy_in_all_of_a_touched_group_or_in_none(self, start, edits):
        """A changed group has a 1 among its marks, or no marks."""
        state = start
        for edit in edits:
            before, state = state, History(state).edited(edit, NAMES).present
            touched = {
                new
                for new, old, best, was in zip(state.labels, before.labels, state.best, before.best, strict=True)
                if new != old or best != was
            }
            for label in touched:
                marks = [best for best, each in zip(state.best, state.labels, strict=True) if each == label]
                assert marks == [None] * len(marks) or (True in marks and None not in marks)

    @given(states(), EDITS, EDITS)
    def test_a_new_edit_forgets_what_was_undone(self, start, one, other):
        """Redo never restores a state from before the new edit."""
        history = History(start).edited(one, NAMES).undone().edited(other, NAMES)
        assert history.present in (start, History(start).edited(other, NAMES).present)
        assert history.present == start or history.future == ()
