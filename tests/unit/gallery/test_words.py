"""Words: why a picture stands where it stands, and what became of an image, as a manager reads it."""

import pytest

from image_release.dedup import Difference
from image_release.gallery import (
    DIFFERENCE_WORDS,
    OUTCOME_WORDS,
    ViewInWords,
    kind_in_words,
    once_one_with,
    ordinal,
    same_views,
    what_happened,
    why_best,
    why_here,
    why_rejected,
)
from image_release.outcomes import Outcome
from image_release.publish import PublishedPin, PublishedSameView
from image_release.values import Label, Override
from tests.unit.desk.hotels import manifest, picture, rejected, sha

PARTS = {"size": 0.95, "partner": 0.9, "category": 0.5}


def hotel(*parts_and_scores, **first):
    """A hotel whose pictures have these partner parts and totals, in order."""
    pictures = [
        picture(
            place, f"{place:06x}", parts={**PARTS, "partner": partner}, total=total, **(first if place == 1 else {})
        )
        for place, (partner, total) in enumerate(parts_and_scores, start=1)
    ]
    return manifest(pictures=tuple(pictures))


def why(made, place=1, overrides=()):
    return why_here(made, made.pictures[place - 1], overrides)


@pytest.mark.parametrize(
    ("number", "word"),
    [(1, "1st"), (2, "2nd"), (3, "3rd"), (4, "4th"), (11, "11th"), (12, "12th"), (21, "21st"), (113, "113th")],
)
def test_a_place_is_said_as_people_say_it(number, word):
    assert ordinal(number) == word


def test_a_place_is_explained_by_kind_size_and_partner():
    made = hotel((0.9, 0.8), (0.5, 0.7), (0.2, 0.6))
    assert [why(made, place) for place in (1, 2, 3)] == [
        "1st: bedroom, large, from the best partner",
        "2nd: bedroom, large",
        "3rd: bedroom, large, low in its partner's order",
    ]


def test_partners_are_not_named_where_they_make_no_difference():
    assert why(hotel((0.5, 0.8), (0.5, 0.7))) == "1st: bedroom, large"


@pytest.mark.parametrize(("size", "word"), [(0.95, "large"), (0.9, "large"), (0.7, "of medium size"), (0.3, "small")])
def test_size_is_a_word(size, word):
    made = manifest(pictures=(picture(1, "aaaaaa", parts={"size": size}),))
    assert why(made) == f"1st: bedroom, {word}"


def test_a_kind_that_is_not_known_is_said_so():
    assert (kind_in_words(None), kind_in_words("swimming_pool")) == ("kind not known", "swimming pool")
    made = manifest(pictures=(picture(1, "aaaaaa", parts={}, category=None),))
    assert why(made) == "1st: kind not known"


def test_appeal_counts_only_where_a_model_looked():
    first = picture(1, "aaaaaa", parts={"appeal": 0.9})
    assert why(manifest(pictures=(first,))) == "1st: bedroom"
    part = first.score.parts["appeal"].model_copy(update={"model": "local-1"})
    looked = first.model_copy(update={"score": first.score.model_copy(update={"parts": {"appeal": part}})})
    assert why(manifest(pictures=(looked,))) == "1st: bedroom, appealing"


def test_variety_is_told_where_it_was_stronger_than_the_score():
    made = hotel((0.5, 0.9), (0.5, 0.5), (0.5, 0.8))
    assert why(made, 1) == "1st: bedroom, large"
    assert why(made, 2) == "2nd: bedroom, large, shown early because it differs from those before it"
    assert why(made, 3) == "3rd: bedroom, large, shown later because it is like one before it"


def test_a_picture_that_may_not_open_says_so():
    made = hotel((0.5, 0.9), (0.5, 0.8), held_back="the kind bathroom never opens a hotel")
    assert (
        why(made) == "1st: bedroom, large, its score would place it earlier, but the kind bathroom never opens a hotel"
    )
    assert why(made, 2) == "2nd: bedroom, large"


def test_a_pin_says_who_and_why():
    made = hotel((0.5, 0.5), (0.5, 0.9))
    pin = Override("pin", (sha("000001"),), 1, by="ann", why="the view")
    assert why(made, 1, (pin,)) == "1st: bedroom, large, pinned to the 1st place by ann (the view)"
    assert why(made, 2, (pin,)) == "2nd: bedroom, large"


def test_a_label_says_who_gave_it():
    label = Override("label", (sha("000001"),), labels=(Label("Bedroom", 1.0),), by="ann")
    assert why(hotel((0.5, 0.5)), 1, (label,)) == "1st: bedroom, as ann says, large"


class TestTheBestCopy:
    @pytest.mark.parametrize(
        ("margin", "word"), [(3.0, "clearly the cleanest"), (1.0, "probably the cleanest"), (0.99, "a close choice")]
    )
    def test_is_as_sure_as_its_margin(self, margin, word):
        assert why_best(picture(1, "aaaaaa", "bbbbbb", margin=margin)).startswith(f"the best of 2 copies: {word}")

    def test_may_be_the_only_one(self):
        assert why_best(picture(1, "aaaaaa")) == "the only copy"

    def test_may_be_the_same_file_from_several_partners(self):
        assert "all are the same file" in why_best(picture(1, "aaaaaa", "aaaaaa", margin=0.0))

    def test_may_be_a_persons_choice(self):
        chosen = Override("best", (sha("aaaaaa"),), by="ann")
        assert why_best(picture(1, "aaaaaa", "bbbbbb", margin=0.0), (chosen,)) == (
            "the best of 2 copies: chosen by ann"
        )
        later = Override("best", (sha("bbbbbb"),), by="bob")
        assert "chosen" not in why_best(picture(1, "aaaaaa", "bbbbbb", margin=0.0), (chosen, later))


class TestAnImageThatIsNotShown:
    @pytest.mark.parametrize("outcome", list(Outcome))
    def test_has_words_for_each_outcome(self, outcome):
        assert why_rejected(rejected("aaaaaa", outcome, "")) == OUTCOME_WORDS[outcome]

    def test_says_who_hid_it(self):
        said = "hidden by a person (ann): not this hotel"
        assert why_rejected(rejected("aaaaaa", Outcome.HIDDEN, said)) == said

    def test_may_have_an_outcome_of_a_newer_version(self):
        newer = rejected("aaaaaa", Outcome.GONE).model_copy(update={"outcome": "too_blurred"})
        assert why_rejected(newer) == "too blurred"

    def test_says_which_picture_shows_its_view(self):
        said = rejected("aaaaaa", Outcome.SAME_VIEW, "shows the same view as picture 4: the light changed")
        assert why_rejected(said) == "another shot: it shows the same view as picture 4: the light changed"


class TestPicturesOfOneView:
    def made(self, difference="camera"):
        view = PublishedSameView.model_construct(picture=sha("bbbbbb"), difference=difference, score=1.0, overlap=0.9)
        of_nobody = view.model_copy(update={"picture": sha("cccccc")})
        first = picture(1, "aaaaaa").model_copy(update={"same_view": (view, of_nobody), "once_with": (sha("bbbbbb"),)})
        return manifest(pictures=(first, picture(2, "bbbbbb")))

    @pytest.mark.parametrize(("difference", "words"), [*DIFFERENCE_WORDS.items(), ("weather", "they differ")])
    def test_are_named_by_their_places_and_by_what_differs(self, difference, words):
        """A manifest of a newer version may know other differences, or name a picture that is not there."""
        made = self.made(difference)
        assert same_views(made, made.pictures[0]) == (ViewInWords(sha("bbbbbb"), 2, words),)
        assert same_views(made, made.pictures[1]) == ()

    def test_every_difference_has_words(self):
        assert DIFFERENCE_WORDS.keys() == set(Difference)

    def test_were_one_with_another_picture(self):
        made = self.made()
        assert once_one_with(made, made.pictures[0].once_with) == (2,)
        assert once_one_with(made, ()) == ()

    def test_a_picture_that_repeats_a_view_says_so(self):
        made = hotel((0.5, 0.9), (0.5, 0.8), held_back="it shows the same view as picture 2")
        assert (
            why(made)
            == "1st: bedroom, large, its score would place it earlier, but it shows the same view as picture 2"
        )


@pytest.mark.parametrize(
    ("override", "said"),
    [
        (Override("pin", (sha("aaaaaa"),), 2), "moved the picture of aaaaaa00 to the 2nd place"),
        (Override("pin", (sha("aaaaaa"),)), "moved the picture of aaaaaa00 to the 1st place"),
        (Override("hide", (sha("aaaaaa"),)), "hid the picture of aaaaaa00"),
        (Override("show", (sha("aaaaaa"),)), "showed the picture of aaaaaa00 again"),
        (Override("same", (sha("aaaaaa"), sha("bb"))), "said that aaaaaa00 and bb000000 are the same photograph"),
        (Override("different", (sha("aa"), sha("bb"))), "said that aa000000 and bb000000 are not the same photograph"),
        (
            Override("label", (sha("aa"),), labels=(Label("Pool", 1.0), Label("Sea", 1.0))),
            "said that aa000000 shows: Pool, Sea",
        ),
        (Override("best", (sha("aa"),)), "chose aa000000 as the best copy of its picture"),
        (Override("rescue", (sha("aa"),)), "said that aa000000 may be shown"),
        (Override("withdraw", ()), "took all pictures of the hotel off"),
    ],
    ids=lambda value: value.action if isinstance(value, Override) else "",
)
def test_each_decision_is_said_in_words(override, said):
    assert what_happened(override) == said


def test_a_decision_about_what_a_picture_was_one_with_is_told():
    label = Override("label", (sha("bbbbbb1"),), labels=(Label("Pool", 1.0),), by="ann")
    made = hotel((0.5, 0.8), (0.5, 0.7), once_with=(sha("bbbbbb1"),))
    assert why(made, overrides=(label,)) == "1st: bedroom, as ann says, large"


@pytest.mark.parametrize(
    ("pinned", "said"),
    [(None, ""), (PublishedPin(by="ann", why="", at=""), ", pinned to the 1st place by ann")],
)
def test_a_pin_of_what_a_picture_was_one_with_is_told_where_it_has_the_place(pinned, said):
    pin = Override("pin", (sha("bbbbbb1"),), 1, by="ann")
    made = hotel((0.5, 0.8), (0.5, 0.7), once_with=(sha("bbbbbb1"),), pinned=pinned)
    assert why(made, overrides=(pin,)) == f"1st: bedroom, large{said}"
