"""Run tests on copies of the repository, each with one mutant in it."""

from __future__ import annotations

import itertools
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.conftest import ROOT
from tests.mutation.recording import Record

PASSED, FAILED = 0, 1
"""pytest's exit codes: all tests passed; some failed. Others: the mutant cannot be imported."""
LEAST_S = 60
"""Least time that a mutant's tests get, in seconds. A mutant that hangs is killed by it."""
SLOWER = 5
"""How many times slower than recorded the tests of a mutant may be."""
SUITE = ("tests/unit", "tests/integration")
LEFT_OUT = (
    "tests/unit/test_house.py",
    "tests/unit/test_architecture.py",
    "tests/unit/test_layers.py",
    "tests/unit/test_pages_are_current.py",
    "tests/unit/samples",
    "tests/unit/lab",
    "tests/integration/lab",
    "tests/integration/test_images_that_kill.py",
    "tests/integration/test_label_server.py",
    "tests/integration/test_function_start.py",
)
"""Tests that read the source instead of running it, or that test what is not mutated."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """Whether tests found a mutant, what they said, and the seconds they took."""

    killed: bool
    said: str
    seconds: float


class Copy:
    """A copy of the repository in which files are changed and tests are run."""

    _clock = itertools.count(1_000_000_000)

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        listed = subprocess.run(
            ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
            cwd=ROOT, check=True, capture_output=True, text=True,
        ).stdout  # fmt: skip
        for name in filter(None, listed.split("\0")):
            if (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)

    def record(self) -> Record:
        """Run the whole suite on the unchanged program and record which test reaches which line."""
        place = self.folder / ".record"
        place.mkdir()
        left_out = [f"--ignore={path}" for path in LEFT_OUT]
        suite = [*SUITE, *left_out, "--numprocesses=2", "--dist=loadfile"]
        if self._pytest(suite, {"MUTATION_RECORD": str(place)}, None) not in (PASSED, FAILED):
            raise SystemExit(f"the tests do not run on the unchanged program:\n{self._said()}")
        return Record.read(place)

    def check(self, tests: Sequence[str]) -> None:
        """Run tests on the unchanged program. If one fails or does not exist, it would seem to kill every mutant."""
        if self._pytest([*tests, "--numprocesses=2", "--dist=loadfile"], {}, None) != PASSED:
            raise SystemExit(f"tests do not pass on the unchanged program:\n{self._said()}")

    def judge(self, file: str, mutated: bytes, tests: Sequence[str], limit_s: float) -> Verdict:
        """Run tests with one file changed, and put the file back."""
        path = self.folder / file
        before = path.read_bytes()
        began = time.monotonic()
        try:
            self._write(path, mutated)
            code = self._pytest([*tests, "-x", "-p", "no:xdist"], {}, limit_s)
        finally:
            self._write(path, before)
        seconds = time.monotonic() - began
        if code is None:
            return Verdict(True, "the tests hang", seconds)
        return Verdict(code != PASSED, "" if code in (PASSED, FAILED) else "it cannot be imported", seconds)

    def _said(self) -> str:
        return (self.folder / ".said").read_text(encoding="utf-8", errors="replace")[-2000:]

    def _write(self, path: Path, data: bytes) -> None:
        path.write_bytes(data)
        stamp = next(self._clock)  # byte code is kept by time and size: each version gets a time of its own
        os.utime(path, (stamp, stamp))

    def _pytest(self, arguments: Sequence[str], more: dict[str, str], limit_s: float | None) -> int | None:
        names = self.folder / ".tests"
        names.write_text("\n".join(arguments), encoding="utf-8")
        command = [sys.executable, "-m", "pytest", "-p", "tests.mutation.recording", "--hypothesis-seed=0", f"@{names}"]
        environment = {
            **os.environ,
            "PYTHONPATH": f"{self.folder / 'shared'}{os.pathsep}{self.folder}",
            "IMAGE_RELEASE_DOUBLES": os.environ.get("IMAGE_RELEASE_DOUBLES", str(ROOT / ".doubles")),
            "OPENBLAS_NUM_THREADS": "1",
            **more,
        }
        with (self.folder / ".said").open("wb") as said:
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=said, stderr=said, start_new_session=True
            )
            try:
                return process.wait(limit_s)
            except subprocess.TimeoutExpired:
                return None
            finally:
                if process.poll() is None:
                    os.killpg(process.pid, signal.SIGKILL)
                    process.wait()


@contextmanager
def copies(number: int) -> Iterator[list[Copy]]:
    """Make copies of the repository, and delete them afterwards."""
    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        yield [Copy(Path(folder) / str(index)) for index in range(number)]


def limit_s(record: Record, tests: Sequence[str]) -> float:
    """Seconds after which the tests of a mutant count as hanging."""
    return LEAST_S + SLOWER * sum(record.seconds.get(name, 0.0) for name in tests)
