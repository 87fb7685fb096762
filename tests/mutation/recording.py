"""Which test reaches which line, and how long it takes: a pytest plugin that records it, and what reads the record.

The plugin is loaded with `-p tests.mutation.recording`; `MUTATION_RECORD` names the folder for its files.
Each process writes one.
"""

from __future__ import annotations

import json
import os
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import coverage
import pytest

DOUBLES = {"ministack", "moto"}
"""Fixtures that start a local AWS. Tests that use them cost this much more, in seconds, because it starts each time."""
DOUBLE_S = 8.0


class Recorder:
    """Records the lines that each test reaches in this process."""

    def __init__(self, folder: Path, source: Path) -> None:
        self._file = folder / f"{os.environ.get('PYTEST_XDIST_WORKER', 'main')}.json"
        self._coverage = coverage.Coverage(data_file=None, source=[str(source)], branch=False, config_file=False)
        self._seconds: dict[str, float] = defaultdict(float)
        self._coverage.start()

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item):
        """Give what this test reaches its name."""
        self._coverage.switch_context(item.nodeid)
        if DOUBLES & set(getattr(item, "fixturenames", ())):
            self._seconds[item.nodeid] += DOUBLE_S
        result = yield
        self._coverage.switch_context("")
        return result

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Add up how long a test takes. One that does not pass holds nothing."""
        self._seconds[report.nodeid] += report.duration
        if report.outcome != "passed":
            self._seconds[report.nodeid] = float("inf")

    def pytest_sessionfinish(self) -> None:
        """Write the record of this process."""
        self._coverage.stop()
        data = self._coverage.get_data()
        reached = {
            str(Path(file).relative_to(Path.cwd())): {
                str(line): sorted(set(names) - {""}) for line, names in data.contexts_by_lineno(file).items()
            }
            for file in data.measured_files()
        }
        self._file.write_text(json.dumps({"seconds": self._seconds, "reached": reached}), encoding="utf-8")


def pytest_configure(config: pytest.Config) -> None:
    """Record in the processes that run tests, not in the one that hands them out."""
    folder = os.environ.get("MUTATION_RECORD")
    if folder and not getattr(config.option, "numprocesses", None):
        config.pluginmanager.register(Recorder(Path(folder), Path.cwd() / "shared" / "image_release"))


@dataclass(frozen=True, slots=True)
class Record:
    """What the whole run recorded: seconds of each test, and the tests that reach each line of each file."""

    seconds: dict[str, float]
    reached: dict[str, dict[int, set[str]]]

    @classmethod
    def read(cls, folder: Path) -> Record:
        """Read the files of all processes."""
        seconds: dict[str, float] = {}
        reached: dict[str, dict[int, set[str]]] = defaultdict(lambda: defaultdict(set))
        for path in sorted(folder.glob("*.json")):
            document = json.loads(path.read_text(encoding="utf-8"))
            seconds.update(document["seconds"])
            for file, lines in document["reached"].items():
                for line, names in lines.items():
                    reached[file][int(line)].update(names)
        return cls(seconds, reached)

    def tests(self, file: str, line: int, budget_s: float) -> list[str]:
        """Tests that reach a line, the nearest and shortest first, as many as fit into a budget of seconds.

        A line that is only read at import is reached by all tests that reach its file.
        """
        lines = self.reached.get(file, {})
        names = lines.get(line) or set().union(*lines.values())
        chosen, spent = [], 0.0
        for name in self._ordered(file, names):
            if chosen and spent + self.seconds.get(name, 0.0) > budget_s:
                continue
            spent += self.seconds.get(name, 0.0)
            chosen.append(name)
        return chosen

    def _ordered(self, file: str, names: Iterable[str]) -> list[str]:
        folder, module = Path(file).parent.name, Path(file).stem

        def cost(name: str) -> tuple[float, str]:
            path = name.partition("::")[0]
            near = 0.1 if Path(path).name.startswith(f"test_{module}") else 0.3 if f"/{folder}/" in path else 1.0
            return near * self.seconds.get(name, 0.0), name

        return sorted((name for name in names if self.seconds.get(name, 0.0) != float("inf")), key=cost)
