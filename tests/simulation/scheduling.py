"""Many invocations at once, in an order that one seed decides.

Every invocation runs in a thread of its own, but only one thread runs at a time: whenever an invocation is about to ask
the outside world for something, it hands the baton back, and the scheduler decides who goes on, and what becomes of the
request: it works, it fails before it took effect, it fails after, or the invocation is killed before or after.
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
"""How often an invocation is let go on, against others: some are overtaken from beginning to end."""
STUCK_S = 60
"""Real seconds after which a simulation that does not go on is a fault of the simulation."""


class Killed(BaseException):
    """The invocation's process is gone. Not an Exception: nothing in the program may cope with it."""


@dataclass
class Faults:
    """How often what goes wrong, of all requests to the outside world."""

    fail: float = 0.0
    kill: float = 0.0
    slow: float = 0.0


@dataclass
class Scheduler:
    """The clock, the dice and the invocations under way."""

    seed: int
    faults: Faults = field(default_factory=Faults)
    now: datetime = BEGIN
    trace: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.dice = random.Random(self.seed)
        self.running: list[Invocation] = []
        self._count = 0

    def clock(self) -> datetime:
        """The time of the simulation."""
        return self.now

    def start(self, name: str, work: Callable[[Invocation], None], *, limit_s: float) -> None:
        """Start an invocation; it waits until the scheduler lets it go on."""
        self._count += 1
        self.running.append(Invocation(self, f"{name}#{self._count}", work, limit_s))

    def go_on(self) -> None:
        """Let one of the running invocations go on to its next request."""
        (invocation,) = self.dice.choices(self.running, [each.pace for each in self.running])
        invocation.step()
        if invocation.ended:
            self.running.remove(invocation)
            if invocation.error is not None:
                raise invocation.error

    def note(self, line: str) -> None:
        """Remember what happened, for replays."""
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

    def step(self) -> None:
        """Hand over the baton and wait until it comes back."""
        self._mine.release()
        if not self._theirs.acquire(timeout=STUCK_S):
            raise RuntimeError(f"{self.name} does not hand the baton back")

    def _run(self, work: Callable[[Invocation], None]) -> None:
        self._mine.acquire()
        try:
            work(self)
        except Killed:
            self.scheduler.note(f"{self.name} killed")
        except BaseException as error:  # noqa: BLE001 - told to the scheduler, which raises it
            self.error = error
        finally:
            self.ended = True
            self._theirs.release()

    def ask(self, what: str, effect: Callable[[], T], fault: Callable[[str], Exception] | None = None) -> T:
        """Ask the outside world: others may run first, and the request may fail, before or after its effect."""
        if self.killed:
            raise Killed
        self._theirs.release()
        self._mine.acquire()
        scheduler = self.scheduler
        scheduler.now += timedelta(milliseconds=scheduler.dice.choice((5, 20, 80)))
        if scheduler.dice.random() < scheduler.faults.slow:
            scheduler.now += timedelta(seconds=scheduler.dice.choice((5, 60, 150)))
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
