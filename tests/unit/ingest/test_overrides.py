"""People's decisions: read line by line, added one behind the other, whoever else is adding one."""

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
    """All six, in the order of the file."""
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
def test_a_line_that_cannot_be_used_is_told_and_the_others_hold(bad, rule):
    """File, line and rule; what stands before and after it counts."""
    decisions, [problem] = read(line(), bad, line(action="show"))
    assert [decision.action for decision in decisions] == ["hide", "show"]
    assert (problem.file, problem.line) == ("overrides/h.jsonl", 2)
    assert rule in problem.rule


def test_a_decision_is_added_behind_a_line_without_an_end():
    """A person's editor may leave the last line open."""
    inbox = MemoryStore()
    inbox.put(overrides_key("h"), line().encode())
    append_override(inbox, "h", Override("show", (A,)))
    assert [decision.action for decision in read_overrides(inbox, "h")[0]] == ["hide", "show"]


def test_no_decision_is_lost_between_two_people():
    """Another one is added between our reading and our writing: both are there."""

    class Interrupted(MemoryStore):
        """Somebody else writes first, once."""

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
