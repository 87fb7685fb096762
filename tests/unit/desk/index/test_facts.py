"""What the index knows of a hotel, from its manifest and people's decisions."""

import pytest

from image_release.dedup import BY_PEOPLE
from image_release.desk.index.facts import NotIndexableError, facts_of, read_indexed
from image_release.desk.index.filters import DESCRIPTIONS, WEIGHTS, WORST_FIRST, Filter, filters_in, flags_of, need_of
from image_release.outcomes import Outcome
from image_release.values import Override
from tests.unit.desk.made_manifests import manifest, picture, rejected, sha

NEVER_FIRST = frozenset({"bathroom"})


def facts(*pictures, decisions=(), **changes):
    return facts_of(read_indexed(manifest("h", pictures, **changes).to_bytes()), decisions, NEVER_FIRST)


def matters(*pictures, decisions=(), **changes):
    return set(filters_in(flags_of(facts(*pictures, decisions=decisions, **changes))))


FIVE = tuple(picture(f"p{number}") for number in range(5))


class TestPartners:
    def test_outcomes_count_every_image_once(self):
        """A best image is published, a copy merged, a refused one has its own outcome."""
        shared = picture("a", "atlas", copies=[("bedbank", 5.0, None), ("bedbank", 6.0, None)])
        found = facts(shared, picture("b", "atlas"), refused=[rejected(Outcome.TOO_SMALL, "bedbank")])
        assert [(part.partner_id, part.images, part.outcomes) for part in found.partners] == [
            ("bedbank", 3, {"merged": 2, "too_small": 1}),
            ("atlas", 2, {"published": 2}),
        ]

    def test_pictures_that_only_one_brings(self):
        """Another copy of the same partner makes no other partner."""
        found = facts(
            picture("a", "atlas", copies=[("atlas", 5.0, None)]), picture("b", "atlas", copies=[("bedbank", 5.0, None)])
        )
        atlas, bedbank = found.partners
        assert (atlas.pictures, atlas.only, atlas.best, atlas.shared_best) == (2, 1, 2, 1)
        assert (bedbank.pictures, bedbank.only, bedbank.best, bedbank.shared_best) == (1, 0, 0, 0)

    def test_an_old_copy_that_is_shown_counts_as_unavailable(self):
        """Its picture stands, but its partner's server did not answer."""
        found = facts(picture("a", reason="unavailable: HTTP 503"), refused=[rejected(Outcome.UNAVAILABLE)])
        assert found.unavailable == found.partners[0].unavailable == 2


ONCE_WITH = {"once_with": ("a" * 64,)}
"""What a part of a picture has that fell apart."""


class TestMatters:
    def test_of_a_good_hotel_are_none(self):
        """Large, labelled, sure."""
        assert matters(*FIVE) == set()

    @pytest.mark.parametrize(
        ("changes", "matter"),
        [
            ({"pictures": ()}, Filter.NO_PICTURES),
            ({"pictures": FIVE[:4]}, Filter.FEW),
            ({"pictures": (picture("x", category="bathroom"), *FIVE)}, Filter.NEVER_FIRST),
            ({"pictures": (*FIVE, picture("x", labelled=False))}, Filter.NO_LABELS),
            ({"pictures": (*FIVE, picture("x", copies=[("b", 3.4, None)]))}, Filter.COPIES_UNSURE),
            ({"pictures": (*FIVE, picture("x", copies=[("b", 9.0, None)], margin=0.9))}, Filter.BEST_UNSURE),
            ({"pictures": FIVE, "refused": [rejected(Outcome.UNAVAILABLE)]}, Filter.UNAVAILABLE),
            ({"pictures": FIVE, "pending": ["tag"]}, Filter.PENDING),
            ({"pictures": FIVE, "withdrawn": True}, Filter.WITHDRAWN),
            ({"pictures": (*FIVE, picture("x").model_copy(update=ONCE_WITH))}, Filter.SPLIT),
            ({"pictures": FIVE, "refused": [rejected(Outcome.HIDDEN).model_copy(update=ONCE_WITH)]}, Filter.SPLIT),
        ],
    )
    def test_each_is_seen(self, changes, matter):
        """One thing is the matter."""
        pictures = changes.pop("pictures")
        assert matter in matters(*pictures, **changes)

    @pytest.mark.parametrize("kind", ["download", "tag"])
    def test_what_is_scheduled_is_no_reason_to_look(self, kind):
        """It can be filtered by, and adds nothing to the need for a look."""
        assert need_of(matters(*FIVE, pending=[kind])) == 0

    @pytest.mark.parametrize("kind", ["revalidate", "sweep"])
    def test_routine_work_is_none(self, kind):
        """Every hotel has it now and then."""
        assert matters(*FIVE, pending=[kind]) == set()

    def test_a_hotel_that_was_withdrawn_has_no_pictures_on_purpose(self):
        """By its release or by a person."""
        assert matters(withdrawn=True) == {Filter.WITHDRAWN}
        decided = matters(decisions=[Override("withdraw", ())])
        assert decided == {Filter.WITHDRAWN, Filter.CORRECTED}

    def test_a_picture_alone_is_no_choice(self):
        """Its margin is 0, and means nothing; the same bytes twice are no choice either."""
        twin = picture("x", margin=0.0, copies=[("b", 0.0, None)])
        twin = twin.model_copy(update={"merged": (twin.merged[0].model_copy(update={"sha256": twin.best.sha256}),)})
        assert matters(*FIVE, picture("y", margin=0.0), twin) == set()

    def test_what_a_person_decided_is_not_unsure(self):
        """A pinned bathroom opens on purpose; a joined copy is sure, and a chosen one no guess."""
        opener = picture("x", category="bathroom", copies=[("b", 1.0, None)], margin=0.0)
        joined = opener.merged[0].evidence.model_copy(update={"method": BY_PEOPLE})
        opener = opener.model_copy(update={"merged": (opener.merged[0].model_copy(update={"evidence": joined}),)})
        assert matters(opener, *FIVE) == {Filter.NEVER_FIRST}
        pin = Override("pin", (sha("x-0"),), position=1)
        assert matters(opener, *FIVE, decisions=[pin]) == {Filter.CORRECTED}

    def test_have_a_description_each(self):
        """A page shows it."""
        assert set(DESCRIPTIONS) == set(Filter)

    def test_the_worst_decides_which_hotel_comes_first(self):
        """A hotel with one bad thing stands before one with all that are less bad."""
        for place, name in enumerate(WORST_FIRST):
            assert need_of([name]) > need_of(WORST_FIRST[place + 1 :])
        assert set(WEIGHTS) == set(WORST_FIRST)


class TestGoodPictures:
    @pytest.mark.parametrize(
        ("shown", "good"),
        [
            (picture("x", size=(1000, 300)), 1),
            (picture("x", size=(300, 1000)), 1),
            (picture("x", size=(999, 999)), 0),
            (picture("x", category="bathroom"), 0),
            (picture("x", category=None, labelled=False), 1),
        ],
    )
    def test_are_large_and_may_open(self, shown, good):
        """A workspace without labels has good pictures, too."""
        assert facts(shown).good == good


class TestReading:
    @pytest.mark.parametrize("data", [b"", b"{}", b"[1]", b"\xff", b'{"hotel_id": 1}', b"[" * 100_000])
    def test_what_is_no_manifest_is_said(self, data):
        """Whatever lies under the key."""
        with pytest.raises(NotIndexableError):
            read_indexed(data)

    def test_keys_and_outcomes_of_a_newer_version_are_counted(self):
        """A word that this version does not know is an outcome like others."""
        data = manifest("h", refused=[rejected(Outcome.GONE)]).to_bytes().replace(b'"gone"', b'"too_blurred"')
        assert facts_of(read_indexed(data)).partners[0].outcomes == {"too_blurred": 1}
