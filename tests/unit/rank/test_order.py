"""The order of a hotel's pictures: independent of the order of the input, with pins at their positions, variety."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.rank import PictureToRank, ScoredPicture, prioritise
from image_release.settings import PrioritisingSettings
from image_release.values import ImageFacts, Label, Look, sha256_hex

SETTINGS = PrioritisingSettings()
KNOWN = [label for entries in SETTINGS.labels.values() for label in entries]

labels = st.lists(
    st.builds(Label, st.sampled_from([*KNOWN, "Quokka", "Zither"]), st.sampled_from([0.0, 0.1, 0.2, 0.7, 0.93, 1.0])),
    max_size=6,
).map(tuple)

looks = st.builds(Look, st.just("local-test"), st.integers(0, 1000).map(lambda n: n / 1000), st.just((0.6, 0.8)))
images = st.tuples(
    st.integers(1, 9_000),
    st.sampled_from("abc"),
    st.none() | st.integers(-5, 99),
    st.none() | labels,
    st.none() | looks,
)
APPEAL = PrioritisingSettings().resolved_for("looks")


def pictures_to_rank(max_size: int = 8) -> st.SearchStrategy[list[PictureToRank]]:
    """Lists of pictures with different SHA-256s."""
    return st.lists(images, max_size=max_size).map(
        lambda drawn: [
            PictureToRank(
                sha256 := sha256_hex(bytes([n])), ImageFacts(sha256, side, side, "JPEG", 1), partner, rank, shown, look
            )
            for n, (side, partner, rank, shown, look) in enumerate(drawn)
        ]
    )


def picture(name: str, *descriptions: str, pixels: int = 1_000_000, **changes: Any) -> PictureToRank:
    """A picture of partner `p` that shows what the labels say, each with score 0.9."""
    facts = ImageFacts(name, pixels, 1, "JPEG", bytes=1)
    shown = tuple(Label(description, 0.9) for description in descriptions)
    return PictureToRank(**{"sha256": name, "facts": facts, "partner_id": "p", "rank": None, "labels": shown} | changes)


def names(ranked: tuple[ScoredPicture, ...]) -> str:
    return "".join(item.picture.sha256 for item in ranked)


def ordered(*pictures: PictureToRank, pins: Mapping[str, int] | None = None, **changes: Any) -> str:
    return names(prioritise(pictures, PrioritisingSettings(**changes), pins or {}))


class TestTotalOrder:
    @given(data=st.data(), pictures=pictures_to_rank())
    def test_does_not_depend_on_the_order_of_the_input(
        self, data: st.DataObject, pictures: list[PictureToRank]
    ) -> None:
        """Invariant 6: partners, files, threads and labels may come in any order."""
        pins = {p.sha256: data.draw(st.integers(1, 15)) for p in pictures if data.draw(st.booleans())}
        shuffled = data.draw(st.permutations(pictures))
        pins_again = dict(data.draw(st.permutations(list(pins.items()))))
        assert prioritise(pictures, APPEAL, pins) == prioritise(shuffled, APPEAL, pins_again)

    @given(data=st.data(), shown=labels)
    def test_the_order_of_labels_changes_nothing(self, data: st.DataObject, shown: tuple[Label, ...]) -> None:
        """If a tagger sorts its answer in another way, the score is the same to the last bit."""
        shuffled = tuple(data.draw(st.permutations(shown)))
        (first,) = prioritise([picture("a", labels=shown)], SETTINGS, {})
        (second,) = prioritise([picture("a", labels=shuffled)], SETTINGS, {})
        assert (first.score, first.category, first.counted) == (second.score, second.category, second.counted)

    def test_not_even_the_last_bit_depends_on_the_order_of_labels(self) -> None:
        """As floats, 0.1 + 0.2 + 0.3 is 0.6 or 0.6000000000000001, depending on the order."""
        shown = (Label("Grass", 0.1), Label("Property", 0.2), Label("Plant", 0.3))
        settings = PrioritisingSettings(ordinary_points=0)
        (first,) = prioritise([picture("a", labels=shown)], settings, {})
        (second,) = prioritise([picture("a", labels=shown[::-1])], settings, {})
        assert first.score == second.score

    @given(pictures=pictures_to_rank())
    def test_every_picture_has_one_place(self, pictures: list[PictureToRank]) -> None:
        """No picture is lost, and none is shown twice."""
        ranked = prioritise(pictures, SETTINGS, {})
        assert sorted(item.picture.sha256 for item in ranked) == sorted(p.sha256 for p in pictures)

    @given(pictures=pictures_to_rank())
    def test_best_score_first_and_hash_settles_ties(self, pictures: list[PictureToRank]) -> None:
        """Without variety and pins the order is that of the totals."""
        ranked = prioritise(pictures, PrioritisingSettings(variety_pictures=0, never_first=()), {})
        keys = [(-item.score.total, item.picture.sha256) for item in ranked]
        assert keys == sorted(keys)

    def test_equal_pictures_stand_by_hash(self) -> None:
        """Three pictures that differ in nothing else."""
        assert ordered(picture("b"), picture("c"), picture("a")) == "abc"

    def test_no_picture_gives_no_order(self) -> None:
        """A hotel without pictures gives an empty order."""
        assert prioritise([], SETTINGS, {"a": 1}) == ()


class TestScore:
    @given(pictures=pictures_to_rank(max_size=3), cuts=st.lists(st.integers(0, 100), min_size=3, max_size=3))
    def test_is_the_weighted_sum_of_its_parts_in_0_to_1(self, pictures: list[PictureToRank], cuts: list[int]) -> None:
        """The formula, with any weights. Appeal is a part where it has a weight, also of pictures without a look."""
        edges = [0, *sorted(cuts), 100]
        names = ("size", "partner", "category", "appeal")
        shares = {name: (edges[n + 1] - edges[n]) / 100 for n, name in enumerate(names)}
        settings = PrioritisingSettings(weights=shares)
        if not shares["appeal"]:
            del shares["appeal"]
        for item in prioritise(pictures, settings, {}):
            assert set(item.score.parts) == set(shares)
            assert all(0 <= part.value <= 1 for part in item.score.parts.values())
            assert {name: part.weight for name, part in item.score.parts.items()} == shares
            assert 0 <= item.score.total <= 1
            assert item.score.total == pytest.approx(
                sum(part.value * part.weight for part in item.score.parts.values()), abs=1e-12
            )

    def test_the_best_of_everything_reaches_1_and_never_more(self) -> None:
        """Weights that sum to slightly more than 1 do not give a score above 1."""
        settings = PrioritisingSettings(
            weights={"size": 0.7, "partner": 0.3 + 9e-10, "category": 0}, partner_scores={"p": 1}
        )
        (best,) = prioritise([picture("a", pixels=10**9, rank=1)], settings, {})
        assert best.score.total == 1.0

    def test_weights_decide(self) -> None:
        """The weights decide whether a large road or a small pool comes first."""
        road = picture("a", "Road surface", "Asphalt", "Car", pixels=9_000_000)
        pool = picture("b", "Swimming pool", "Resort", "Leisure", pixels=200_000)
        assert ordered(road, pool) == "ba"
        assert ordered(road, pool, weights={"size": 1, "partner": 0, "category": 0}) == "ab"

    def test_says_which_labels_counted(self) -> None:
        """Points are strength × score × weight, the largest first; ignored and unknown labels are left out.

        The weights are 4/3 for the best label and for the worst, and 0.8 of that for the second best.
        """
        (item,) = prioritise([picture("a", "Wood", "Toilet", "swimming POOL", "Quokka", "Sky")], SETTINGS, {})
        assert [(c.description, round(c.points, 6)) for c in item.counted] == [
            ("Swimming pool", 3.6),
            ("Toilet", -3.6),
            ("Sky", 0.48),
        ]


class TestPins:
    POOL = picture("a", "Swimming pool", "Resort")
    ROOM = picture("b", "Bedroom", "Bed frame")
    LOBBY = picture("c", "Lobby")
    BATH = picture("d", "Toilet", "Bathroom")
    ALL = (POOL, ROOM, LOBBY, BATH)

    @pytest.mark.parametrize(
        ("pins", "expected"),
        [
            pytest.param({}, "abcd", id="none"),
            pytest.param({"d": 1}, "dabc", id="the worst first"),
            pytest.param({"a": 3}, "bcad", id="the best third"),
            pytest.param({"d": 2, "c": 1}, "cdab", id="two in order"),
            pytest.param({"d": 1, "a": 4}, "dbca", id="both ends"),
            pytest.param({"a": 99}, "bcda", id="beyond the end is the end"),
            pytest.param({"a": 99, "b": 98}, "cdba", id="two beyond the end keep their order"),
            pytest.param({"a": 4, "b": 4}, "cdab", id="two at the end"),
            pytest.param({"c": 2, "d": 2}, "acdb", id="two at one position, the better first"),
            pytest.param({"d": 2, "c": 2, "b": 3}, "acdb", id="a full position gives way to the next"),
            pytest.param({"d": 0, "c": -7}, "cdab", id="below 1 is the first position"),
            pytest.param({"a": 4, "b": 3, "c": 2, "d": 1}, "dcba", id="all"),
            pytest.param({"nobody": 1}, "abcd", id="a picture that does not exist"),
        ],
    )
    def test_are_at_their_positions(self, pins: dict[str, int], expected: str) -> None:
        """A person's decision is stronger than every score, and than the kinds that never open."""
        assert ordered(*self.ALL, pins=pins, variety_pictures=0) == expected

    @given(data=st.data(), pictures=pictures_to_rank())
    def test_distinct_positions_are_exact_and_the_others_keep_their_order(
        self, data: st.DataObject, pictures: list[PictureToRank]
    ) -> None:
        """For every set of pins with different positions that exist. Rules about what comes beside what are off."""
        settings = PrioritisingSettings(variety_pictures=0, never_first=())
        positions = data.draw(st.permutations(range(1, len(pictures) + 1)))
        pinned = data.draw(st.integers(0, len(pictures)))
        pins = {p.sha256: position for p, position in zip(pictures[:pinned], positions, strict=False)}
        ranked = prioritise(pictures, settings, pins)
        place = {item.picture.sha256: number for number, item in enumerate(ranked, start=1)}
        assert {sha256: place[sha256] for sha256 in pins} == pins
        assert {item.picture.sha256 for item in ranked if item.pinned} == set(pins)
        free = [item for item in prioritise(pictures, settings, {}) if item.picture.sha256 not in pins]
        assert [item for item in ranked if not item.pinned] == free

    @given(data=st.data(), pictures=pictures_to_rank())
    def test_any_positions_leave_every_picture_one_place(
        self, data: st.DataObject, pictures: list[PictureToRank]
    ) -> None:
        """Positions may be beyond the end, below the first, huge or all the same."""
        pins = {p.sha256: data.draw(st.integers(-3, 20) | st.just(10**30)) for p in pictures}
        ranked = prioritise(pictures, SETTINGS, pins)
        assert sorted(item.picture.sha256 for item in ranked) == sorted(p.sha256 for p in pictures)
        positions = [pins[item.picture.sha256] for item in ranked]
        assert positions == sorted(positions)


class TestVariety:
    POOLS = tuple(picture(name, "Swimming pool", pixels=1_000_000 - number) for number, name in enumerate("abc"))

    def test_a_picture_of_another_kind_comes_between_when_it_is_nearly_as_good(self) -> None:
        """Three pools and a villa that scores slightly less: the first three are not all pools."""
        villa = picture("v", "Villa", pixels=990_000)
        assert ordered(*self.POOLS, villa, variety_pictures=0) == "abcv"
        assert ordered(*self.POOLS, villa) == "avbc"

    def test_a_picture_that_is_much_worse_does_not(self) -> None:
        """No traveller wants a toilet between two pools."""
        assert ordered(*self.POOLS, picture("t", "Toilet", "Bathroom", "Tap")) == "abct"

    def test_the_best_picture_stays_first(self) -> None:
        """Variety changes only what follows."""
        assert ordered(*self.POOLS, picture("v", "Villa", pixels=990_000), variety_weight=1)[0] == "a"

    def test_counts_for_the_first_places_only(self) -> None:
        """After them the order is that of the scores."""
        villas = tuple(picture(name, "Villa", pixels=900_000 - number) for number, name in enumerate("vwx"))
        assert ordered(*self.POOLS, *villas, variety_pictures=2) == "avbcwx"

    def test_pictures_of_no_known_kind_do_not_compete_for_variety(self) -> None:
        """Pictures without labels have no kind: their order is that of their scores."""
        unknown = [picture(name, labels=None, pixels=1_000_000 - number) for number, name in enumerate("abcdef")]
        assert ordered(*unknown, variety_weight=1) == "abcdef"


class TestUntagged:
    def test_has_neither_an_advantage_nor_a_disadvantage(self) -> None:
        """The category part of an untagged picture is 0.5: good pictures come before it, bad ones after it."""
        good = picture("g", "Villa", "Swimming pool", "Real estate")
        bad = picture("b", "Toilet", "Bathroom", "Tap")
        untagged = picture("u", labels=None)
        ranked = prioritise([bad, untagged, good], SETTINGS, {})
        assert names(ranked) == "gub"
        assert ranked[1].score.parts["category"].value == 0.5
        assert (ranked[1].category, ranked[1].counted) == (None, ())

    def test_without_any_tagger_size_and_partner_decide(self) -> None:
        """With the tagger `none` the order still makes sense."""
        small, large = picture("a", labels=None, pixels=100_000), picture("b", labels=None, pixels=2_000_000)
        assert ordered(small, large) == "ba"

    @given(shown=labels)
    def test_the_category_is_always_inside_0_and_1(self, shown: tuple[Label, ...]) -> None:
        """Whatever the number of good or bad labels."""
        (item,) = prioritise([picture("a", labels=shown)], SETTINGS, {})
        assert 0 < item.score.parts["category"].value < 1
        assert not math.isnan(item.score.total)
