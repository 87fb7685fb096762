"""`tick`: what the suite does by itself, on a schedule: a list of jobs, each within its share of the invocation's time.

A job that fails stops no other. What it did not finish, the next tick goes on with: so a tick may be killed, come twice
or not come at all. Each job is given a suite whose `seconds_left` is the job's. Time that a job does not use goes to
those after it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from image_release.problems import printable
from image_release.serverless.due import nudge_due
from image_release.serverless.fan_out import complete_when_fanned_out
from image_release.serverless.in_force import keep_readable_settings, note_program
from image_release.serverless.keep_feed import keep_feed
from image_release.serverless.keep_tidy import keep_tidy
from image_release.serverless.label_pace import nudge_for_labels
from image_release.serverless.ports import Suite
from image_release.serverless.rounds import begin_round
from image_release.serverless.shares import resume_split

Job = Callable[[Suite], Mapping[str, int]]
"""Does some of its work while `suite.seconds_left` allows, and returns what it did: name -> number."""
JOBS: Mapping[str, Job] = {
    "program": note_program,
    "settings": keep_readable_settings,
    "completed": complete_when_fanned_out,
    "split": resume_split,
    "shared": begin_round,
    "nudged_for_labels": nudge_for_labels,
    "feed": keep_feed,
    "tidied": keep_tidy,
    "nudged": nudge_due,
}
"""The jobs by name, in their order: those that others wait for come first, and what can take all comes last."""
SHARES: Mapping[str, int] = {"nudged_for_labels": 4, "feed": 4, "nudged": 4}
"""How much of the time each job may use, in comparison with the others; a job that is not named has 1."""
USED = 0.45
"""Share of the invocation's time that all jobs together may use: what is under way then ends within half of it."""


@dataclass(slots=True)
class Ticked:
    """What each job did, and why jobs failed: job -> reason."""

    did: dict[str, dict[str, int]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def tick(suite: Suite, jobs: Mapping[str, Job] = JOBS) -> Ticked:
    """Do all jobs, also after one that failed."""
    ticked, timed = Ticked(), suite.with_share(USED)
    shares = [SHARES.get(name, 1) for name in jobs]
    for number, (name, job) in enumerate(jobs.items()):
        mine = timed.with_share(shares[number] / sum(shares[number:]))
        try:
            ticked.did[name] = dict(job(mine))
        except Exception as error:  # noqa: BLE001 - the caller reports it, and other jobs must not wait for it
            ticked.failed[name] = printable(f"{type(error).__name__}: {error}", 300)
    return ticked
