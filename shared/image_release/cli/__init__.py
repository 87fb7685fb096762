"""The command line: each command has a module, which is imported only when the command is used.

Every command takes `--json` (one document on stdout, nothing else there) and `--settings`. It shows progress on stderr
if that is a terminal. Its exit status is 0 (everything worked), 1 (done, but some lines, images or hotels failed), 2
(wrong use or wrong settings) or 130 (interrupted; the next run continues).
"""

from __future__ import annotations

import click

from image_release.cli.lazy_group import LazyGroup

__all__ = ["COMMANDS", "LazyGroup", "main"]

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 plus the number of SIGINT, as in shells."""
COMMANDS = {
    "run": "Apply what is new in the inbox and process every hotel that changed.",
    "hotel": "Process these hotels now and list the outcome of every image.",
    "reprocess": "Process the hotels of a region or a partner again, now.",
    "status": "Show the release, progress of requests, outcomes, what is held.",
    "accept": "Accept a catalogue or a release that is held.",
    "sweep": "Delete files that nothing names, for hotels where this is due.",
    "override": "Record a person's decision about a photograph.",
    "estimate": "Estimate images, CPU time and cost before anything runs.",
    "gallery": "Write all pages of the gallery again.",
    "corpus": "Measure grouping on a labelled corpus.",
    "ranking": "Measure the order of pictures against people's grades.",
}


class _Main(LazyGroup):
    def invoke(self, ctx: click.Context) -> object:
        """Run the command. Ctrl-C ends it with status 130 and a sentence on stderr."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted: every published hotel is complete, and the next run continues", err=True)
            ctx.exit(INTERRUPTED)


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
