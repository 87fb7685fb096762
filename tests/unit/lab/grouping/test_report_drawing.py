"""What the report draws and says, from plain values."""

from dataclasses import replace

import numpy as np
import pytest

from image_release.dedup import AlignedPair, Blocks, Evidence, Explanation
from image_release.lab.grouping.report.drawing import Series, block_cells, chart, heat
from image_release.lab.grouping.report.sentences import How, Verdict, agreeing_share, sentence
from image_release.settings import GroupingSettings

SETTINGS = GroupingSettings(clear_score=3.5, bridge_score=8, single_score=1.5, least_score=0.5)


def blocks(correlation, displacement, inside=None, textured=None):
    values = np.asarray(correlation, np.float32)
    everywhere = np.ones(values.shape, bool)
    return Blocks(
        area=(0.1, 0.2, 0.9, 1.0),
        inside=everywhere if inside is None else np.asarray(inside),
        textured=everywhere if textured is None else np.asarray(textured),
        correlation=values,
        displacement=np.asarray(displacement, np.float32),
    )


def explanation(score=7.2, distance=0.08, mirrored=False):
    aligned = AlignedPair(
        transform=np.eye(3),
        blocks=blocks(np.full((2, 5), 0.9), np.full((2, 5), 0.05)),
        statistics={},
        contributions={},
        intercept=0.0,
        evidence=Evidence("", "registration", distance, 0.9, score, mirrored),
    )
    return Explanation(False, 40, 44, mirrored, 3.0, aligned, np.zeros((36, 36), np.uint8))


class TestSentence:
    @pytest.mark.parametrize(
        ("how", "score", "end"),
        [
            (How.DIRECTLY, 7.2, "score 7.2, needed 3.5."),
            (How.DIRECTLY, 2.0, "score 2.0, enough for two single images or where other pairs agree (1.5)."),
            (
                How.DIRECTLY,
                0.6,
                "score 0.6, less than the 1.5 of two single images, but other pairs of the two groups agree.",
            ),
            (How.APART, -4.1, "score −4.1, needed 1.5."),
            (How.APART, 2.0, "score 2.0, not clear (3.5), and other pairs of the two groups do not support it."),
            (
                How.APART,
                5.0,
                "score 5.0, but no other pair of the two groups supports it, as in a collage, which needs 8.",
            ),
            (How.BY_OTHERS, -1.0, "on their own these two score −1.0."),
        ],
    )
    def test_names_the_score_and_what_was_needed(self, how, score, end):
        """Each way to be joined or kept apart has its own end of the sentence."""
        assert sentence(explanation(score), Verdict(how), SETTINGS).endswith(end)

    def test_tells_a_second_shot(self):
        """A typical displacement that no copy has is called what it is."""
        assert "moved by 0.52 px, as in a second shot" in sentence(explanation(-3, 0.52), Verdict(How.APART), SETTINGS)
        assert "second shot" not in sentence(explanation(7, 0.08), Verdict(How.DIRECTLY), SETTINGS)

    def test_tells_what_the_first_look_gave_up(self):
        """What was measured afterwards, for the page only, did not decide."""
        given_up = replace(explanation(0.4), coarse_score=-2.0)
        assert "given up at the first look" in sentence(given_up, Verdict(How.APART), SETTINGS)
        assert "given up at the first look" in sentence(given_up, Verdict(How.BY_OTHERS), SETTINGS)
        assert "score" not in sentence(given_up, Verdict(How.APART), SETTINGS)

    def test_of_pictures_with_nothing_in_common_is_short(self):
        """No score, where nothing could be measured."""
        nothing = replace(explanation(), aligned=None, agreeing=0)
        assert sentence(nothing, Verdict(How.APART), SETTINGS) == (
            "Kept apart: too few points of the two agree on how one could lie on the other."
        )
        some = replace(explanation(), aligned=None, agreeing=8)
        assert "8 points agree" in sentence(some, Verdict(How.APART), SETTINGS)


class TestBlocks:
    def test_are_coloured_by_what_they_say(self):
        """One of each kind, where it lies in the picture."""
        found = block_cells(
            blocks(
                [[0.9, 0.9, 0.5], [0.1, 0.9, 0.9]],
                [[0.05, 0.4, 0.1], [0.1, 0.1, 0.1]],
                inside=[[True, True, True], [True, True, False]],
                textured=[[True, True, True], [True, True, False]],
            )
        )
        assert [cell.kind for cell in found] == ["agrees", "moved", "doubtful", "disagrees", "agrees", "outside"]
        assert (found[0].x, found[0].y) == (100, 200)
        assert found[-1].x + found[-1].width == pytest.approx(900, abs=0.2)
        assert found[-1].y + found[-1].height == pytest.approx(1000, abs=0.2)

    def test_that_are_plain_do_not_count(self):
        """Unless there is hardly any other."""
        textured = [[True] * 5 + [False]]
        some = blocks([[0.9, 0.9, 0.9, 0.9, 0.1, 0.1]], [[0] * 6], textured=textured)
        assert agreeing_share(some) == pytest.approx(0.8)
        few = blocks([[0.9, 0.9, 0.9, 0.1, 0.1, 0.1]], [[0] * 6], textured=[[True] + [False] * 5])
        assert agreeing_share(few) == pytest.approx(0.5)


class TestHeat:
    def test_has_every_pair_of_crops_in_one_class_and_names_the_nearest(self):
        """1,296 cells; the framed one is the smallest, and said in words."""
        distances = np.full((36, 36), 30, np.uint8)
        distances[7, 0] = 3
        found = heat(distances)
        assert [path.count("M") for path in found.paths] == [1, 0, 0, 0, 0, 0, 0, 1295]
        assert (found.row, found.column, found.nearest) == (7, 0, 3)
        assert found.nearest_text == (
            "the crop without 10 % of the width and 10 % of the height of the left picture "
            "and the whole of the right one differ by 3 of 64 bits"
        )


class TestChart:
    def test_puts_the_ends_of_the_ranges_into_the_corners(self):
        """x grows to the right, y upwards."""
        found = chart("t", [Series("s", [(0, 0.5, "a"), (10, 1, "b")], 1)], (100, 50), (0, 10), (0.5, 1))
        assert found.lines[0].path == "0,50 100,0"
        assert [dot.marked for dot in found.lines[0].dots] == [False, True]

    def test_marks_round_numbers(self):
        """Few of them, none below zero where zero is meant."""
        found = chart("t", [], (100, 50), (0, 24), (0, 1))
        assert [text for _, text in found.across] == ["0", "5", "10", "15", "20"]
        assert [text for _, text in found.up] == ["0", "0.5", "1"]

    def test_of_one_value_has_no_division_by_zero(self):
        """A history of one run."""
        assert chart("t", [Series("s", [(0, 1, "")])], (100, 50), (0, 0), (1, 1)).lines[0].path == "0,50"
