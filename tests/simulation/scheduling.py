"""Runs many invocations at once, in an order that one seed decides.

Every invocation has its own thread, but only one thread runs at a time. Before each request to the outside world an
invocation hands control back. The scheduler then decides which invocation continues and what happens to its request:
it works, it fails before or after it took effect, or the invocation is killed before or after.
"""

from __future__ import annotations

import random
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TypeVar

T = TypeVar("T")

BEGIN = datetime(2026, 11, 25, 8, tzinfo=UTC)
PACES = (1.0, 1.0, 1.0, 0.2, 0.02)
"""Relative speeds of invocations. The slow ones are overtaken by others from beginning to end."""
STALLS = 0.02
"""Share of the requests after which an invocation goes on at another speed."""
STUCK_S = 60
"""Real seconds without progress after which the simulation itself has a bug."""


class Killed(BaseException):
    """The invocation's process was killed. Not an Exception, so that the program cannot handle it."""


@dataclass
class Faults:
    """Shares of the requests to the outside world that fail, kill the invocation, or take long.

    `refuse` is the share of the messages of a batch that a queue refuses although it takes others. `crawl` is the share
    of requests that take seconds, as when a whole service is slow: then the timeouts of the functions bite.
    """

    fail: float = 0.0
    kill: float = 0.0
    slow: float = 0.0
    refuse: float = 0.0
    crawl: float = 0.0


@dataclass
class Scheduler:
    """The clock, the random numbers and the invocations that run."""

    seed: int
    faults: Faults = field(default_factory=Faults)
    now: datetime = BEGIN
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.running: list[Invocation] = []
        self._count = 0
        self._drains = False
        self._next: Invocation | None = None

    def clock(self) -> datetime:
        """Return the time in the simulation."""
        return self.now

    def start(self, name: str, work: Callable[[Invocation], None], *, limit_s: float) -> None:
        """Start an invocation. It waits until the scheduler lets it continue."""
        self._count += 1
        self.running.append(Invocation(self, f"{name}#{self._count}", work, limit_s))

    def go_on(self) -> None:
        """Let one of the running invocations continue to its next request."""
        invocation, self._next = self._next or self._choose(), None
        invocation.step()
        if invocation.ended:
            self.running.remove(invocation)
            if invocation.error is not None:
                raise invocation.error

    def drain(self) -> None:
        """Let the running invocations continue until all have ended."""
        self._drains = True
        try:
            while self.running:
                self.go_on()
        finally:
            self._drains = False

    def chooses_again(self, invocation: Invocation) -> bool:
        """Whether nothing happens before this invocation continues, so that it need not hand control back.

        While all are drained, the next choice of `go_on` is made here. To hand control over and back takes longer than
        most requests.
        """
        if not self._drains:
            return False
        chosen = self._choose()
        self._next = None if chosen is invocation else chosen
        return chosen is invocation

    def _choose(self) -> Invocation:
        (invocation,) = self.dice.choices(self.running, [each.pace for each in self.running])
        return invocation

    def note(self, line: str) -> None:
        """Add a line to the trace, which replays compare."""
        self.trace.append(f"{(self.now - BEGIN).total_seconds():.2f} {line}")


class Invocation:
    """One run of a function. `ask` is how its ports reach the outside world."""

    def __init__(self, scheduler: Scheduler, name: str, work: Callable[[Invocation], None], limit_s: float) -> None:
        self.scheduler, self.name = scheduler, name
        self.started, self.limit = scheduler.now, timedelta(seconds=limit_s)
        self.pace = scheduler.dice.choice(PACES)
        self.ended = False
        self.killed = False
        self.error: BaseException | None = None
        self._mine, self._theirs = threading.Semaphore(0), threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, args=(work,), daemon=True)
        self._thread.start()

    def seconds_left(self) -> float:
        """Seconds until the invocation is killed."""
        return (self.started + self.limit - self.scheduler.now).total_seconds()

    def step(self) -> None:
        """Give control to the invocation and wait until it hands control back."""
        self._mine.release()
        if not self._theirs.acquire(timeout=STUCK_S):
            raise RuntimeError(f"{self.name} does not hand control back")

    def _run(self, work: Callable[[Invocation], None]) -> None:
        self._mine.acquire()
        try:
            work(self)
        except Killed:
            self.scheduler.note(f"{self.name} killed")
        except BaseException as error:  # noqa: BLE001 - the scheduler raises it
            self.error = error
        finally:
            self.ended = True
            self._theirs.release()

    def ask(self, what: str, effect: Callable[[], T], fault: Callable[[str], Exception] | None = None) -> T:
        """Make a request to the outside world. Others may run first, and it may fail before or after its effect."""
        if self.killed:
            raise Killed
        scheduler = self.scheduler
        if not scheduler.chooses_again(self):
            self._theirs.release()
            self._mine.acquire()
        if scheduler.dice.random() < STALLS:
            self.pace = scheduler.dice.choice(PACES)
        scheduler.now += timedelta(milliseconds=scheduler.dice.choice((5, 20, 80)))
        if scheduler.dice.random() < scheduler.faults.slow:
            scheduler.now += timedelta(seconds=scheduler.dice.choice((5, 60, 150)))
        if scheduler.dice.random() < scheduler.faults.crawl:
            scheduler.now += timedelta(seconds=scheduler.dice.choice((1, 2, 8)))
        if scheduler.now - self.started > self.limit:
            self.killed = True  # timed out
        fate = scheduler.dice.random()
        kill, fail = scheduler.faults.kill, scheduler.faults.fail if fault else 0.0
        after = scheduler.dice.random() < 0.5
        if fate < kill:
            self.killed = True
        failing = kill <= fate < kill + fail
        scheduler.note(f"{self.name} {what}{' killed' * self.killed}{' fails' * failing}{' after' * after}")
        if (self.killed or failing) and not after:
            self._end(what, fault if failing else None)
        result = effect()
        if self.killed or failing:
            self._end(what, fault if failing else None)
        return result

    def _end(self, what: str, fault: Callable[[str], Exception] | None) -> None:
        if self.killed or fault is None:
            raise Killed
        raise fault(f"simulated: {what}")
