"""What taggers said survives damage to its document, record by record: it may have been paid for."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest

from image_release.cache import LabelRecord, merge_labels, read_labels, unreadable_caches
from image_release.storage import MemoryStore
from image_release.store_keys import labels_key
from image_release.values import Accommodation, Label, Look

WHERE = Accommodation("p", "1")
MODEL = "local-model"
A, B, C = ("a" * 64, "b" * 64, "c" * 64)
KEY = labels_key(WHERE, MODEL)
SAID = LabelRecord(datetime(2026, 11, 1, tzinfo=UTC), (Label("Pool", 0.9),), Look(MODEL, 0.7, (0.6, 0.8)))


@pytest.fixture
def state():
    store = MemoryStore()
    merge_labels(store, WHERE, MODEL, {A: SAID, B: SAID})
    return store


def changed(state, change):
    """Put a document in which `change` was done to B's record."""
    document = json.loads(state.get(KEY).data)
    change(document)
    state.put(KEY, json.dumps(document).encode())


def look(**numbers):
    return lambda document: document[B]["look"].update(numbers)


DAMAGE = {
    "an appeal beyond 1": look(appeal=7),
    "an appeal that is no number": look(appeal=float("nan")),
    "an appeal below 0": look(appeal=-1e308),
    "an embedding beyond all numbers": look(embedding=[1e308, 1e308]),
    "an embedding that is no number": look(embedding=[float("nan"), 0.1]),
    "an embedding that is nested": look(embedding=[[0.1]]),
    "a score beyond 1": lambda document: document[B]["labels"][0].update(score=1e308),
    "labels that are text": lambda document: document[B].update(labels="Pool"),
    "a time without a zone": lambda document: document[B].update(at="2026-11-01T00:00:00"),
    "no time": lambda document: document[B].pop("at"),
    "nothing": lambda document: document.update({B: None}),
}


@pytest.mark.parametrize("damage", DAMAGE.values(), ids=DAMAGE)
def test_a_record_that_cannot_be_meant_is_left_out_and_the_others_stay(state, damage, caplog):
    changed(state, damage)
    assert read_labels(state, WHERE, MODEL) == {A: SAID}
    assert f"{KEY} cannot be read whole: 1 records are left" in caplog.text
    assert KEY in unreadable_caches(state, WHERE, [MODEL])


@pytest.mark.parametrize("cut", [0.75, 0.85, 0.95])
def test_of_a_document_that_was_cut_the_records_before_the_cut_stay(state, cut):
    """The record in which it was cut might lack labels, so it does not count."""
    data = state.get(KEY).data
    state.put(KEY, data[: int(len(data) * cut)])
    assert read_labels(state, WHERE, MODEL) == {A: SAID}


@pytest.mark.parametrize("data", [b"", b"{", b"[1]", b"null", b"\xff", b'"x"', b"[" * 100_000, b"{}x"])
def test_a_document_that_is_something_else_counts_as_empty(state, data):
    state.put(KEY, data)
    assert read_labels(state, WHERE, MODEL) == {}


def test_a_damaged_document_is_made_whole_when_it_is_written_and_keeps_what_can_be_read(state):
    changed(state, DAMAGE["nothing"])
    merge_labels(state, WHERE, MODEL, {})
    assert json.loads(state.get(KEY).data).keys() == {A}
    assert KEY not in unreadable_caches(state, WHERE, [MODEL])
    merge_labels(state, WHERE, MODEL, {C: SAID})
    assert read_labels(state, WHERE, MODEL).keys() == {A, C}


def test_fields_of_newer_versions_are_no_damage(state):
    changed(state, lambda document: document[B].update(mood="calm"))
    assert read_labels(state, WHERE, MODEL) == {A: SAID, B: SAID}
    assert KEY not in unreadable_caches(state, WHERE, [MODEL])
