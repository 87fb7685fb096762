"""The sentence and the drawings on the page of a pair, from plain values."""

from dataclasses import replace

import numpy as np
import pytest

from image_release.dedup import AlignedPair, Blocks, Difference, Evidence, Explanation, SameViewEvidence
from image_release.lab.grouping.report.pair_drawings import block_cells, heat
from image_release.lab.grouping.report.same_view_drawings import same_view_drawing
from image_release.lab.grouping.report.sentences import Reason, Verdict, agreeing_share, sentence
from image_release.settings import GroupingSettings

SETTINGS = GroupingSettings(clear_score=3.5, bridge_score=8, single_score=1.5, least_score=0.5)


def blocks(correlation, displacement, inside=None, textured=None, light=None):
    values = np.asarray(correlation, np.float32)
    everywhere = np.ones(values.shape, bool)
    return Blocks(
        area=(0.1, 0.2, 0.9, 1.0),
        inside=everywhere if inside is None else np.asarray(inside),
        textured=everywhere if textured is None else np.asarray(textured),
        correlation=values,
        displacement=np.asarray(displacement, np.float32),
        shift=np.stack([np.asarray(displacement, np.float32), np.zeros(values.shape, np.float32)]),
        light=np.zeros(values.shape, np.float32) if light is None else np.asarray(light, np.float32),
    )


def explanation(score=7.2, distance=0.08, mirrored=False, same_view=None, difference=Difference.CAMERA, seen=None):
    aligned = AlignedPair(
        transform=np.eye(3),
        blocks=blocks(np.full((2, 5), 0.9), np.full((2, 5), 0.05)) if seen is None else seen,
        statistics={},
        contributions={},
        intercept=0.0,
        evidence=Evidence("", "registration", distance, 0.9, score, mirrored),
        difference=difference,
    )
    evidence = None if same_view is None else SameViewEvidence(same_view, 0.9)
    return Explanation(False, 40, 44, mirrored, 3.0, evidence, aligned, np.zeros((36, 36), np.uint8))


class TestSentence:
    @pytest.mark.parametrize(
        ("how", "score", "end"),
        [
            (Reason.DIRECTLY, 7.2, "score 7.2, which is clear (from 3.5 on)."),
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

    def test_names_a_thing_that_lowered_the_score(self):
        """A part that looks like a thing is named where it took much from the score."""
        found = explanation(1.2)
        thing = replace(found, aligned=replace(found.aligned, contributions={"thing": -4.0}))
        assert "a part looks like a thing that moved, came or went" in sentence(thing, Verdict(Reason.APART), SETTINGS)
        little = replace(found, aligned=replace(found.aligned, contributions={"thing": -0.5}))
        assert "looks like a thing" not in sentence(little, Verdict(Reason.APART), SETTINGS)

    @pytest.mark.parametrize("difference", [Difference.LIGHT, Difference.CAMERA])
    def test_of_the_same_view_names_a_thing_beside_other_differences(self, difference):
        """It decided, though the light or the camera seems to explain more of the blocks."""
        found = explanation(-2.8, same_view=5.5, difference=difference)
        assert "looks like a thing" not in sentence(found, Verdict(Reason.APART), SETTINGS)
        thing = replace(found, aligned=replace(found.aligned, contributions={"thing": -8.2}))
        assert ", and a part looks like a thing that moved, came or went; score −2.8" in sentence(
            thing, Verdict(Reason.APART), SETTINGS
        )

    def test_of_the_same_view_names_things_once(self):
        found = explanation(-2.8, same_view=5.5, difference=Difference.THINGS)
        thing = replace(found, aligned=replace(found.aligned, contributions={"thing": -8.2}))
        said = sentence(thing, Verdict(Reason.APART), SETTINGS)
        assert said.count("moved, came or went") == 1

    def test_of_a_regular_pattern_says_why_a_high_score_is_not_enough(self):
        chessboards = replace(explanation(8.3), is_pattern=True)
        assert sentence(chessboards, Verdict(Reason.APART), SETTINGS).endswith(
            ", but they show a regular pattern and fit as well at another place."
        )

    def test_of_a_collage_says_why_a_high_score_is_not_enough(self):
        collage = replace(explanation(8.3), is_collage=True)
        assert sentence(collage, Verdict(Reason.APART), SETTINGS).endswith(
            ", but one of them shows the other one, or a part of it, beside other pictures."
        )

    @pytest.mark.parametrize(
        ("agreeing", "end"),
        [
            (7, "score 9.2, but only 7 matching points agree, so 10 was needed."),
            (8, "score 9.2, but the hotel's other images decided otherwise."),
        ],
    )
    def test_says_that_a_pair_with_few_matches_needs_more(self, agreeing, end):
        """Of two photographs in a large hotel some points agree by chance, so few of them need a higher score."""
        few = replace(explanation(9.2), agreeing=agreeing)
        assert sentence(few, Verdict(Reason.APART), SETTINGS).endswith(end)

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


class TestSameView:
    """Two photographs of one view: a sentence that says what differs, and marks that show where."""

    GRID = np.full((4, 6), 0.95)

    @staticmethod
    def _of(difference, seen):
        return explanation(-3.0, same_view=2.0, difference=difference, seen=seen)

    def test_of_a_camera_that_moved_has_arrows_where_blocks_are_displaced(self):
        """Blocks that stand still have none; the arrow points where the displacement points, and is longer."""
        displacement = np.full((4, 6), 0.05)
        displacement[1:3] = 0.5
        moved = self._of(Difference.CAMERA, blocks(self.GRID, displacement))
        assert sentence(moved, Verdict(Reason.APART), SETTINGS) == (
            "Not one photograph, but the same view: the camera moved; 50 % of the textured blocks are displaced "
            "by more than 0.2 px; score −3.0, needed 1.5."
        )
        drawing = same_view_drawing(moved.aligned)
        assert [arrow.title for arrow in drawing.arrows] == ["displaced by 0.50 px"] * 12
        assert all(arrow.to_x > arrow.x and arrow.to_y == arrow.y for arrow in drawing.arrows)
        assert drawing.tints == ()

    def test_of_a_camera_that_turned_names_what_the_two_share(self):
        """Hardly a block is displaced then."""
        turned = self._of(Difference.CAMERA, blocks(self.GRID, np.full((4, 6), 0.05)))
        assert "the camera turned; the two align, but only 90 % of one is in the other;" in sentence(
            turned, Verdict(Reason.APART), SETTINGS
        )
        assert same_view_drawing(turned.aligned).arrows == ()

    def test_of_other_light_has_a_tint_where_no_tone_curve_explains_the_brightness(self):
        """Brighter and darker blocks have different colours; the more, the stronger."""
        light = np.zeros((4, 6))
        light[0, 0], light[2, 3], light[2, 4] = 40, -20, 5
        lit = self._of(Difference.LIGHT, blocks(self.GRID, np.zeros((4, 6)), light=light))
        assert "the light changed in parts; 8 % of the blocks are brighter or darker" in sentence(
            lit, Verdict(Reason.APART), SETTINGS
        )
        tints = same_view_drawing(lit.aligned).tints
        assert [(tint.kind, tint.title) for tint in tints] == [
            ("brighter", "brighter by 40 grey levels"),
            ("darker", "darker by 20 grey levels"),
        ]
        assert tints[0].opacity > tints[1].opacity

    def test_of_moved_things_has_a_box_around_each_group_of_blocks_that_disagree(self):
        """Neighbours, corners included, are one thing; a single block counts only if there is no group."""
        correlation = self.GRID.copy()
        correlation[0, 0] = correlation[1, 1] = correlation[1, 0] = 0.0
        correlation[3, 5] = 0.1
        moved = self._of(Difference.THINGS, blocks(correlation, np.zeros((4, 6))))
        assert "things moved, came or went; 17 % of the textured blocks disagree, while 83 % agree" in sentence(
            moved, Verdict(Reason.APART), SETTINGS
        )
        (box,) = same_view_drawing(moved.aligned).tints
        assert (box.kind, box.title) == ("thing", "3 blocks disagree")
        assert (box.x, box.y) == (100, 200)
        assert box.width == pytest.approx(800 / 6 * 2, abs=0.1)
        correlation[:2, :2] = 0.95
        alone = self._of(Difference.THINGS, blocks(correlation, np.zeros((4, 6))))
        assert [tint.title for tint in same_view_drawing(alone.aligned).tints] == ["1 block disagrees"]

    def test_is_not_said_of_one_photograph_or_of_two_views(self):
        """A pair that was joined is one photograph; one with a low score of the same view is something else."""
        joined = explanation(7.2, same_view=5.0)
        assert "same view" not in sentence(joined, Verdict(Reason.DIRECTLY), SETTINGS)
        assert "same view" not in sentence(explanation(-4.0, same_view=-2.0), Verdict(Reason.APART), SETTINGS)
        assert "same view" not in sentence(explanation(-4.0), Verdict(Reason.APART), SETTINGS)


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
