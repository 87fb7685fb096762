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
from image_release.tag import RecordedTagger, SpendingCap, Tagger

NAMES = "none|local|google|google+local|recorded:FILE"
"""What a tagger may be called, as help texts show it."""


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
        tagger = open_workspace(folder, settings, tagger=name, allowance=cap).ports().tagger
        yield tagger, tagger.problems if isinstance(tagger, RecordedTagger) else ()
