"""Messages that nobody of us sent: each is done with at once, as nothing to do or as a dead letter with its reason.

None is received a second time, and none stops what lies in the same queue.
"""

import json

from tests.integration.test_failing import FUNCTIONS, HEAD, deployed, handled, told  # noqa: F401 - a fixture

HUGE = 10**300
FOLDERS = [
    "split/../../state",
    "split/",
    "split//plan",
    "split/x/../y",
    "split/a\nb",
    "split/\u0000",
    "split/" + "a" * 990,
    "split/é\u202e\ufffe",
    "split/%2E%2E/x",
    "split/nudge/..",
]
BODIES = {
    "nothing": " ",
    "a number": "17",
    "a list": "[]",
    "a text": '"Records"',
    "null": "null",
    "no JSON": "{'hotel_id': 'h1'}",
    "cut": '{"hotel_id": "h',
    "deep": "[" * 100_000,
    "deep keys": '{"Records":' * 50_000,
    "large": json.dumps({"hotel_id": "x" * 200_000}),
    "a huge number": '{"hotel_id": ' + "9" * 10_000 + "}",
    "NaN": '{"hotel_id": NaN, "Records": NaN}',
    "records of no kind": '{"Records": {"s3": 1}}',
    "a key that is a number": '{"Records": [{"s3": {"object": {"key": 5}}}]}',
    "half a character": '{"Records": [{"s3": {"object": {"key": "\\ud800"}}}], "x": 1}',
    "an odd hotel": json.dumps({"hotel_id": "\ufeffh"}),
    "a control character": json.dumps({"hotel_id": "a\u0000b"}),
    "half a character as hotel": '{"hotel_id": "\\ud800"}',
    "a day that is none": json.dumps({"hotel_id": "h1", "due": "2026-99-99", "reason": "../x"}),
    "a shard that is none": json.dumps({"release_id": "1", "folder": "releases/1", "shard": 99}),
    "a huge shard": json.dumps({"release_id": "1", "folder": "releases/1", "shard": HUGE}),
    "a shard below none": json.dumps({"release_id": "1", "folder": "releases/1", "shard": -1}),
    "odd keys": told("", "/", "..", "../x", "a//b", "%00", "%ff", "releases/../x.csv", "x" * 2_000, "%", "\u202e"),
    **{f"share {at}": json.dumps({"folder": one, "step": "nudge", "share": HUGE}) for at, one in enumerate(FOLDERS)},
    **{f"go on {at}": json.dumps({"go_on": one}) for at, one in enumerate(FOLDERS)},
}


def test_are_done_with_at_once(deployed):  # noqa: F811 - the fixture
    """By every queue of the suite; a dead letter has the body as it was, and a reason of one line."""
    deployed.inbox.put("releases/1.csv", f"{HEAD}h1,Hotel,ES,Bilbao,,,\n".encode())
    assert handled(deployed, "releases", told("releases/1.csv"))
    while deployed.receive("shards"):
        pass
    wrong = []
    for queue in FUNCTIONS:
        for name, body in BODIES.items():
            if not handled(deployed, queue, body):
                wrong.append((queue, name))
        for body, reason in deployed.dead_letters(queue):
            assert body in BODIES.values()
            assert reason
            assert reason.isprintable()
    assert not wrong
