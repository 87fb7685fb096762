"""What is told of a hostile value is safe for a terminal and a log, and small."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from image_release.problems import Problem, ProblemList, printable


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("plain", "plain"),
        ("Köln 東京", "Köln 東京"),
        ("\x1b[2J", "\\x1b[2J"),
        ("a\x9b31m", "a\\x9b31m"),
        ("\x1b]0;title\x07", "\\x1b]0;title\\x07"),
        ("rtl\u202egnp", "rtl\\u202egnp"),
        ("\u2066x\u2069", "\\u2066x\\u2069"),
        ("no\u00a0break", "no\\xa0break"),
        ("é\u200b", "é\\u200b"),
        ("bad\udcff", "bad\\udcff"),
        ("line\nline\u2028", "line\\nline\\u2028"),
    ],
)
def test_what_cannot_be_seen_is_escaped_and_the_rest_stays(value, shown):
    assert printable(value) == shown


@given(st.text(), st.text(), st.text())
def test_every_problem_is_one_line_that_moves_no_cursor(file, value, rule):
    assert str(Problem(file, 1, value, rule)).isprintable()


def test_a_long_value_is_cut():
    assert printable("x" * 200) == "x" * 119 + "…"


def test_a_list_keeps_the_first_problems_and_counts_the_others():
    """A file of a hundred million bad lines does not fill the memory."""
    problems = ProblemList("f.csv")
    for line in range(1_003):
        problems.add(Problem("f.csv", line, "x" * 1_000_000, "rule"))
    *kept, last = problems.all()
    assert (len(kept), {len(problem.value) for problem in kept}) == (1_000, {300})
    assert str(last) == "f.csv:0: '': 3 more lines are bad"
