"""Measure what a command costs, with its child processes, and what tasks cost against each other."""

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
    """What a command cost: CPU time (user + system) of all its processes, and resident memory of the largest one.

    `peak_mb` is in 10^6 bytes.
    """

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
"""A small process starts the measured command, because the peak memory of a child includes what its parent held."""


def measured(command: list[str]) -> Cost:
    """Run a command to its end and measure it. Raises CalledProcessError if it fails."""
    launched = subprocess.run([sys.executable, "-S", "-c", LAUNCHER, *command], stdout=subprocess.PIPE, check=True)
    status, cpu_s, peak_mb, wall_s, stdout = json.loads(launched.stdout)
    if status:
        raise subprocess.CalledProcessError(status, command, stdout)
    return Cost(cpu_s, peak_mb, wall_s, stdout)


Samples = dict[str, list[float]]
"""Task -> CPU seconds of each round."""


def interleaved(tasks: Mapping[str, Callable[[], object]], rounds: int) -> Samples:
    """Measure CPU seconds of each task in each round; the tasks take turns, and a first round only warms up.

    If a task returns a float, that is its cost, measured in another process. Otherwise this process' CPU time counts.
    """
    samples: Samples = {name: [] for name in tasks}
    for number in range(rounds + 1):
        for name, task in tasks.items():
            started = time.process_time()
            cost = task()
            spent = cost if isinstance(cost, float) else time.process_time() - started
            if number:
                samples[name].append(spent)
    return samples


def typical(samples: Samples, name: str) -> float:
    """Median of a task's rounds, in CPU seconds."""
    return median(samples[name])


def ratio(samples: Samples, name: str, by: str) -> float:
    """How many times as much one task costs as another: the median of each round's ratio, which load disturbs least."""
    return median(one / other for one, other in zip(samples[name], samples[by], strict=True))
