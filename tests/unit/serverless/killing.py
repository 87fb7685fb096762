"""A suite whose invocation is killed at one of its requests to a store or a queue, before or after its effect."""

from collections.abc import Iterable
from dataclasses import replace
from itertools import count

from image_release.queueing import Message
from image_release.serverless.ports import Suite


class KilledError(BaseException):
    """The invocation was killed. Not an Exception, so that the program cannot handle it."""


class Fate:
    """Counts the requests of one invocation, and kills it at one of them."""

    def __init__(self, at: int, *, after: bool) -> None:
        self.at, self.after, self.asked = at, after, 0

    def ask(self, effect):
        """Have an effect, unless the invocation is killed before it."""
        self.asked += 1
        if self.asked == self.at and not self.after:
            raise KilledError
        found = effect()
        if self.asked == self.at:
            raise KilledError
        return found


class DoomedStore:
    """A store that asks fate at every request."""

    def __init__(self, store, fate: Fate) -> None:
        self._store, self._fate = store, fate

    def __getattr__(self, name: str):
        found = getattr(self._store, name)
        if name == "list":
            return lambda prefix: iter(self._fate.ask(lambda: list(found(prefix))))
        return lambda *args, **conditions: self._fate.ask(lambda: found(*args, **conditions))


class DoomedQueue:
    """A queue that asks fate at every batch."""

    def __init__(self, queue, fate: Fate) -> None:
        self._queue, self._fate = queue, fate

    def send(self, messages: Iterable[Message]) -> int:
        """Send one message after the other: a batch may be killed in its middle."""
        return sum(self._fate.ask(lambda message=message: self._queue.send([message])) for message in messages)


def doomed(suite: Suite, fate: Fate) -> Suite:
    """The same suite for one invocation that fate may kill."""
    stores = {name: DoomedStore(getattr(suite, name), fate) for name in ("inbox", "state", "published")}
    queues = {
        name: DoomedQueue(getattr(suite, name), fate)
        for name in ("urgent", "bulk", "shards", "catalogues", "comparing")
    }
    return replace(suite, **stores, **queues)


def kills(suite: Suite, work, *, after: bool):
    """Call `work` with suites that are killed at the first request, the second …, until one survives.

    Each is killed before the effect of that request, or `after` it. Yields after every kill.
    """
    for at in count(1):
        try:
            work(doomed(suite, Fate(at, after=after)))
        except KilledError:
            yield at
        else:
            return
