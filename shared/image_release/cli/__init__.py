"""The command line: one module a command, imported when the command is used.

Every command takes `--json` (one document on stdout, nothing else there) and `--settings`, shows progress on stderr
when that is a terminal, and ends with 0 (all well), 1 (done, but some lines, images or hotels failed), 2 (wrong use or
settings) or 130 (interrupted; the next run goes on).
"""

from __future__ import annotations

import click

from image_release.cli.lazy import LazyGroup

__all__ = ["COMMANDS", "LazyGroup", "main"]

INTERRUPTED = 130
"""Exit status after Ctrl-C: 128 and the number of SIGINT, as shells have it."""
COMMANDS = {
    "run": "Bring every hotel up to date with what was handed in.",
    "hotel": "Do these hotels now and say what became of every image.",
    "reprocess": "Do a geography, partners or hotels again, urgently.",
    "status": "Releases, requests with exact progress, outcomes, what is held.",
    "accept": "Let through a catalogue or a release that was held.",
    "sweep": "Do what is due: retries, revalidations, leftovers.",
    "override": "Record a person's decision about a photograph.",
    "estimate": "Hotels, images, CPU and money before anything runs.",
    "gallery": "Write the pages again.",
    "corpus": "Measure grouping on a labelled corpus.",
    "ranking": "Measure the order of pictures against people's grades.",
}


class _Main(LazyGroup):
    def invoke(self, ctx: click.Context) -> object:
        """Run the command; Ctrl-C ends it with 130 and a word on what is left."""
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            click.echo("interrupted: what is published is whole, and the next run goes on", err=True)
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
