"""The taggers that the commands of `ranking` are given by name, for a corpus in place of a workspace."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from image_release.lab.ordering import RECORDED
from image_release.one_machine.workspace import open_workspace
from image_release.problems import Problem
from image_release.settings import Settings
from image_release.tag import BothTagger, RecordedTagger, SpendingCap, Tagger

NAMES = "none|local|google|google+local|recorded:FILE[+local]"
"""What a tagger may be called, as help texts show it."""

AND_LOCAL = "+local"
"""End of a name whose labels are recorded and whose looks come from the local model."""


def usual_tagger(directory: Path) -> str:
    """Name of the tagger that a corpus is judged by if nobody names one: its recorded labels, or none."""
    recorded = directory / RECORDED
    return f"recorded:{recorded}" if recorded.is_file() else "none"


@contextmanager
def tagger_called(name: str, settings: Settings) -> Iterator[tuple[Tagger, tuple[Problem, ...]]]:
    """The tagger of this name, with the bad lines of its file; a paid one may spend what the settings allow a run.

    Raises WorkspaceError where it cannot be built.
    """
    with tempfile.TemporaryDirectory() as folder:
        cap = SpendingCap(Path(folder) / "tagged", settings.tagging.max_images_a_run)
        recorded = name.startswith("recorded:") and name.endswith(AND_LOCAL)
        names = (name.removesuffix(AND_LOCAL), AND_LOCAL.removeprefix("+")) if recorded else (name,)
        taggers = [open_workspace(folder, settings, tagger=one, allowance=cap).ports().tagger for one in names]
        problems = taggers[0].problems if isinstance(taggers[0], RecordedTagger) else ()
        yield BothTagger(*taggers) if recorded else taggers[0], problems
