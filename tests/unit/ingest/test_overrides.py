"""People's decisions: they are read line by line, and appended even while somebody else appends one."""

import json

import pytest

from image_release.ingest import append_override, read_overrides
from image_release.storage import ConditionFailedError, MemoryStore
from image_release.store_keys import overrides_key
from image_release.values import Label, Override

A, B = "a" * 64, "b" * 64


def line(**fields: object) -> str:
    return json.dumps({"action": "hide", "images": [A], **fields})


def read(*lines: str):
    inbox = MemoryStore()
    inbox.put(overrides_key("h"), "\n".join(lines).encode())
    return read_overrides(inbox, "h")


def test_each_action_is_read_as_it_was_written():
    """All six actions are read, in the order of the file."""
    decisions = [
        Override("pin", (A,), 2, by="ann", at="2026-11-01", why="the view"),
        Override("hide", (A, B)),
        Override("show", (A,)),
        Override("same", (A, B)),
        Override("different", (A, B)),
        Override("label", (A,), labels=(Label("Bedroom", 1.0), Label("Sea", 0.5))),
    ]
    inbox = MemoryStore()
    for decision in decisions:
        append_override(inbox, "h/1", decision)
    assert read_overrides(inbox, "h/1") == (tuple(decisions), ())
    assert read_overrides(inbox, "h") == ((), ())


@pytest.mark.parametrize(
    ("bad", "rule"),
    [
        ("{", "Invalid JSON"),
        (line(action="burn"), "action"),
        (line(action="crop", box=[0, 0, 1, 1]), "action"),
        (line(images=[]), "images"),
        (line(images=["abc"]), "images.0"),
        (line(images=[A.upper()]), "images.0"),
        (line(position=0), "position"),
        (line(position="first"), "position"),
        (line(action="same"), "same needs at least two images"),
        (line(action="different", images=[A, A]), "different needs at least two images"),
        (line(action="label"), "label needs labels"),
        (line(action="label", labels=[{"description": "", "score": 1}]), "labels.0.description"),
        (line(action="label", labels=[{"description": "x", "score": 2}]), "labels.0.score"),
        (line(reason="typo of why"), "reason"),
    ],
)
def test_a_bad_line_is_reported_and_the_others_count(bad, rule):
    """Bad lines are told with file, line and rule; other lines count. An unknown action makes a line a bad one."""
    decisions, [problem] = read(line(), bad, line(action="show"))
    assert [decision.action for decision in decisions] == ["hide", "show"]
    assert (problem.file, problem.line) == ("overrides/h.jsonl", 2)
    assert rule in problem.rule


def test_a_decision_that_could_not_be_read_back_is_not_written():
    inbox = MemoryStore()
    with pytest.raises(ValueError, match="position"):
        append_override(inbox, "h", Override("pin", (A,), 0))
    assert inbox.get(overrides_key("h")) is None


def test_a_decision_is_appended_after_a_line_without_a_line_break():
    """A text editor may leave out the last line break; the new decision still gets its own line."""
    inbox = MemoryStore()
    inbox.put(overrides_key("h"), line().encode())
    append_override(inbox, "h", Override("show", (A,)))
    assert [decision.action for decision in read_overrides(inbox, "h")[0]] == ["hide", "show"]


def test_no_decision_is_lost_when_two_people_append():
    """Another decision is appended between our read and our write: both are kept."""

    class Interrupted(MemoryStore):
        """A store to which somebody else writes once, just before our first write."""

        rival = True

        def put(self, key, data, **conditions):
            if self.rival:
                self.rival = False
                super().put(key, line().encode())
                raise ConditionFailedError(key)
            super().put(key, data, **conditions)

    inbox = Interrupted()
    append_override(inbox, "h", Override("show", (B,)))
    assert [decision.action for decision in read_overrides(inbox, "h")[0]] == ["hide", "show"]
