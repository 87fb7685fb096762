"""The bill of the suite on AWS: what docs/operations.md says of it, and what the tagger changes in it."""

from dataclasses import replace

import pytest

from benchmarks.capacity import TAGGERS, Assumptions, Work, cost, deployed, scenarios, wall_s
from tests.conftest import ROOT

GIVEN = Assumptions()
FULL_LOAD = scenarios(GIVEN)["the first full load"]


def dollars(work, tagger):
    return sum(value for name, value in cost(work, GIVEN, tagger).items() if name.endswith("_dollars"))


def test_the_operations_page_has_the_figures_that_the_program_computes():
    """The last two columns of the table are dollars in all, with the model and with Google."""
    page = (ROOT / "docs" / "operations.md").read_text("utf-8")
    table = page[page.index("| what happens |") :].partition("\n\n")[0].splitlines()[2:]
    told = [[cell.strip() for cell in row.strip("|").split("|")][-2:] for row in table]
    works = scenarios(GIVEN).values()
    assert told == [[f"{dollars(work, tagger):,.0f}" for tagger in ("local", "google")] for work in works]


def test_google_is_nearly_the_whole_bill_of_a_full_load_and_the_model_hardly_a_part():
    google = cost(FULL_LOAD, GIVEN, "google")
    assert google["vision_dollars"] / dollars(FULL_LOAD, "google") == pytest.approx(0.93, abs=0.01)
    untagged = replace(FULL_LOAD, tagged=0)
    assert dollars(untagged, "google") < dollars(FULL_LOAD, "local") < 1.01 * dollars(untagged, "google")


@pytest.mark.parametrize("tagger", TAGGERS)
def test_the_quota_is_used_by_google_only(tagger):
    days = cost(FULL_LOAD, GIVEN, tagger)["days_by_googles_quota"]
    assert (days > 0) == (tagger == "google")


def test_the_queues_have_the_concurrency_of_production():
    """What a catalogue changes has fewer invocations than what a release changes."""
    assert (GIVEN.bulk_concurrency, GIVEN.urgent_concurrency) == (deployed("bulkConcurrency"), 100)
    bulk = wall_s(30_000, Work(1_000, regrouped=1), GIVEN)
    urgent = wall_s(30_000, Work(1_000, regrouped=1, is_urgent=True), GIVEN)
    assert bulk == pytest.approx(30_000 / 300 + 59 / 2)
    assert urgent == pytest.approx(30_000 / 100 + 19 / 2)
