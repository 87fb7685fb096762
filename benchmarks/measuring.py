"""What a command costs, its child processes included, and what pieces of work cost against each other."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from statistics import median


@dataclass(frozen=True, slots=True)
class Cost:
    """CPU is user + system of all processes; `peak_mb` (10^6 bytes) is the resident memory of the largest one."""

    cpu_s: float
    peak_mb: float
    wall_s: float
    stdout: str

    def figures(self) -> dict[str, float]:
        """The numbers alone."""
        return {"cpu_s": round(self.cpu_s, 1), "peak_mb": round(self.peak_mb), "wall_s": round(self.wall_s, 1)}


@dataclass(frozen=True, slots=True)
class Bound:
    """What a measurement must not exceed."""

    name: str
    figure: str
    most: float

    def holds(self, cost: Cost) -> bool:
        """Whether it does not."""
        return float(getattr(cost, self.figure)) <= self.most

    def told(self, cost: Cost) -> str:
        """One sentence for a person."""
        return f"{self.name}: {self.figure} is {getattr(cost, self.figure):.1f}, more than {self.most:g}"


def measured(command: list[str]) -> Cost:
    """Run a command to its end. Raises CalledProcessError where it fails."""
    with tempfile.TemporaryFile("w+") as out:
        started = time.monotonic()
        process = subprocess.Popen(command, stdout=out, text=True)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall_s = time.monotonic() - started
        out.seek(0)
        stdout = out.read()
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command, stdout)
    return Cost(usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6, wall_s, stdout)


Samples = dict[str, list[float]]
"""What was measured -> CPU seconds of each round."""


def interleaved(tasks: Mapping[str, Callable[[], object]], rounds: int) -> Samples:
    """CPU seconds of each task in each round, all tasks in turn; a first round warms up and does not count.

    What a task returns as a number is its cost (it was measured in another process); else this process' CPU counts.
    """
    samples: Samples = {name: [] for name in tasks}
    for number in range(rounds + 1):
        for name, task in tasks.items():
            started = time.process_time()
            told = task()
            spent = told if isinstance(told, float) else time.process_time() - started
            if number:
                samples[name].append(spent)
    return samples


def typical(samples: Samples, name: str) -> float:
    """Median of the rounds."""
    return median(samples[name])


def ratio(samples: Samples, name: str, by: str) -> float:
    """How many times as much one costs as another: the median of the rounds' own ratios, which load disturbs least."""
    return median(one / other for one, other in zip(samples[name], samples[by], strict=True))
