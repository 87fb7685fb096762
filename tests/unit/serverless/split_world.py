"""A suite in memory that splits every catalogue, and works on its messages until none is left."""

import json
import random
from dataclasses import replace

from image_release.ingest import SplitSizes
from image_release.serverless.detect_changes import detect_changes, go_on
from image_release.serverless.messages import GoOnMessage, ShareMessage
from image_release.serverless.shares import do_share
from image_release.serverless.split_catalogues import GoingOn
from image_release.serverless.steps import STEPS
from tests.unit.serverless.conftest import World

ALWAYS = SplitSizes(most_lines=0, share_lines=2, share_bytes=80)
"""Every catalogue with a line is split, into shares of a few lines."""
NEVER = SplitSizes()


def splitting(suite):
    """The suite, which splits every catalogue."""
    return replace(suite, split_sizes=ALWAYS)


def whole(world, key):
    """Apply a catalogue at once; returns what became of it."""
    return detect_changes(key, replace(world.suite, split_sizes=NEVER)).result


def split(world, key, dice=None):
    """Split a catalogue and do all that follows; returns what became of it at last."""
    return drained(world, detect_changes(key, splitting(world.suite)).result, dice)


def drained(world, result=None, dice=None):
    """Work on all messages of shares and of split catalogues, in an order that dice choose, some of them twice.

    Returns the last result that was more than a step.
    """
    while True:
        waiting = [(queue, name) for queue in (world.suite.shards, world.suite.catalogues) for name in queue.visible()]
        if not waiting:
            return result
        queue, name = dice.choice(waiting) if dice else waiting[0]
        body = queue.receive(name).body
        for _ in range(2 if dice and dice.random() < 0.2 else 1):
            found = handle(world.suite, body)
            result = result if found is None else found
        queue.delete(name)


def handle(suite, body):
    """Do what a message asks for; returns what became of a catalogue, None while it goes on."""
    if "share" in json.loads(body):
        do_share(ShareMessage.model_validate_json(body), suite, STEPS)
        return None
    result = go_on(GoOnMessage.model_validate_json(body), splitting(suite)).result
    is_late = getattr(result, "reason", "") == "is done already"
    return None if isinstance(result, GoingOn) or is_late else result


def objects(world):
    """All objects of the state, without the numbers that `held.json` draws, and without hotels that wait as shares."""
    found = {}
    for listed in world.suite.state.list(""):
        data = world.suite.state.get(listed.key).data
        if listed.key.endswith("/held.json"):
            data = json.dumps({**json.loads(data), "hold": ""}).encode()
        found[listed.key] = data
    return found


def shuffled(seed):
    """Dice for `drained`."""
    return random.Random(seed)


__all__ = ["ALWAYS", "World", "drained", "handle", "objects", "shuffled", "split", "splitting", "whole"]
