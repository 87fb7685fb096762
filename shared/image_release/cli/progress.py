"""Progress over hotels, on stderr, when that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from image_release.one_machine.workers import HotelResult


@contextmanager
def hotel_progress(total: int | None, *, quiet: bool) -> Iterator[Callable[[HotelResult], None]]:
    """Show a bar of hotels, the number of images and their rate; gives a function to call with each result.

    `total` None: the number of hotels is not known. Nothing is shown if `quiet` or if stderr is no terminal.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("hotels"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[images]} images · {task.fields[rate]:.1f} images/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("hotels", total=total, images=0, rate=0.0)
        images, started = 0, time.monotonic()

        def advance(result: HotelResult) -> None:
            nonlocal images
            images += sum(result.outcomes.values())
            bar.update(task, advance=1, images=images, rate=images / (time.monotonic() - started))

        yield advance
