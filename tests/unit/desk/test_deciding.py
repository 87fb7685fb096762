"""Decisions: each that makes sense is recorded once, and each that does not is refused in a sentence."""

import contextlib
from concurrent.futures import ThreadPoolExecutor

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from image_release.desk.deciding import (
    AlreadyDecidedError,
    DecisionRefusedError,
    HotelUnreadableError,
    OutdatedPageError,
    decide,
    decide_all,
    image_named,
    read_hotel,
    revoke,
    revoke_all,
)
from image_release.ingest import append_override, read_decisions, read_overrides
from image_release.outcomes import Outcome
from image_release.storage import ConditionFailedError, FolderStore, MemoryStore, Stores
from image_release.store_keys import manifest_key, overrides_key
from image_release.values import Label, Override
from tests.unit.desk.hotels import manifest, picture, rejected, sha, stores

A, A2, B, C = sha("aaaaaa1"), sha("aaaaaa2"), sha("bbbbbb1"), sha("cccccc1")
SMALL, HIDDEN, BROKEN, GONE = sha("dddddd1"), sha("eeeeee1"), sha("ffffff1"), sha("999999")
WHO = {"by": "ann", "at": "2026-11-02T10:00:00+00:00"}


def made(action: str, *images: str, **fields: object) -> Override:
    return Override(action, images, **{**WHO, **fields})


def actions(where: Stores) -> list[str]:
    return [override.action for override in read_overrides(where.inbox, "h")[0]]


def refused(where: Stores, override: Override, kind: type[Exception] = DecisionRefusedError) -> str:
    """The sentence with which a decision is refused. Nothing is recorded."""
    before = where.inbox.get(overrides_key("h"))
    with pytest.raises(kind) as error:
        decide(where, "h", override)
    assert where.inbox.get(overrides_key("h")) == before
    return str(error.value)


@pytest.mark.parametrize(
    "override",
    [
        made("pin", A2, position=2),
        made("hide", B),
        made("show", HIDDEN),
        made("same", A, B),
        made("different", A, A2),
        made("label", C, labels=(Label("Swimming pool", 1.0),)),
        made("best", A2),
        made("rescue", SMALL, why="the only view of the sea"),
        made("withdraw"),
    ],
    ids=lambda override: override.action,
)
def test_each_action_is_recorded_as_it_was_made(override):
    where = stores()
    done = decide(where, "h", override)
    assert read_overrides(where.inbox, "h") == ((override,), ())
    assert done.digests == tuple(item.digest for item in read_decisions(where.inbox, "h")[0])
    assert done.version == read_hotel(where, "h").version


@pytest.mark.parametrize(
    ("override", "says"),
    [
        (made("hide"), "hide needs an image"),
        (made("burn", A), "burn: is no action; the actions are pin, hide"),
        (made("withdraw", A), "withdraw is about the hotel; it names no image"),
        (made("same", A, A), "same needs at least two images"),
        (made("best", A, A2), "best names one image"),
        (made("label", A), "label needs --label TEXT"),
        (made("label", A, labels=(Label(" ", 1.0),)), "a label is empty"),
        (made("label", A, labels=(Label("x" * 201, 1.0),)), "the label has 201 characters"),
        (made("hide", A, labels=(Label("Pool", 1.0),)), "labels belong to the action label, not to hide"),
        (made("hide", A, position=1), "a position belongs to the action pin, not to hide"),
        (made("pin", A, position=0), "positions count from 1"),
        (made("hide", A, why="x" * 1001), "the reason has 1001 characters"),
        (made("hide", A, why="\udcff"), "the reason '\\udcff' must be text"),
        (made("hide", A, by="a\nb"), "the person's name 'a\\nb' must be text"),
        (made("hide", GONE), "99999900 cannot be decided about: the hotel has no such image: it left, or never was"),
        (made("show", B), "bbbbbb10 is not hidden"),
        (made("rescue", B), "bbbbbb10 is not rejected"),
        (made("rescue", BROKEN), "ffffff10 is not_an_image (HTML), so rescue would have no effect"),
        (made("pin", BROKEN), "ffffff10 was rejected: not_an_image (HTML), so pin would have no effect"),
        (
            made("hide", SMALL),
            "dddddd10 was rejected: too_small (300 × 200 pixels), so hide would have no effect; rescue",
        ),
        (made("best", B), "bbbbbb10 is the only copy of its picture"),
    ],
)
def test_what_makes_no_sense_is_refused(override, says):
    assert says in refused(stores(), override)


def test_an_image_that_left_is_told_apart_from_one_that_never_was_there():
    where = stores()
    decide(where, "h", made("hide", B))
    where.published.put(manifest_key("h"), manifest(pictures=(picture(1, "aaaaaa1"),), seq=2).to_bytes())
    assert "that image left the hotel, and ann hid the picture of bbbbbb10" in refused(where, made("pin", B))


def test_a_place_beyond_the_end_is_told_to_be_the_last_one():
    [note] = decide(stores(), "h", made("pin", A, position=99)).notes
    assert note == "the hotel shows 3 pictures, so it comes last: 3rd"


def test_a_place_that_is_not_shown_is_refused():
    """Of more pictures than the limit, those behind it are not shown, whoever pinned them there."""
    where = stores(manifest(rejected=(rejected("eeeeee1", Outcome.OVER_LIMIT),)))
    assert "the hotel shows its best 3 pictures" in refused(where, made("pin", A, position=4))


def test_another_shot_of_a_shown_view_may_be_shown_and_joined():
    """By setting only the best picture of a view is shown. A person who wants the other one says so."""
    where = stores(manifest(rejected=(rejected("eeeeee1", Outcome.SAME_VIEW),)))
    left_out = sha("eeeeee1")
    assert decide(where, "h", made("show", left_out)).notes == ()
    assert decide(where, "h", made("same", left_out, A)).notes == ()


class TestTwoPinsOnOnePlace:
    def test_are_recorded_and_told(self):
        where = stores()
        decide(where, "h", made("pin", A, position=1))
        [note] = decide(where, "h", made("pin", B, position=1)).notes
        assert "the 1st place is given twice: ann moved the picture of aaaaaa10 to the 1st place" in note

    def test_of_one_picture_are_no_conflict(self):
        where = stores()
        decide(where, "h", made("pin", A, position=1))
        assert decide(where, "h", made("pin", A2, position=1)).notes == ()

    def test_do_not_conflict_when_one_was_moved_since(self):
        where = stores()
        decide(where, "h", made("pin", A, position=1))
        decide(where, "h", made("pin", A2, position=3))
        assert decide(where, "h", made("pin", B, position=1)).notes == ()


def test_the_same_photograph_after_not_the_same_is_the_later_word():
    where = stores()
    decide(where, "h", made("different", A, B, C))
    [note] = decide(where, "h", made("same", B, A)).notes
    assert "against this one: ann said that" in note


class TestADecisionThatIsInForceAlready:
    @pytest.mark.parametrize("override", [made("hide", B), made("withdraw"), made("same", A, B), made("pin", A)])
    def test_is_refused(self, override):
        where = stores()
        decide(where, "h", override)
        again = Override(override.action, override.images[::-1], by="bob", at="later")
        assert "that is decided already: ann" in refused(where, again, AlreadyDecidedError)

    def test_is_made_again_after_it_was_undone(self):
        where = stores()
        done = decide(where, "h", made("hide", B))
        revoke(where, "h", done.digests[0], **WHO)
        decide(where, "h", made("hide", B))
        assert actions(where) == ["hide"]

    def test_is_made_again_after_the_contrary_was_said(self):
        where = stores()
        for action in ("hide", "show", "hide"):
            decide(where, "h", made(action, B))
        assert actions(where) == ["hide", "show", "hide"]

    def test_is_made_again_after_a_copy_of_the_photograph_was_decided_about(self):
        where = stores()
        for override in (made("pin", A, position=1), made("pin", A2, position=2), made("pin", A, position=1)):
            decide(where, "h", override)
        assert len(actions(where)) == 3

    def test_stays_in_force_when_another_picture_was_moved(self):
        where = stores()
        decide(where, "h", made("pin", A, position=1))
        decide(where, "h", made("pin", B, position=2))
        refused(where, made("pin", A, position=1), AlreadyDecidedError)


class TestUndoing:
    def test_twice_is_refused_and_says_who_did_it(self):
        where = stores()
        [digest] = decide(where, "h", made("hide", B)).digests
        revoke(where, "h", digest[:12], **WHO)
        with pytest.raises(DecisionRefusedError, match="is revoked already: ann undid: hid the picture of bbbbbb10"):
            revoke(where, "h", digest, **WHO)

    def test_an_undoing_brings_the_decision_back(self):
        where = stores()
        [digest] = decide(where, "h", made("hide", B)).digests
        [undoing] = revoke(where, "h", digest, **WHO).digests
        assert actions(where) == []
        assert revoke(where, "h", undoing, **WHO).notes == ("this is in force again: hid the picture of bbbbbb10",)
        assert actions(where) == ["hide"]

    def test_everything_leaves_no_decision_in_force(self):
        where = stores()
        for override in (made("hide", B), made("pin", A), made("withdraw")):
            decide(where, "h", override)
        assert len(revoke_all(where, "h", **WHO).digests) == 3
        assert actions(where) == []
        with pytest.raises(DecisionRefusedError, match="no decision is in force"):
            revoke_all(where, "h", **WHO)

    @pytest.mark.parametrize("digest", ["", "abc", "0" * 12, "zz/../zz"])
    def test_what_is_not_there_is_refused(self, digest):
        where = stores()
        decide(where, "h", made("hide", B))
        with pytest.raises(DecisionRefusedError, match="must be the first 6 or more digits"):
            revoke(where, "h", digest, **WHO)


class TestAHotel:
    @pytest.mark.parametrize("hotel_id", ["", "nobody", "../h", "h\0", "x" * 300, "\udcff", "h\n"])
    def test_that_is_not_published_is_refused(self, hotel_id):
        with pytest.raises(DecisionRefusedError, match=r"no hotel|is no hotel"):
            decide(stores(), hotel_id, made("withdraw"))

    def test_that_cannot_be_read_is_refused(self):
        where = stores()
        where.published.put(manifest_key("h"), b"{")
        with pytest.raises(HotelUnreadableError, match="cannot be read"):
            decide(where, "h", made("withdraw"))

    def test_that_left_the_release_has_nothing_to_decide(self):
        where = stores(manifest(withdrawn=True, pictures=(), rejected=()))
        assert "is not in the release in force" in refused(where, made("hide", A))
        assert "is not in the release in force" in refused(where, made("withdraw"))

    def test_that_a_person_withdrew_keeps_further_decisions_for_later(self):
        where = stores()
        decide(where, "h", made("withdraw"))
        [note] = decide(where, "h", made("hide", B)).notes
        assert "the hotel shows no pictures, because ann took all pictures of the hotel off" in note


class TestAnImageIsNamed:
    @pytest.mark.parametrize("word", [B, B.upper(), "bbbbbb", "https://p.example/bbbbbb1.jpg"])
    def test_by_its_digest_or_url(self, word):
        assert image_named(read_hotel(stores(), "h"), word) == B

    @pytest.mark.parametrize(
        ("word", "says"),
        [
            ("aaaaaa", "fits 2 images of the hotel: aaaaaa1"),
            ("aaa", "is too short"),
            ("", "is too short"),
            ("123456", "the hotel has no such image"),
            ("https://p.example/nowhere.jpg", "the hotel has no such image"),
            ("\x1b[2J123456", "\\x1b[2J123456: the hotel has no such image"),
        ],
    )
    def test_by_nothing_else(self, word, says):
        with pytest.raises(DecisionRefusedError) as error:
            image_named(read_hotel(stores(), "h"), word)
        assert says in str(error.value)


class TestAnOldPage:
    def test_is_refused_and_told_what_was_decided_meanwhile(self):
        where = stores()
        seen = read_hotel(where, "h").version
        decide(where, "h", made("hide", B), seen=seen)
        with pytest.raises(OutdatedPageError, match=r"Meanwhile: ann hid the picture of bbbbbb10 \(2026-11-02"):
            decide(where, "h", made("pin", A), seen=seen)
        assert actions(where) == ["hide"]

    def test_is_refused_after_the_hotel_was_published_again(self):
        where = stores()
        seen = read_hotel(where, "h").version
        where.published.put(manifest_key("h"), manifest(seq=2).to_bytes())
        with pytest.raises(OutdatedPageError, match="it was published again"):
            revoke_all(where, "h", **WHO, seen=seen)

    def test_is_refused_after_somebody_edited_the_file(self):
        where = stores()
        decide(where, "h", made("hide", B))
        seen = read_hotel(where, "h").version
        where.inbox.put(overrides_key("h"), b"")
        with pytest.raises(OutdatedPageError, match="its decisions were edited"):
            decide(where, "h", made("pin", A), seen=seen)

    @pytest.mark.parametrize("seen", ["", "1", "1-0-0", "9" * 40 + "-0-" + "0" * 16, "١-0-" + "0" * 16, "<script>"])
    def test_that_is_none_is_refused(self, seen):
        with pytest.raises(OutdatedPageError):
            decide(stores(), "h", made("pin", A), seen=seen)

    def test_goes_on_with_the_version_that_a_decision_gave(self):
        where = stores()
        seen = read_hotel(where, "h").version
        seen = decide(where, "h", made("hide", B), seen=seen).version
        decide(where, "h", made("pin", A), seen=seen)
        assert actions(where) == ["hide", "pin"]


class TestSeveralDecisions:
    def test_are_made_at_once(self):
        where = stores()
        decide_all(where, "h", (made("hide", B), made("show", B), made("pin", A)))
        assert actions(where) == ["hide", "show", "pin"]

    def test_are_all_refused_if_one_is(self):
        where = stores()
        with pytest.raises(DecisionRefusedError):
            decide_all(where, "h", (made("hide", B), made("hide", GONE)))
        assert actions(where) == []


class Interrupted(MemoryStore):
    """A store to which somebody else adds a decision just before our first write."""

    rival: Override | None = None

    def put(self, key, data, **conditions):
        if rival := self.rival:
            self.rival = None
            append_override(self, "h", rival)
            raise ConditionFailedError(key)
        super().put(key, data, **conditions)


def test_a_decision_is_checked_against_what_somebody_else_decided_at_the_same_moment():
    inbox = Interrupted()
    where = Stores(inbox, MemoryStore(), stores().published)
    inbox.rival = made("hide", B, by="bob")
    with pytest.raises(AlreadyDecidedError, match="bob hid"):
        decide(where, "h", made("hide", B))
    assert actions(where) == ["hide"]


def test_of_two_people_on_one_page_the_second_is_refused():
    inbox = Interrupted()
    where = Stores(inbox, MemoryStore(), stores().published)
    seen = read_hotel(where, "h").version
    inbox.rival = made("hide", B, by="bob")
    with pytest.raises(OutdatedPageError, match="Meanwhile: bob hid"):
        decide(where, "h", made("pin", A), seen=seen)


@pytest.mark.parametrize("kind", ["memory", "folder"])
def test_no_decision_is_lost_when_many_people_decide_at_once(kind, tmp_path):
    inbox = MemoryStore() if kind == "memory" else FolderStore(tmp_path)
    where = Stores(inbox, MemoryStore(), stores().published)
    overrides = [made("pin", image, position=place) for place in range(1, 4) for image in (A, A2, B, C)]
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda override: decide(where, "h", override), overrides))
    assert len({digest for item in done for digest in item.digests}) == len(overrides)
    assert sorted(map(repr, read_overrides(inbox, "h")[0])) == sorted(map(repr, overrides))


CHOICES = st.sampled_from(
    [
        made("hide", B),
        made("show", B),
        made("pin", A, position=1),
        made("pin", B, position=1),
        made("same", A, B),
        made("different", A, B),
        made("withdraw"),
        made("rescue", SMALL),
        made("best", A2),
        "undo the last",
        "undo all",
    ]
)


@settings(max_examples=60, deadline=None)
@given(st.lists(CHOICES, max_size=12))
def test_whatever_people_do_the_file_stays_readable_and_undoing_all_leaves_nothing(choices):
    where = stores()
    for choice in choices:
        try:
            if choice == "undo all":
                revoke_all(where, "h", **WHO)
            elif choice == "undo the last":
                revoke(
                    where,
                    "h",
                    read_hotel(where, "h").decisions[-1].digest if read_hotel(where, "h").decisions else "",
                    **WHO,
                )
            else:
                decide(where, "h", choice)
        except DecisionRefusedError:
            continue
    assert read_decisions(where.inbox, "h")[1] == ()
    with contextlib.suppress(DecisionRefusedError):
        revoke_all(where, "h", **WHO)
    assert actions(where) == []
