"""People's decisions: they are read line by line, and appended even while somebody else appends one."""

import hashlib
import json

import pytest

from image_release.ingest import append_override, append_revoke, read_decisions, read_overrides
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
    """All actions are read, in the order of the file."""
    decisions = [
        Override("pin", (A,), 2, by="ann", at="2026-11-01", why="the view"),
        Override("hide", (A, B)),
        Override("show", (A,)),
        Override("same", (A, B)),
        Override("different", (A, B)),
        Override("label", (A,), labels=(Label("Bedroom", 1.0), Label("Sea", 0.5))),
        Override("best", (A,)),
        Override("rescue", (B,)),
        Override("withdraw", (), by="ann", why="closed"),
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
        (line(images=[]), "hide names images"),
        (line(action="withdraw"), "withdraw names no images"),
        (line(action="revoke", images=[]), "revoke names a line"),
        (line(line=A), "revoke names a line"),
        (line(action="revoke", line=A), "revoke names no images"),
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


def digests(inbox) -> list[str]:
    return [decision.digest for decision in read_decisions(inbox, "h")[0]]


def actions(inbox) -> list[str]:
    return [override.action for override in read_overrides(inbox, "h")[0]]


def revoke(inbox, digest: str, at: str = "") -> None:
    append_revoke(inbox, "h", digest, by="ann", at=at, why="a mistake")


class TestRevoking:
    def test_makes_a_line_count_as_absent(self):
        inbox = MemoryStore()
        for action in ("hide", "pin"):
            append_override(inbox, "h", Override(action, (A,)))
        revoke(inbox, digests(inbox)[0])
        assert actions(inbox) == ["pin"]
        hide, pin, undo = read_decisions(inbox, "h")[0]
        assert (hide.is_revoked, pin.is_revoked) == (True, False)
        assert (undo.override, undo.revokes, undo.by, undo.why) == (None, hide.digest, "ann", "a mistake")

    def test_names_the_sha256_of_the_bytes_between_line_ends(self):
        inbox = MemoryStore()
        written = line().encode()
        inbox.put(overrides_key("h"), written + b"\r\n" + line(action="pin").encode())
        revoke(inbox, hashlib.sha256(written).hexdigest())
        assert actions(inbox) == ["pin"]

    def test_can_be_revoked_and_revoked_again(self):
        inbox = MemoryStore()
        append_override(inbox, "h", Override("hide", (A,)))
        seen = []
        for turn in range(4):
            revoke(inbox, digests(inbox)[-1], at=str(turn))
            seen.append(actions(inbox))
        assert seen == [[], ["hide"], [], ["hide"]]

    def test_holds_for_earlier_lines_only(self):
        """A decision that is taken again later, in the same words, is in force."""
        inbox = MemoryStore()
        append_override(inbox, "h", Override("hide", (A,)))
        revoke(inbox, digests(inbox)[0])
        append_override(inbox, "h", Override("hide", (A,)))
        assert actions(inbox) == ["hide"]

    def test_of_a_line_that_is_not_there_changes_nothing(self):
        inbox = MemoryStore()
        append_override(inbox, "h", Override("hide", (A,)))
        revoke(inbox, B)
        assert actions(inbox) == ["hide"]


def test_a_byte_order_mark_before_the_first_line_is_read_past():
    inbox = MemoryStore()
    inbox.put(overrides_key("h"), b"\xef\xbb\xbf" + line().encode())
    assert read_overrides(inbox, "h")[1] == ()
    assert actions(inbox) == ["hide"]
