"""The rules of grouping, each on a small graph of scores: which pairs join, and which do not."""

from collections.abc import Mapping
from dataclasses import replace
from typing import ClassVar

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.dedup.collages import CELLS
from image_release.dedup.evidence import Evidence
from image_release.dedup.grouping import Pairs, grouped
from image_release.dedup.grouping_methods import _weakest_join_between
from image_release.dedup.groups import Picture
from image_release.dedup.matching import CandidatePair
from image_release.settings import GroupingSettings
from image_release.values import Override

SETTINGS = GroupingSettings(clear_score=3.5, bridge_score=2.5, single_score=1, least_score=0)
COPIES = 9.0
"""Score of a pair that joins whatever the other pairs say."""
HOPELESS = None
"""Score of a candidate pair that cannot be registered."""
WHOLE = np.ones((CELLS, CELLS), np.bool_)
"""The whole of an image agrees with the other one."""

Scores = Mapping[str, float | tuple[float | None, int] | None]
"""Pair -> its score, or its score and the number of matches that agree."""


def graph(scores: Scores) -> Pairs:
    """Candidate pairs with known scores, named by two letters; those that come first have more agreeing matches."""
    pairs = Pairs([], SETTINGS)
    for number, (name, known) in enumerate(scores.items()):
        score, agreeing = known if isinstance(known, tuple) else (known, 100 - number)
        one, other = indices = tuple(sorted("abcdef".index(letter) for letter in name))
        pairs._pairs[indices] = CandidatePair(one, other, False, np.eye(3)[:2], agreeing, 150, 200)
        pairs._known[indices] = None if score is None else evidence(score)
        pairs._parts[indices] = pairs._parts[indices[::-1]] = (WHOLE, WHOLE)
    return pairs


def evidence(score: float, other: str = "") -> Evidence:
    return Evidence(other, "registration", 0.1, 0.9, score)


def groups(images: str, scores: Scores, decisions: tuple[Override, ...] = ()) -> str:
    """The groups of some images: the letters of each, with a space between groups."""
    return " ".join("".join(picture.members) for picture in grouped(images, graph(scores), decisions, SETTINGS))


class TestTwoSingleImages:
    @pytest.mark.parametrize(("score", "expected"), [(1.0, "ab"), (0.99, "a b"), (0.0, "a b"), (HOPELESS, "a b")])
    def test_join_from_the_single_score_on(self, score: float | None, expected: str) -> None:
        """No other pair can speak for them, so the least score is not enough."""
        assert groups("ab", {"ab": score}) == expected

    @pytest.mark.parametrize(("score", "agreeing", "expected"), [(4.4, 7, "a b"), (4.5, 7, "ab"), (4.4, 8, "ab")])
    def test_need_more_if_few_matches_agree(self, score: float, agreeing: int, expected: str) -> None:
        """Among thousands of images a few matches of some pairs agree by chance."""
        assert groups("ab", {"ab": (score, agreeing)}) == expected

    def test_that_are_no_candidate_pair_stay_apart(self) -> None:
        assert groups("ab", {}) == "a b"


class TestAnImageAndAGroup:
    @pytest.mark.parametrize(("score", "expected"), [(3.5, "abc"), (3.49, "ab c")])
    def test_join_from_the_clear_score_on_without_a_witness(self, score: float, expected: str) -> None:
        """The other pair speaks against it as much as a pair can."""
        assert groups("abc", {"ab": COPIES, "ac": score, "bc": -8.9}) == expected

    @pytest.mark.parametrize(("likelier", "expected"), [(3.5, "abc"), (-0.8, "ab c"), (HOPELESS, "abc")])
    def test_do_not_join_by_a_clear_pair_that_a_likelier_pair_contradicts(self, likelier: float, expected: str) -> None:
        """Images a and c are two shots of a room, and b is a crop of a that shows what has not changed."""
        assert groups("abc", {"ac": (likelier, 90), "ab": (COPIES, 50), "bc": (3.6, 40)}) == expected

    @pytest.mark.parametrize(("likelier", "expected"), [(3.5, "abc d"), (0.5, "ab cd")])
    def test_do_not_join_first_by_a_clear_pair_that_a_likelier_pair_weakens(
        self, likelier: float, expected: str
    ) -> None:
        """Then c joins d, with which it scores more than with the group."""
        first: Scores = {"ac": (likelier, 90), "ab": (COPIES, 50), "bc": (3.6, 40)}
        assert groups("abcd", {**first, "cd": (2.4, 30)}) == expected

    @pytest.mark.parametrize(("second", "expected"), [(-2.0, "abc"), (-2.01, "ab c")])
    def test_join_below_it_if_their_two_likeliest_pairs_reach_the_least_score(
        self, second: float, expected: str
    ) -> None:
        """Twice the matches count four times as much. The single score is asked of two single images only."""
        assert groups("abc", {"ab": COPIES, "ac": (0.5, 20), "bc": (second, 10)}) == expected

    @pytest.mark.parametrize("hopeless", ["ac", "bc"])
    @pytest.mark.parametrize(("score", "expected"), [(0.0, "abc"), (-0.01, "ab c")])
    def test_are_not_parted_by_a_hopeless_pair(self, hopeless: str, score: float, expected: str) -> None:
        """A pair that cannot be aligned says nothing where another one can be, though more of its matches agree."""
        other: Scores = {"ac": (score, 20), "bc": (score, 10)}
        assert groups("abc", {"ab": COPIES, **other, hopeless: (HOPELESS, 30)}) == expected

    @pytest.mark.parametrize(("likeliest", "expected"), [(1.0, "abc"), (0.99, "ab c")])
    def test_lose_four_at_most_by_a_bad_pair(self, likeliest: float, expected: str) -> None:
        """One pair that is surely no copy does not outweigh everything else."""
        assert groups("abc", {"ab": COPIES, "ac": (likeliest, 20), "bc": (-8.9, 10)}) == expected

    @pytest.mark.parametrize(("likeliest", "expected"), [(0.0, "abc"), (-0.01, "ab c")])
    def test_do_not_join_where_the_likeliest_pair_is_below_the_least_score(
        self, likeliest: float, expected: str
    ) -> None:
        """The other one may be a crop, which shows less of what tells two shots apart."""
        assert groups("abc", {"ab": COPIES, "ac": (likeliest, 20), "bc": (3.4, 19)}) == expected

    @pytest.mark.parametrize(
        ("held", "score", "expected"), [(3.5, 0.0, "abc"), (3.49, 0.99, "ab c"), (3.49, 1.0, "abc")]
    )
    def test_need_more_if_no_clear_pair_holds_the_group(self, held: float, score: float, expected: str) -> None:
        """Shots of one place are all only likely, and would form a chain."""
        assert groups("abc", {"ab": held, "ac": score, "bc": score}) == expected

    def test_do_not_ask_the_third_pair(self) -> None:
        """Neither for the join nor against it: what counts is what the best copies say."""
        group: Scores = {"ab": COPIES, "ac": COPIES}
        assert groups("abcd", {**group, "ad": (0.5, 20), "bd": (-2.0, 10), "cd": (HOPELESS, 9)}) == "abcd"
        assert groups("abcd", {**group, "ad": (-0.5, 20), "bd": (-2.0, 10), "cd": (3.4, 9)}) == "abc d"

    def test_join_where_every_score_is_the_least_score(self) -> None:
        """The least score itself is enough."""
        assert groups("abc", {"ab": COPIES, "ac": 0.0, "bc": 0.0}) == "abc"


class TestTwoGroupsOfSeveralImages:
    PAIRS: ClassVar[Scores] = {"ab": COPIES, "cd": COPIES}

    @pytest.mark.parametrize("second", ["ad", "bd"])
    @pytest.mark.parametrize(("score", "expected"), [(-0.5, "abcd"), (-0.51, "ab cd")])
    def test_join_if_their_two_likeliest_pairs_reach_the_bridge_score(
        self, second: str, score: float, expected: str
    ) -> None:
        """Whichever images these are: one image may connect the two groups."""
        others = dict.fromkeys(("ad", "bc", "bd"), (3.5, 9))
        assert groups("abcd", {**self.PAIRS, "ac": (3.25, 20), **others, second: (score, 10)}) == expected

    def test_lose_by_a_pair_that_cannot_be_aligned(self) -> None:
        """Of several copies of one photograph others could be."""
        assert groups("abcd", {**self.PAIRS, "ac": (3.4, 20), "bd": (HOPELESS, 10), "bc": (3.5, 9)}) == "ab cd"

    @pytest.mark.parametrize(("score", "expected"), [(3.125, "abcd"), (3.12, "ab cd")])
    def test_need_more_than_an_image_and_a_group(self, score: float, expected: str) -> None:
        """Four copies of one photograph would have found each other before."""
        others: Scores = {"ad": (0.0, 10), "bc": (0.0, 9), "bd": (3.5, 9)}
        assert groups("abcd", {**self.PAIRS, "ac": (score, 20), **others}) == expected

    @pytest.mark.parametrize(("score", "expected"), [(3.5, "abcde"), (3.49, "abe cd")])
    def test_need_a_clear_pair(self, score: float, expected: str) -> None:
        """Copies of one photograph have one; all pairs of two shots are only likely."""
        likely: Scores = {"ac": (3.4, 40), "ad": (3.4, 39), "bc": (3.4, 38), "bd": (3.4, 37), "ce": (3.4, 36)}
        assert groups("abcde", {**self.PAIRS, "ae": COPIES, **likely, "bd": (score, 37)}) == expected

    def test_need_it_among_their_four_likeliest(self) -> None:
        """So further copies are no further tries."""
        likely: Scores = {"ac": (3.4, 40), "ad": (3.4, 39), "bc": (3.4, 38), "bd": (3.4, 37), "ce": (COPIES, 36)}
        assert groups("abcde", {**self.PAIRS, "ae": COPIES, **likely}) == "abe cd"

    @pytest.mark.parametrize("score", [3.5, 5.9, 9.0])
    def test_do_not_join_by_one_clear_pair_of_many(self, score: float) -> None:
        """Two photographs with three copies each are nine tries: what the pairs with more matches say counts."""
        against: Scores = {"ad": (-1.5, 40), "bc": (-1.5, 39), "bd": (score, 8)}
        assert groups("abcd", {**self.PAIRS, "ac": (-2.0, 41), **against}) == "ab cd"

    def test_do_not_join_by_many_likely_pairs(self) -> None:
        """No other pair raises what the likeliest one says, though it is clear: they say the same twice."""
        likely: Scores = {"ac": (1.9, 40), "ad": (3.5, 39), "bc": (3.4, 19), "bd": (3.4, 18)}
        assert groups("abcd", {**self.PAIRS, **likely}) == "ab cd"

    def test_join_clearly_if_both_pairs_are_clear_together(self) -> None:
        """Then they join before likely pairs do, so c goes with a and b, not with e."""
        clear: Scores = {"ac": (3.4, 30), "ad": (3.6, 60), "bd": (0.0, 9)}
        assert groups("abcde", {**self.PAIRS, **clear, "de": (3.4, 5), "ae": (-2.0, 5), "be": (-2.0, 5)}) == "abcd e"


class TestABridge:
    @pytest.mark.parametrize(("score", "expected"), [(3.49, "abc"), (2.5, "abc"), (2.49, "ab c")])
    def test_of_a_group_joins_only_from_the_bridge_score_on(self, score: float, expected: str) -> None:
        """Image b has nothing in common with c, so nothing but a speaks for the join."""
        assert groups("abc", {"ab": COPIES, "ac": score}) == expected

    @pytest.mark.parametrize(("score", "expected"), [(3.49, "abc"), (2.5, "abc"), (2.49, "a bc")])
    def test_is_one_in_the_second_group_too(self, score: float, expected: str) -> None:
        """Image b has nothing in common with a, so nothing but c speaks for the join."""
        assert groups("abc", {"bc": COPIES, "ac": score}) == expected

    @pytest.mark.parametrize(("agreeing", "expected"), [(8, "abc"), (7, "ab c")])
    def test_needs_more_if_few_matches_agree(self, agreeing: int, expected: str) -> None:
        assert groups("abc", {"ab": COPIES, "ac": (4.4, agreeing)}) == expected

    def test_is_none_where_another_pair_goes_around_it(self) -> None:
        """Images b and c are related, though they do not agree: the two pairs reach the least score together."""
        assert groups("abc", {"ab": COPIES, "ac": (1.0, 20), "bc": (-3.0, 10)}) == "abc"

    def test_is_none_where_a_person_joined_the_image(self) -> None:
        """The least score is enough then."""
        same = Override("same", ("a", "d"))
        assert groups("abcd", {"ab": COPIES, "ac": 0.0}, (same,)) == "abcd"


class TestMoreCopies:
    SCORES = st.none() | st.floats(-9, 12)
    OF_TWO_COPIES = st.permutations(["ad", "ae", "bd", "be"])
    OF_THIRD_COPIES = st.permutations(["af", "bf", "cd", "ce", "cf"])

    @given(st.data())
    def test_of_two_photographs_change_nothing_where_the_best_pairs_stay(self, data: st.DataObject) -> None:
        """Two copies of each are compared in 4 pairs, three of each in 9: these are no 9 tries at one threshold.

        The copies that are added agree in fewer points, whatever they score.
        """
        own: dict[str, tuple[float | None, int]]
        own = {name: (data.draw(st.floats(6, 12)), 100) for name in ("ab", "ac", "bc", "de", "df", "ef")}
        few, more = (
            {name: (data.draw(self.SCORES), agreeing) for agreeing, name in enumerate(data.draw(order), start=least)}
            for least, order in ((50, self.OF_TWO_COPIES), (10, self.OF_THIRD_COPIES))
        )
        of_two, of_three = (
            groups("abcdef", {"ab": own["ab"], "de": own["de"], **few}),
            groups("abcdef", {**own, **few, **more}),
        )
        assert of_two in ("abde c f", "ab c de f")
        assert of_three == ("abcdef" if of_two == "abde c f" else "abc def")


class TestTheOrder:
    def test_of_unclear_pairs_is_that_of_their_scores(self) -> None:
        """Image b joins c, with which it scores more, though it has more matches with a."""
        assert groups("abc", {"ab": 1.5, "bc": 3.0, "ac": -6.0}) == "a bc"

    def test_leaves_out_pairs_that_are_in_one_group_already(self) -> None:
        """The third pair is not measured: it has no image to be measured from."""
        pairs = graph({"ab": COPIES, "bc": COPIES, "ac": COPIES})
        del pairs._known[0, 2]
        assert len(grouped("abc", pairs, (), SETTINGS)) == 1

    @pytest.mark.parametrize("images", ["abc", "abcd"])
    def test_leaves_out_pairs_that_a_likelier_one_contradicts(self, images: str) -> None:
        """Of an image and a group, and of two groups: whatever the last pair would say, they are two pictures."""
        scores: Scores = {"ab": COPIES, "cd": COPIES, "ac": -3.0, "bc": COPIES, "bd": COPIES}
        pairs = graph({name: score for name, score in scores.items() if set(name) <= set(images)})
        for unknown in {(1, 2), (1, 3)} & pairs._pairs.keys():
            del pairs._known[unknown]
            pairs._pairs[unknown] = replace(pairs._pairs[unknown], mirrored=True)  # not asked for the same view
        assert len(grouped(images, pairs, (), SETTINGS)) == 2


class TestDecisions:
    def test_that_two_images_differ_keep_their_groups_apart(self) -> None:
        """Not only the two images: none of their copies joins them."""
        apart = Override("different", ("a", "d"))
        scores = {"ab": COPIES, "cd": COPIES, "bc": COPIES}
        assert groups("abcd", scores, (apart,)) == "ab cd"

    def test_that_two_images_differ_hold_whichever_group_is_named_first(self) -> None:
        """Image d is in the first of the two groups that b and c would join."""
        scores = {"bd": COPIES, "ac": COPIES, "bc": COPIES}
        assert groups("abcd", scores, (Override("different", ("a", "d")),)) == "ac bd"

    @pytest.mark.parametrize("action", ["same", "different"])
    def test_about_images_that_the_hotel_does_not_have_change_nothing(self, action: str) -> None:
        assert groups("abc", {"ab": COPIES}, (Override(action, ("a", "y")), Override(action, ("y", "z")))) == "ab c"

    def test_that_two_images_differ_bind_unclear_pairs_too(self) -> None:
        assert groups("ab", {"ab": 2.0}, (Override("different", ("b", "a")),)) == "a b"

    def test_an_earlier_decision_cannot_join_what_a_later_one_keeps_apart(self) -> None:
        """a and b are the same, b and c are the same: then a and c cannot differ, unless a person says so later."""
        same = (Override("same", ("a", "b")), Override("same", ("b", "c")))
        assert groups("abc", {}, same) == "abc"
        assert groups("abc", {}, (*same, Override("different", ("a", "c")))) == "a bc"


class TestAChainOfJoins:
    def test_is_as_strong_as_its_weakest_link(self) -> None:
        """On the way from a to d over b and c."""
        joins = {"b": evidence(5.0, "a"), "c": evidence(2.0, "b"), "d": evidence(7.0, "c"), "e": evidence(1.0, "d")}
        picture = Picture(tuple("abcde"), joins)
        assert _weakest_join_between(picture, "a", "d").score == 2.0
        assert _weakest_join_between(picture, "d", "c").score == 7.0

    def test_is_a_tree_from_the_first_member(self) -> None:
        """Each member names the image through which it was reached."""
        (picture,) = grouped("abc", graph({"bc": COPIES, "ac": COPIES, "ab": 0.0}), (), SETTINGS)
        assert {member: join.other for member, join in picture.joins.items()} == {"c": "a", "b": "c"}


class TestADecisionThatTwoAreTheSame:
    def test_makes_no_bridge(self) -> None:
        """Image a has copies b and c. A person says that it shows what d shows, too, which nothing else does."""
        scores: Scores = {"bc": COPIES, "ab": 4.0, "ac": 4.0}
        assert groups("abcd", scores, (Override("same", ("a", "d")),)) == "abcd"

    def test_makes_no_bridge_of_an_image_that_has_other_copies_too(self) -> None:
        """Image a has a copy e as well, which is related to neither b nor c."""
        scores: Scores = {"ae": COPIES, "bc": COPIES, "ab": 4.0, "ac": 4.0}
        assert groups("abcde", scores, (Override("same", ("a", "d")),)) == "abcde"

    def test_makes_no_collage(self) -> None:
        """Image e agrees with d in one half and with c in the other, and d belongs to it only by what a person said."""
        pairs = graph({"ae": COPIES, "ce": COPIES, "de": -3.0})
        left = np.arange(CELLS) < CELLS // 2
        for other, half in ((3, left), (2, ~left)):
            pairs._parts[4, other] = pairs._parts[other, 4] = (WHOLE & half, WHOLE & half)
        found = grouped("abcde", pairs, (Override("same", ("a", "d")),), SETTINGS)
        assert ["".join(picture.members) for picture in found] == ["acde", "b"]

    def test_is_the_evidence_of_their_join(self) -> None:
        (picture,) = grouped("ab", graph({}), (Override("same", ("a", "b")),), SETTINGS)
        assert picture.joins == {"b": Evidence("a", "override", 0.0, 0.0, 0.0)}

    def test_joins_all_copies_of_both_though_their_pairs_contradict(self) -> None:
        """Images a and b are copies of one shot, c and d of another. More points of a and d agree than of a and b."""
        scores: Scores = {"ad": (-3.0, 90), "bc": (-3.0, 80), "ac": (-3.0, 70), "ab": (COPIES, 20), "cd": (COPIES, 20)}
        assert groups("abcd", scores) == "ab cd"
        assert groups("abcd", scores, (Override("same", ("a", "c")),)) == "abcd"

    @given(
        st.fixed_dictionaries({name: st.floats(6, 12) for name in ("ab", "ac", "bc", "de", "df", "ef")}),
        st.fixed_dictionaries(
            {one + other: st.none() | st.floats(-9, 0, exclude_max=True) for one in "abc" for other in "def"}
        ),
        st.permutations(range(8, 23)),
        st.sampled_from("abc"),
        st.sampled_from("def"),
    )
    def test_makes_one_picture_of_two_whatever_the_pairs_across_say(self, own, across, agreeing, one, other) -> None:
        """Two shots with three copies each, which nothing but the person joins."""
        scores = {name: (score, least) for (name, score), least in zip((own | across).items(), agreeing, strict=True)}
        assert groups("abcdef", scores) == "abc def"
        assert groups("abcdef", scores, (Override("same", (one, other)),)) == "abcdef"

    def test_may_be_given_twice(self) -> None:
        same = Override("same", ("a", "b"))
        assert groups("ab", {}, (same, same)) == "ab"
