"""Line charts: positions and ticks from plain values."""

import pytest

from image_release.lab.charts import Series, chart, round_step


class TestChart:
    def test_puts_the_ends_of_the_ranges_into_the_corners(self):
        """x grows to the right, y upwards."""
        found = chart("t", [Series("s", [(0, 0.5, "a"), (10, 1, "b")], 1)], (100, 50), (0, 10), (0.5, 1))
        assert found.lines[0].path == "0,50 100,0"
        assert [dot.marked for dot in found.lines[0].dots] == [False, True]

    def test_marks_round_numbers(self):
        """They are few, and zero is not shown as -0."""
        found = chart("t", [], (100, 50), (0, 24), (0, 1))
        assert [text for _, text in found.across] == ["0", "5", "10", "15", "20"]
        assert [text for _, text in found.up] == ["0", "0.5", "1"]

    def test_of_one_value_has_no_division_by_zero(self):
        """This is the case for a history of one run."""
        assert chart("t", [Series("s", [(0, 1, "")])], (100, 50), (0, 0), (1, 1)).lines[0].path == "0,50"


class TestRoundStep:
    @pytest.mark.parametrize(
        ("least", "step"), [(0.03, 0.05), (0.5, 0.5), (1, 1), (1.1, 2), (4.9, 5), (6, 10), (240, 500)]
    )
    def test_is_the_next_round_number(self, least, step):
        """1, 2 or 5 times a power of ten."""
        assert round_step(least) == pytest.approx(step)
