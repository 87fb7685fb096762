"""What a command costs, its child processes included: CPU and the memory of the largest process."""

from __future__ import annotations

import os
import subprocess
import tempfile
import time
from dataclasses import dataclass


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
