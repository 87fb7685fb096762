"""What a command costs, its child processes included, and what pieces of work cost against each other."""

from __future__ import annotations

import json
import subprocess
import sys
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


LAUNCHER = """
import json, os, subprocess, sys, time
started = time.monotonic()
process = subprocess.Popen(sys.argv[1:], stdout=subprocess.PIPE, text=True)
stdout = process.stdout.read()
_, status, usage = os.wait4(process.pid, 0)
cpu_s, peak_mb = usage.ru_utime + usage.ru_stime, usage.ru_maxrss * 1024 / 1e6
print(json.dumps([os.waitstatus_to_exitcode(status), cpu_s, peak_mb, time.monotonic() - started, stdout]))
"""
"""A small process starts what is measured: a child's peak counts from what its parent held when it was started."""


def measured(command: list[str]) -> Cost:
    """Run a command to its end. Raises CalledProcessError where it fails."""
    told = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, *command], stdout=subprocess.PIPE, check=True)
    status, cpu_s, peak_mb, wall_s, stdout = json.loads(told.stdout)
    if status:
        raise subprocess.CalledProcessError(status, command, stdout)
    return Cost(cpu_s, peak_mb, wall_s, stdout)


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
