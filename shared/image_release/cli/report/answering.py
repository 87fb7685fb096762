"""How a report answers: as text, one JSON document, a CSV on stdout, or a page in a file."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from image_release.cli.common import F
from image_release.cli.invocation import Invocation
from image_release.problems import printable


def answer_options(command: F) -> F:
    """Add `--csv` and `--page`."""
    page = click.option(
        "--page",
        type=click.Path(dir_okay=False, path_type=Path),
        help="Write a page with plots into this file, for any browser.",
    )
    return page(click.option("--csv", "as_csv", is_flag=True, help="A CSV on stdout, nothing else there.")(command))


def answer(
    invocation: Invocation,
    document: dict[str, Any],
    text: Callable[[], object],
    csv: Iterable[str] | None,
    page: tuple[Path, str] | None,
) -> None:
    """Write the page, if one is wanted, and answer on stdout; `csv` are the lines, or None.

    Raises click.ClickException if the page cannot be written.
    """
    if page:
        path, html = page
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(html, encoding="utf-8", errors="backslashreplace")
        except OSError as error:
            raise click.ClickException(f"{path}: {error.strerror}") from error
        click.echo(f"page written: {printable(str(path), 400)}", err=True)
    if csv is None:
        invocation.show(document, text)
        return
    for line in csv:
        click.echo(line, nl=False)


def check_answer(invocation: Invocation, *, as_csv: bool) -> None:
    """Refuse two documents on one stdout."""
    if as_csv and invocation.as_json:
        raise click.UsageError("--csv and --json: choose one of them")
