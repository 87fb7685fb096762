"""The sentence and the drawings on the page of a pair, from plain values."""

from dataclasses import replace

import numpy as np
import pytest

from image_release.dedup import AlignedPair, Blocks, Evidence, Explanation
from image_release.lab.grouping.report.pair_drawings import block_cells, heat
from image_release.lab.grouping.report.sentences import Reason, Verdict, agreeing_share, sentence
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
            (Reason.DIRECTLY, 7.2, "score 7.2, needed 3.5."),
            (
                Reason.DIRECTLY,
                2.0,
                "score 2.0, at least 1.5, which is enough for two single images or if other pairs agree.",
            ),
            (
                Reason.DIRECTLY,
                0.6,
                "score 0.6, less than the 1.5 that two single images need, but other pairs of the two groups agree.",
            ),
            (Reason.APART, -4.1, "score −4.1, needed 1.5."),
            (
                Reason.APART,
                2.0,
                "score 2.0, less than the clear score (3.5), and other pairs of the two groups do not support it.",
            ),
            (
                Reason.APART,
                5.0,
                "score 5.0, but no other pair of the two groups supports it (it might be a collage), so 8 was needed.",
            ),
            (Reason.BY_OTHERS, -1.0, "on their own these two score −1.0."),
        ],
    )
    def test_names_the_score_and_what_was_needed(self, how, score, end):
        """Each way to be joined or kept apart has its own end of the sentence."""
        assert sentence(explanation(score), Verdict(how), SETTINGS).endswith(end)

    def test_recognises_two_shots(self):
        """The sentence says so if the typical displacement is larger than that of any copy."""
        assert "moved by 0.52 px, as between two shots" in sentence(
            explanation(-3, 0.52), Verdict(Reason.APART), SETTINGS
        )
        assert "two shots" not in sentence(explanation(7, 0.08), Verdict(Reason.DIRECTLY), SETTINGS)

    def test_says_that_a_pair_was_rejected_after_coarse_alignment(self):
        """The score is measured later, for the page only, and did not decide."""
        given_up = replace(explanation(0.4), coarse_score=-2.0)
        assert "rejected after coarse alignment" in sentence(given_up, Verdict(Reason.APART), SETTINGS)
        assert "rejected after coarse alignment" in sentence(given_up, Verdict(Reason.BY_OTHERS), SETTINGS)
        assert "score" not in sentence(given_up, Verdict(Reason.APART), SETTINGS)

    def test_of_pictures_with_nothing_in_common_is_short(self):
        """There is no score if nothing could be measured."""
        nothing = replace(explanation(), aligned=None, agreeing=0)
        assert sentence(nothing, Verdict(Reason.APART), SETTINGS) == (
            "Kept apart: too few matching points agree on an alignment."
        )
        some = replace(explanation(), aligned=None, agreeing=8)
        assert "8 matching points agree" in sentence(some, Verdict(Reason.APART), SETTINGS)


class TestBlocks:
    def test_are_coloured_by_what_they_say(self):
        """There is one block of each kind, at its place in the image."""
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
        """Blocks without texture count only if hardly any block is textured."""
        textured = [[True] * 5 + [False]]
        some = blocks([[0.9, 0.9, 0.9, 0.9, 0.1, 0.1]], [[0] * 6], textured=textured)
        assert agreeing_share(some) == pytest.approx(0.8)
        few = blocks([[0.9, 0.9, 0.9, 0.1, 0.1, 0.1]], [[0] * 6], textured=[[True] + [False] * 5])
        assert agreeing_share(few) == pytest.approx(0.5)


class TestHeat:
    def test_has_every_pair_of_crops_in_one_class_and_names_the_nearest(self):
        """There are 1,296 cells; the smallest one is framed and described in words."""
        distances = np.full((36, 36), 30, np.uint8)
        distances[7, 0] = 3
        found = heat(distances)
        assert [path.count("M") for path in found.paths] == [1, 0, 0, 0, 0, 0, 0, 1295]
        assert (found.row, found.column, found.nearest) == (7, 0, 3)
        assert found.nearest_text == (
            "the crop without 10 % of the width and 10 % of the height of the left image "
            "and the whole of the right one differ by 3 of 64 bits"
        )
