"""The pages of the reports: every text of a partner is text, every chart says in words what it shows."""

from html.parser import HTMLParser

import pytest

from image_release.desk.reports import (
    hotel_page,
    hotel_report,
    hotels_html,
    partner_page,
    partner_report,
    partners_html,
)
from image_release.desk.reports.bars import stacked
from image_release.outcomes import Outcome
from tests.unit.desk.made_manifests import manifest, picture, rejected

HOSTILE = "\"><script>alert(1)</script><img src=x onerror='alert(2)'>{{ 7*7 }}"


@pytest.fixture
def pages(world_of):
    """Both pages of a workspace in which every name is hostile."""
    shown = picture("a", HOSTILE, copies=[("atlas", 5.0, None)])
    world = world_of(manifest("h", [shown], refused=[rejected(Outcome.GONE)], name=HOSTILE), manifest(HOSTILE))
    world.catch_up()
    report = hotel_report(world.index)
    return [
        partners_html(partner_page(partner_report(world.index))),
        hotels_html(hotel_page(world.index, report)),
    ]


class Tags(HTMLParser):
    def __init__(self, page):
        super().__init__()
        self.found = []
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        self.found.append((tag, dict(attrs)))


def test_pages_run_and_load_nothing(pages):
    """No script, no image, no handler, no link; the text is there."""
    for page in pages:
        tags = Tags(page).found
        assert {tag for tag, _ in tags}.isdisjoint({"script", "img", "iframe", "a", "link"})
        assert [name for _, attributes in tags for name in attributes if name.startswith("on") or name == "style"] == []
        assert "{{ 7*7 }}" in page


def test_pages_have_one_heading_and_charts_in_words(pages):
    """Who does not see the bars hears their numbers."""
    for page in pages:
        tags = Tags(page).found
        assert [tag for tag, _ in tags].count("h1") == 1
        charts = [attributes["aria-label"] for tag, attributes in tags if attributes.get("role") == "img"]
        assert charts
        assert all(": " in chart for chart in charts)


def test_pages_of_an_empty_workspace_say_so(world_of):
    """No partner, no hotel: sentences, not empty tables."""
    world = world_of()
    world.catch_up()
    assert "No partner has sent an image yet." in partners_html(partner_page(partner_report(world.index)))
    page = hotels_html(hotel_page(world.index, hotel_report(world.index)))
    assert "Every hotel has enough good pictures." in page


class TestBars:
    def test_fill_the_length_of_the_longest(self):
        """The parts of a bar follow each other; one of 0 is not drawn."""
        bars = stacked("t", ("x", "y", "z"), [("a", (1, 0, 3), "4"), ("b", (2, 0, 0), "2")]).bars
        assert [[(part.number, part.start, part.length) for part in bar.parts] for bar in bars] == [
            [(0, 0.0, 25.0), (2, 25.0, 75.0)],
            [(0, 0.0, 50.0)],
        ]

    def test_have_no_length_where_all_is_zero(self):
        """Nothing is divided by nothing."""
        assert stacked("t", ("x",), [("a", (0,), "0")]).bars[0].parts == ()

    def test_leave_out_the_last_and_say_so(self):
        """A page has no room for a thousand partners."""
        chart = stacked("t", ("x",), [(str(number), (1,), "1") for number in range(30)], most=20)
        assert (len(chart.bars), chart.left_out) == (20, 10)
