"""The command line: each command has a module, which is imported only when the command is used.

Every command takes `--json` (one document on stdout, nothing else there) and `--settings`. It shows progress on stderr
if that is a terminal. Its exit status is 0 (everything worked), 1 (done, but some lines, images or hotels failed), 2
(wrong use or wrong settings), 130 or 143 (ended by Ctrl-C or SIGTERM; the next run continues).
"""

from __future__ import annotations

import os
import signal
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

import click

from image_release.cli.lazy_group import LazyGroup
from image_release.problems import printable

__all__ = ["COMMANDS", "LazyGroup", "TerminatedError", "main", "status_after"]

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 plus the number of SIGINT, as in shells."""
TERMINATED = 143
"""Exit status after SIGTERM: 128 plus its number."""
SHOW_TRACEBACK = "IMAGE_RELEASE_TRACEBACK"
"""Environment variable for developers: show where an unexpected error came from."""
COMMANDS = {
    "run": "Apply what is new in the inbox and process every hotel that changed.",
    "hotel": "Process these hotels now and list the outcome of every image.",
    "reprocess": "Process the hotels of a region or a partner again, now.",
    "status": "Show the release, progress of requests, outcomes, what is held.",
    "changes": "Show what a run, a request or a release changed, the worst first.",
    "accept": "Accept a catalogue or a release that is held.",
    "sweep": "Delete files that nothing names, for hotels where this is due.",
    "check": "Tell what is lost or damaged in the workspace, and mend it.",
    "override": "Record a person's decision about a photograph.",
    "everywhere": "Find a picture in every hotel, and decide about it once for all.",
    "shared": "Find photographs that several hotels share.",
    "desk": "Open the pages on which people see and correct hotels.",
    "estimate": "Estimate images, CPU time and cost before anything runs.",
    "gallery": "Write all pages of the gallery again.",
    "report": "Report what partners bring, and which hotels lack good pictures.",
    "corpus": "Measure grouping on a labelled corpus.",
    "ranking": "Measure the order of pictures against people's grades.",
}


class TerminatedError(KeyboardInterrupt):
    """SIGTERM arrived: the command ends in the same way as after Ctrl-C."""


def status_after(signalled: KeyboardInterrupt) -> int:
    """Exit status of a command that a signal ended."""
    return TERMINATED if isinstance(signalled, TerminatedError) else INTERRUPTED


class _Main(LazyGroup):
    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Ctrl-C ends it with status 130, SIGTERM with 143, both with a sentence on stderr.

        So does an error that no command expects, with status 1: people get a sentence, and developers can ask for more.
        """
        try:
            with _sigterm_raised():
                return super().invoke(ctx)
        except KeyboardInterrupt as error:
            click.echo("interrupted: every published hotel is complete, and the next run continues", err=True)
            ctx.exit(status_after(error))
        except (click.ClickException, click.exceptions.Exit, click.Abort, BrokenPipeError):
            raise
        except Exception as error:  # noqa: BLE001 - no traceback reaches a user
            said = printable(f"{type(error).__name__}: {error}", 400)
            click.echo(f"error: the command failed: {said} (with {SHOW_TRACEBACK}=1 it says where)", err=True)
            if os.environ.get(SHOW_TRACEBACK):
                click.echo(traceback.format_exc(), err=True)
            ctx.exit(1)


@contextmanager
def _sigterm_raised() -> Iterator[None]:
    """Raise SIGTERM as an exception, once: a second one ends the process at once. One that is ignored stays so."""

    def terminate(number: int, frame: object) -> NoReturn:
        del frame
        signal.signal(number, signal.SIG_DFL)
        raise TerminatedError

    before = signal.getsignal(signal.SIGTERM)
    if before is not signal.SIG_IGN:
        signal.signal(signal.SIGTERM, terminate)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@click.command(
    cls=_Main,
    package=__name__,
    summaries=COMMANDS,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="image-release")
def main() -> None:
    """From what travel partners send to the distinct, good pictures of each hotel, best first, in every size.

    Example: image-release run --photos my-photos --workspace my-workspace
    """
