"""What a hotel's page offers for each image, and what it says of decisions."""

from datetime import UTC, datetime

import pytest

from image_release.desk.deciding import decide, read_hotel, revoke
from image_release.desk.web.hotel.views import view_of
from image_release.outcomes import Outcome
from image_release.publish import Pending, PublishedSameView
from image_release.values import Override
from tests.unit.desk.hotels import manifest, picture, rejected, sha, stores

PUBLISHED = datetime(2026, 11, 2, tzinfo=UTC)
LATER = "2026-11-02T10:00:00+00:00"


@pytest.fixture
def made():
    return stores()


def view(made):
    return view_of(read_hotel(made, "h"))


def of(hotel, letters):
    return next(item for item in hotel.rejected if item.image.sha256 == sha(letters))


@pytest.mark.parametrize(
    ("letters", "can_show", "can_rescue", "can_join"),
    [("dddddd1", False, True, False), ("eeeeee1", True, False, True), ("ffffff1", False, False, False)],
)
def test_only_what_means_something_is_offered(made, letters, can_show, can_rescue, can_join):
    item = of(view(made), letters)
    assert (item.can_show, item.can_rescue, item.can_join) == (can_show, can_rescue, can_join)


def test_a_hidden_image_of_a_withdrawn_hotel_comes_back_with_the_hotel_alone(made):
    decide(made, "h", Override("withdraw", (), by="ann", at=LATER))
    assert not of(view(made), "eeeeee1").can_show
    assert view(made).withdrawn_by.by == "ann"


def test_an_image_that_was_never_fetched_has_no_picture_and_offers_nothing():
    lost = rejected("abcdef1", Outcome.UNAVAILABLE).model_copy(update={"sha256": None})
    [item] = view(stores(manifest(rejected=(lost,)))).rejected
    assert (item.small, item.can_show, item.can_rescue, item.can_join) == ("", False, False, False)


def test_another_shot_of_a_shown_view_can_be_shown():
    left_out = rejected("eeeeee1", Outcome.SAME_VIEW, "shows the same view as picture 1: the camera moved")
    [item] = view(stores(manifest(rejected=(left_out,)))).rejected
    assert (item.can_show, item.can_rescue, item.can_join) == (True, False, True)
    assert item.why == "another shot: it shows the same view as picture 1: the camera moved"


def test_pictures_of_one_view_and_parts_of_one_picture_name_each_other():
    same = PublishedSameView(picture=sha("bbbbbb1"), difference="things", score=1.0, overlap=0.5)
    first = picture(1, "aaaaaa1", same_view=(same,), once_with=(sha("bbbbbb1"),))
    [item, other] = view(stores(manifest(pictures=(first, picture(2, "bbbbbb1"))))).pictures
    assert [(shown.position, shown.why) for shown in item.views] == [(2, "things moved")]
    assert [part.position for part in item.once_with] == [2]
    assert (other.views, other.once_with) == ((), ())


def test_what_is_hidden_by_a_decision_about_another_part_can_be_kept_hidden():
    """A person can end it on the page: by hiding the part itself, or by showing it."""
    parted = [
        rejected(name, Outcome.HIDDEN).model_copy(update={"picture": sha("eeeeee1"), "once_with": (sha("eeeeee9"),)})
        for name in ("eeeeee1", "eeeeee2")
    ]
    made = stores(manifest(rejected=(*parted, rejected("eeeeee9", Outcome.HIDDEN))))
    decide(made, "h", Override("hide", (sha("eeeeee9"),), by="ann", at=LATER))
    assert [(item.can_hide, item.can_show) for item in view(made).rejected] == [(True, True)] * 2 + [(False, True)]
    decide(made, "h", Override("hide", (sha("eeeeee1"),), by="ann", at=LATER))
    assert [(item.can_hide, item.can_show) for item in view(made).rejected] == [(False, True)] * 3


def test_what_is_hidden_in_a_withdrawn_hotel_cannot_be_kept_hidden():
    parted = rejected("eeeeee1", Outcome.HIDDEN).model_copy(update={"once_with": (sha("eeeeee9"),)})
    made = stores(manifest(rejected=(parted,)))
    assert [item.can_hide for item in view(made).rejected] == [True]
    decide(made, "h", Override("withdraw", (), by="ann", at=LATER))
    assert not any(item.can_hide for item in view(made).rejected)


def test_a_copy_of_the_same_bytes_is_no_choice():
    twice = manifest(pictures=(picture(1, "aaaaaa1", "aaaaaa1", "aaaaaa2"),))
    [item] = view(stores(twice)).pictures
    assert [(copy.is_best, copy.is_twin) for copy in item.copies] == [(True, False), (False, True), (False, False)]


def test_a_decision_waits_until_the_hotel_is_published_after_it(made):
    decide(made, "h", Override("hide", (sha("bbbbbb1"),), by="ann", at=LATER))
    decide(made, "h", Override("pin", (sha("cccccc1"),), 1, by="bob", at="2026-11-01T10:00:00+00:00"))
    decide(made, "h", Override("pin", (sha("aaaaaa1"),), 3, by="cy", at="yesterday"))
    assert [item.by for item in view(made).waiting] == ["ann"]


def test_the_history_says_what_is_undone_and_what_undoes_it(made):
    done = decide(made, "h", Override("hide", (sha("bbbbbb1"),), by="ann", at=LATER))
    revoke(made, "h", done.digests[0], by="bob", at=LATER)
    undoing, hiding = view(made).history
    assert (undoing.is_undoing, undoing.is_undone) == (True, False)
    assert (hiding.is_undoing, hiding.is_undone) == (False, True)
    assert "undone by bob (2026-11-0" in hiding.effect


def test_the_history_names_the_picture_that_a_decision_is_about(made):
    decide(made, "h", Override("hide", (sha("bbbbbb1"),), by="ann", at=LATER))
    [hiding] = view(made).history
    assert (hiding.said, hiding.at) == ("hid the bedroom from p", "2026-11-02 10:00 UTC")
    assert [image.name for image in hiding.about] == ["the bedroom from p"]


@pytest.mark.parametrize("at", ["9999-12-31T23:59:59-10:00", "0001-01-01T00:00:00+10:00"])
def test_a_time_at_the_end_of_all_time_is_still_a_line(made, at):
    decide(made, "h", Override("hide", (sha("bbbbbb1"),), by="ann", at=at))
    assert view(made).history[0].by == "ann"


def test_what_is_still_to_be_done_is_said_in_words():
    pending = (Pending(kind="tag", not_before=PUBLISHED, reason="the quota is used up"),)
    [words] = view(stores(manifest(pending=pending))).pending
    assert words == "What the pictures show is asked for again after 2026-11-02 00:00 UTC (the quota is used up)."
