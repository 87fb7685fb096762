"""The manifest as bytes: the same content gives the same bytes, and what cannot be read raises an error."""

import json
from datetime import UTC, datetime
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from image_release.dedup import Difference
from image_release.outcomes import Outcome
from image_release.publish import (
    Manifest,
    ManifestUnreadableError,
    Pending,
    PublishedImage,
    PublishedPart,
    PublishedPicture,
    PublishedSameView,
    PublishedScore,
    RejectedImage,
)
from image_release.publish.manifest import DifferenceOfView

SCORES = st.floats(0, 1)


def manifest(total: float = 0.5, name: str = "Hôtel") -> Manifest:
    best = PublishedImage(url="u", partner_id="p", accommodation_id="a", sha256="a" * 64, width=1, height=1)
    score = PublishedScore(total=total, parts={"size": PublishedPart(value=total, weight=1)})
    picture = PublishedPicture(
        position=1, best=best, margin=0, category=None, labels=(), score=score, renditions=(), merged=()
    )
    return Manifest(
        seq=1, hotel_id="h", name=name, release_id="r", inputs="i", versions={"b": 1, "a": {"d": 2, "c": 3}},
        published_at=datetime(2026, 11, 1, tzinfo=UTC), pictures=(picture,),
    )  # fmt: skip


@given(SCORES, st.text())
def test_is_read_back_with_six_decimal_places(total, name):
    """Names may be in any script; a manifest that was read and is written again has the same bytes."""
    written = manifest(total, name).to_bytes()
    read = Manifest.from_bytes(written)
    assert read.name == name
    assert abs(read.pictures[0].score.total - total) <= 5e-7
    assert read.to_bytes() == written


@given(SCORES)
def test_noise_below_the_sixth_decimal_place_changes_no_byte(total):
    """The last bits of a number and the sign of a zero may differ between machines."""
    rounded = round(total, 6)
    assert manifest(rounded).to_bytes() == manifest(rounded + 1e-9).to_bytes()
    assert manifest(0.0).to_bytes() == manifest(-0.0).to_bytes()


def test_keys_are_sorted():
    """Keys are sorted at every depth, so that people can compare two manifests."""

    def check(value):
        if isinstance(value, dict):
            assert list(value) == sorted(value)
            for item in value.values():
                check(item)
        elif isinstance(value, list):
            for item in value:
                check(item)

    check(json.loads(manifest().to_bytes()))


def test_has_no_key_for_a_model_or_a_rule_where_there_is_none():
    """The manifest of a hotel that no model looked at has the keys that it always had."""
    (picture,) = json.loads(manifest().to_bytes())["pictures"]
    assert "held_back" not in picture
    assert picture["score"]["parts"] == {"size": {"value": 0.5, "weight": 1.0}}


def test_names_the_model_of_an_appeal_and_the_rule_that_held_a_picture_back():
    """Both survive being written and read."""
    parts = {"appeal": PublishedPart(value=0.8, weight=0.6, model="local-test")}
    made = manifest()
    update = {"score": PublishedScore(total=0.5, parts=parts), "held_back": "the kind detail never opens a hotel"}
    again = Manifest.from_bytes(
        made.model_copy(update={"pictures": (made.pictures[0].model_copy(update=update),)}).to_bytes()
    ).pictures[0]
    assert again.score.parts["appeal"].model == "local-test"
    assert again.held_back == "the kind detail never opens a hotel"


def with_view(difference: str) -> Manifest:
    """A manifest whose picture shows the same view as another one, read from bytes with this difference."""
    made = manifest()
    view = PublishedSameView(picture="b" * 64, difference="camera", score=2.0, overlap=0.8)
    picture = made.pictures[0].model_copy(update={"same_view": (view,), "once_with": ("c" * 64,)})
    data = made.model_copy(update={"pictures": (picture,)}).to_bytes()
    return Manifest.from_bytes(data.replace(b'"camera"', json.dumps(difference).encode()))


def test_names_pictures_of_the_same_view_and_images_that_were_copies_once():
    """Both survive being written and read; without them there is no key for them."""
    again = with_view("light").pictures[0]
    assert (again.same_view[0].picture, again.same_view[0].difference) == ("b" * 64, "light")
    assert again.once_with == ("c" * 64,)
    assert not {"same_view", "once_with"} & json.loads(manifest().to_bytes())["pictures"][0].keys()


def test_a_difference_of_a_newer_version_is_read_and_never_written():
    newer = with_view("weather")
    assert newer.pictures[0].same_view[0].difference == "weather"
    with pytest.raises(ValueError, match="newer version"):
        newer.to_bytes()
    with pytest.raises(ValidationError, match="difference"):
        PublishedSameView(picture="b" * 64, difference="weather", score=2.0, overlap=0.8)


def test_the_words_for_differences_are_those_of_grouping():
    """The manifest cannot take them from there: steps know nothing of each other."""
    assert set(get_args(DifferenceOfView)) == set(Difference)


def test_keys_that_a_newer_version_added_are_ignored():
    """A newer version may add keys at any depth."""
    document = json.loads(manifest().to_bytes())
    document["weather"] = "fine"
    document["pictures"][0]["best"]["camera"] = "good"
    assert Manifest.from_bytes(json.dumps(document).encode()) == manifest()


REJECTED = {"url": "u", "partner_id": "p", "accommodation_id": "a", "reason": "why"}
NOON = datetime(2026, 11, 1, 12, tzinfo=UTC)


def with_words(outcome: object, kind: object) -> bytes:
    """The bytes of a manifest with one rejected image and one kind of pending work."""
    document = json.loads(manifest().to_bytes())
    document["rejected"] = [{**REJECTED, "outcome": outcome}]
    document["pending"] = [{"kind": kind, "not_before": NOON.isoformat()}]
    return json.dumps(document).encode()


def test_words_of_a_newer_version_are_read_as_plain_strings():
    """A newer version may have published the hotel; that must not stop it in this version."""
    read = Manifest.from_bytes(with_words("too_blurred", "translate"))
    assert [image.outcome for image in read.rejected] == ["too_blurred"]
    assert [entry.kind for entry in read.pending] == ["translate"]


def test_known_outcomes_are_read_as_outcomes():
    """Only a word that this version does not know stays a plain string."""
    assert Manifest.from_bytes(with_words("too_small", "tag")).rejected[0].outcome is Outcome.TOO_SMALL


@pytest.mark.parametrize("words", [(7, "tag"), (None, "tag"), ("gone", 7), ("gone", ["tag"])])
def test_a_word_that_is_no_string_cannot_be_read(words):
    """A newer version adds words, not other types."""
    with pytest.raises(ManifestUnreadableError):
        Manifest.from_bytes(with_words(*words))


def test_words_of_a_newer_version_cannot_be_built():
    """Our own code gives only outcomes and kinds that this version knows."""
    with pytest.raises(ValidationError, match="outcome"):
        RejectedImage(**REJECTED, outcome="too_blurred")
    with pytest.raises(ValidationError, match="kind"):
        Pending(kind="translate", not_before=NOON)


@pytest.mark.parametrize("words", [("too_blurred", "tag"), ("gone", "translate")])
def test_words_of_a_newer_version_are_never_written(words):
    """Code that copies an entry of an older manifest must leave out what this version does not know."""
    with pytest.raises(ValueError, match="newer version"):
        Manifest.from_bytes(with_words(*words)).to_bytes()


def test_pending_work_of_an_unknown_kind_is_never_due():
    """The version that knows the kind does the work."""
    due = {kind: Manifest.from_bytes(with_words("gone", kind)).pending[0].is_due(NOON) for kind in ("tag", "translate")}
    assert due == {"tag": True, "translate": False}


@pytest.mark.parametrize("change", [{"schema": 2}, {"seq": 0}, {"published_at": "soon"}, {"pictures": [{}]}])
def test_a_manifest_that_this_version_cannot_read_raises_an_error(change):
    """Such a manifest does not count as a hotel without pictures."""
    document = json.loads(manifest().to_bytes()) | change
    with pytest.raises(ManifestUnreadableError, match=next(iter(change))):
        Manifest.from_bytes(json.dumps(document).encode())


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"\xff"])
def test_bytes_that_are_no_manifest_raise_an_error(data):
    """The error is the same, whatever the bytes are."""
    with pytest.raises(ManifestUnreadableError):
        Manifest.from_bytes(data)


def test_bytes_are_json_that_people_can_read():
    """One key a line, indented by one space, letters as they are, a line end at the end: these bytes never change."""
    first, *_, last = manifest().to_bytes().decode().splitlines(keepends=True)
    assert (first, last) == ("{\n", "}\n")
    assert '\n "name": "Hôtel",\n' in manifest().to_bytes().decode()
