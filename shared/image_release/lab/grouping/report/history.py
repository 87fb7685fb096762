"""The history of a report: one line of JSON for each run, so that each run adds a point to the curves."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

from image_release.problems import Problem

FILE = "history.jsonl"
GIT_TIMEOUT_S = 10
UNKNOWN = "unknown"


class EvaluationRun(BaseModel):
    """One evaluation: its time, the commit of the program, the corpus, and the results."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    commit: str
    corpus: str
    measures: Mapping[str, float | None]
    cost_ms: Mapping[str, float]


def append(folder: Path, run: EvaluationRun) -> None:
    """Append a run to the file. An unfinished last line of an interrupted run is ended first."""
    path = folder / FILE
    before = path.read_bytes() if path.is_file() else b""
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if before and not before.endswith(b"\n") else "") + run.model_dump_json() + "\n")


def read(folder: Path, corpus: str) -> tuple[list[EvaluationRun], list[Problem]]:
    """The runs on a corpus, oldest first, and the lines that cannot be read."""
    path = folder / FILE
    if not path.is_file():
        return [], []
    runs, problems = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        try:
            run = EvaluationRun.model_validate_json(line)
        except ValidationError:
            problems.append(Problem(str(path), number, line, "is not the run of an evaluation"))
            continue
        if run.corpus == corpus:
            runs.append(run)
    return runs, problems


def commit_of_the_program() -> str:
    """The commit of the program's checkout, with `+` if files are changed; `unknown` if it is not a git checkout."""
    folder = Path(__file__).parent
    if _git(folder, ("ls-files", "--error-unmatch", Path(__file__).name)) is None:
        return UNKNOWN
    commit = _git(folder, ("rev-parse", "--short=12", "HEAD"))
    changed = _git(folder, ("status", "--porcelain", "--untracked-files=no"))
    return f"{commit}+" if commit and changed else commit or UNKNOWN


def _git(folder: Path, arguments: Sequence[str]) -> str | None:
    """The output of a git command in this folder, or None if git is missing or fails."""
    git = shutil.which("git")
    if git is None:
        return None
    try:
        ended = subprocess.run(  # noqa: S603 - the arguments are our own
            [git, "-C", str(folder), *arguments], capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout.strip()
