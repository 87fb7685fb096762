"""The parts of the score: how pixels, the partner's rank and labels change them."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.rank import PictureToRank, ScoredPicture, prioritise
from image_release.settings import PrioritisingSettings
from image_release.values import ImageFacts, Label

SETTINGS = PrioritisingSettings()
GOOD = [name for entries in SETTINGS.labels.values() for name, strength in entries.items() if strength > 0]
BAD = [name for entries in SETTINGS.labels.values() for name, strength in entries.items() if strength < 0]
some_labels = st.lists(st.builds(Label, st.sampled_from(GOOD + BAD), st.floats(0, 1)), max_size=8).map(tuple)


def judged(
    width: int = 1600,
    height: int = 1067,
    *,
    partner_id: str = "p",
    rank: int | None = None,
    labels: tuple[Label, ...] | None = None,
    settings: PrioritisingSettings = SETTINGS,
) -> ScoredPicture:
    facts = ImageFacts("a", width, height, "JPEG", bytes=1)
    return prioritise([PictureToRank("a", facts, partner_id, rank, labels)], settings, {})[0]


def size(width: int, height: int) -> float:
    return judged(width, height).score.parts["size"].value


def partner(rank: int | None, partner_id: str = "p", settings: PrioritisingSettings = SETTINGS) -> float:
    return judged(partner_id=partner_id, rank=rank, settings=settings).score.parts["partner"].value


def category(*labels: tuple[str, float], settings: PrioritisingSettings = SETTINGS) -> float:
    shown = tuple(Label(description, score) for description, score in labels)
    return judged(labels=shown, settings=settings).score.parts["category"].value


class TestSize:
    @given(a=st.integers(1, 20_000), b=st.integers(1, 20_000), more=st.integers(1, 20_000))
    def test_more_pixels_are_never_worse(self, a: int, b: int, more: int) -> None:
        """The size part is monotone and in 0…1; the shape of the image does not matter."""
        assert 0 < size(a, b) <= size(a + more, b) <= 1
        assert size(a, b) == size(b, a)

    def test_is_nine_tenths_at_a_good_size(self) -> None:
        """1600 × 1067 is the second largest rendition."""
        assert size(1600, 1067) == pytest.approx(0.9)

    def test_saturates_where_the_largest_rendition_does(self) -> None:
        """Twice the pixels change much for a small image, and nothing for one that already fills 2048 × 1365."""
        assert size(640, 427) - size(453, 302) > 0.1
        assert size(4096, 2730) - size(2896, 1930) < 0.01


class TestWeights:
    def test_each_part_has_its_own(self) -> None:
        """The weights of the settings, by the names of the parts."""
        settings = PrioritisingSettings(weights={"size": 0.5, "partner": 0.3, "category": 0.2})
        weights = {name: part.weight for name, part in judged(settings=settings).score.parts.items()}
        assert weights == {"size": 0.5, "partner": 0.3, "category": 0.2}


class TestPartner:
    @given(rank=st.integers(-5, 10**9), later=st.integers(0, 10**9))
    def test_a_later_rank_is_never_better(self, rank: int, later: int) -> None:
        """The partner part follows the partner's own order."""
        assert 0 <= partner(rank + later) <= partner(rank) <= 1

    def test_is_the_partner_score_times_a_falling_curve(self) -> None:
        """Rank 1 gets the whole score of the partner, ten ranks below it half of it."""
        settings = PrioritisingSettings(partner_scores={"best": 1.0, "worst": 0.0}, default_partner_score=0.4)
        assert partner(1, "best", settings) == 1.0
        assert partner(11, "best", settings) == 0.5
        assert partner(1, "worst", settings) == 0.0
        assert partner(1, "unheard of", settings) == 0.4

    def test_an_image_without_a_rank_stands_in_the_middle(self) -> None:
        """It counts like an image ten ranks below the first."""
        assert partner(1) > partner(None) == partner(11) > partner(12)

    def test_ranks_below_1_count_as_the_first(self) -> None:
        """Some partners count from 0; that is a rank, and no better than 1."""
        assert partner(0) == partner(-3) == partner(1)


class TestCategory:
    @given(shown=some_labels, name=st.sampled_from(GOOD), score=st.floats(0, 1))
    def test_a_good_label_never_lowers_it(self, shown: tuple[Label, ...], name: str, score: float) -> None:
        """Whatever else is on the picture."""
        before = judged(labels=shown).score.parts["category"].value
        assert judged(labels=(*shown, Label(name, score))).score.parts["category"].value >= before

    @given(shown=some_labels, name=st.sampled_from(BAD), score=st.floats(0, 1))
    def test_a_bad_label_never_raises_it(self, shown: tuple[Label, ...], name: str, score: float) -> None:
        """Whatever else is on the picture."""
        before = judged(labels=shown).score.parts["category"].value
        assert judged(labels=(*shown, Label(name, score))).score.parts["category"].value <= before

    @given(shown=some_labels, word=st.text(min_size=1))
    def test_labels_that_the_table_does_not_know_change_nothing(self, shown: tuple[Label, ...], word: str) -> None:
        """Vision has ten thousand labels; the table has few of them."""
        unknown = Label(f"quokka {word}", 1.0)
        assert judged(labels=(*shown, unknown)).score == judged(labels=shown).score

    def test_ordinary_points_are_the_middle_and_half_points_go_half_the_way(self) -> None:
        """2 points: 0.5; 4 more: 0.75; 4 less: 0.25. The strongest label counts 4/3."""
        settings = PrioritisingSettings(labels={"general": {"Plus": 4.5, "Two": 1.5, "Minus": -3}})
        assert category(("Two", 1), settings=settings) == pytest.approx(0.5)
        assert category(("Plus", 1), settings=settings) == pytest.approx(0.75)
        assert category(("Two", 1), ("Minus", 1), settings=settings) == pytest.approx(0.25)
        assert category(("Two", 0.5), ("Plus", 1 / 6), settings=settings) < 0.5

    def test_each_further_label_of_a_sign_counts_a_fifth_less(self) -> None:
        """What is said last is weak, or was said before; good and bad labels are counted apart."""
        settings = PrioritisingSettings(labels={"general": {"A": 3, "B": 1.5, "C": 1.5, "Bad": -3}}, ordinary_points=0)
        (item,) = [judged(labels=tuple(Label(name, 1) for name in ("C", "B", "A", "Bad")), settings=settings)]
        assert [(shown.description, round(shown.points, 2)) for shown in item.counted] == [
            ("A", 4.0),
            ("Bad", -4.0),
            ("B", 1.6),
            ("C", 1.28),
        ]

    @pytest.mark.parametrize("other", ["four poster", "FOURPOSTER", "Four‑Poster", "four_poster"])
    def test_the_same_label_twice_counts_once_with_its_higher_score(self, other: str) -> None:
        """A hundred labels `Four-poster` count like one, in whatever spelling."""
        assert category(*[("Four-poster", 0.4)] * 100, (other, 0.9)) == category(("Four-poster", 0.9))
