"""The history of a report: one line of JSON a run, so that each push adds a point to the curves."""

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


class Run(BaseModel):
    """One evaluation: when, of which program, on which corpus, and what came out."""

    model_config = ConfigDict(frozen=True)

    at: datetime
    commit: str
    corpus: str
    measures: Mapping[str, float | None]
    cost_ms: Mapping[str, float]


def append(folder: Path, run: Run) -> None:
    """Add a run; a line that an interrupted run left unfinished stays a line of its own."""
    path = folder / FILE
    before = path.read_bytes() if path.is_file() else b""
    with path.open("a", encoding="utf-8") as file:
        file.write(("\n" if before and not before.endswith(b"\n") else "") + run.model_dump_json() + "\n")


def read(folder: Path, corpus: str) -> tuple[list[Run], list[Problem]]:
    """The runs on a corpus, oldest first, and the lines that cannot be read."""
    path = folder / FILE
    if not path.is_file():
        return [], []
    runs, problems = [], []
    for number, line in enumerate(path.read_text(encoding="utf-8", errors="replace").splitlines(), start=1):
        try:
            run = Run.model_validate_json(line)
        except ValidationError:
            problems.append(Problem(str(path), number, line, "is no run of an evaluation"))
            continue
        if run.corpus == corpus:
            runs.append(run)
    return runs, problems


def commit_of_the_program() -> str:
    """The commit that this program was checked out at, with `+` where something is changed; `unknown` without one."""
    folder = Path(__file__).parent
    if _git(folder, ("ls-files", "--error-unmatch", Path(__file__).name)) is None:
        return UNKNOWN
    commit = _git(folder, ("rev-parse", "--short=12", "HEAD"))
    changed = _git(folder, ("status", "--porcelain", "--untracked-files=no"))
    return f"{commit}+" if commit and changed else commit or UNKNOWN


def _git(folder: Path, words: Sequence[str]) -> str | None:
    """What git says, or None where there is no git or it has nothing to say about this folder."""
    git = shutil.which("git")
    if git is None:
        return None
    try:
        ended = subprocess.run(  # noqa: S603 - our own words
            [git, "-C", str(folder), *words], capture_output=True, text=True, timeout=GIT_TIMEOUT_S, check=True
        )
    except (OSError, subprocess.SubprocessError):
        return None
    return ended.stdout.strip()
