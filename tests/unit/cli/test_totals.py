"""What a run says that it did."""

import pytest

from image_release.cli.totals import tell_totals, totals_document
from image_release.one_machine.workers import HotelResult, Totals
from image_release.values import Nudge

WORK = dict.fromkeys(("downloads", "decodes", "tagged", "renditions_written", "store_reads", "store_writes"), 0)


@pytest.fixture
def totals():
    """The totals of two hotels that were tagged."""
    totals = Totals()
    for tagged_by in ({"local-m": 3}, {"local-m": 9, "google-1": 2}):
        totals.add(HotelResult(Nudge("h", "test"), "processed", {}, WORK, 0.0, tagged_by=tagged_by))
    return totals


def test_tells_how_many_images_each_tagger_answered_for(totals, capsys):
    tell_totals(totals)
    assert "tagged   2 by google-1, 12 by local-m\n" in capsys.readouterr().out
    assert totals_document(totals)["tagged_by"] == {"google-1": 2, "local-m": 12}


def test_says_nothing_of_taggers_where_nothing_was_tagged(capsys):
    tell_totals(Totals())
    assert "tagged   " not in capsys.readouterr().out
