"""`tick`: what the suite does by itself, on a schedule: a list of jobs, each within its share of the invocation's time.

A job that fails stops no other. What it did not finish, the next tick goes on with: so a tick may be killed, come twice
or not come at all.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from image_release.problems import printable
from image_release.serverless.due import nudge_due
from image_release.serverless.fan_out import complete_when_fanned_out
from image_release.serverless.ports import Suite
from image_release.serverless.shares import resume_split

Job = Callable[[Suite], Mapping[str, int]]
"""Does some of its work while `suite.seconds_left` allows, and returns what it did: name -> number."""
JOBS: Mapping[str, Job] = {
    "completed": complete_when_fanned_out,
    "split": resume_split,
    "nudged": nudge_due,
}
"""The jobs by name, in their order: those that others wait for come first."""


@dataclass(slots=True)
class Ticked:
    """What each job did, and why jobs failed: job -> reason."""

    did: dict[str, dict[str, int]] = field(default_factory=dict)
    failed: dict[str, str] = field(default_factory=dict)


def tick(suite: Suite, jobs: Mapping[str, Job] = JOBS) -> Ticked:
    """Do all jobs, also after one that failed."""
    ticked = Ticked()
    for name, job in jobs.items():
        try:
            ticked.did[name] = dict(job(suite))
        except Exception as error:  # noqa: BLE001 - the caller reports it, and other jobs must not wait for it
            ticked.failed[name] = printable(f"{type(error).__name__}: {error}", 300)
    return ticked
