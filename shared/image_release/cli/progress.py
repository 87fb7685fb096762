"""The progress bar of all commands, on stderr and only if that is a terminal."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager


@contextmanager
def progress_bar(total: int | None, *, quiet: bool, unit: str = "hotels") -> Iterator[Callable[[int], None]]:
    """Show how many hotels, or other units, are done, with their images.

    Yields a function that is called after each unit with its number of images. `total` is None if it is unknown.
    """
    if quiet or not sys.stderr.isatty():
        yield lambda _images: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

    columns = (
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("{task.fields[images]} images · {task.fields[rate]:.1f} images/s"),
        TimeRemainingColumn(),
    )
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(unit, total=total, images=0, rate=0.0)
        images, begun = 0, time.monotonic()

        def advance(more_images: int) -> None:
            nonlocal images
            images += more_images
            bar.update(task, advance=1, images=images, rate=images / (time.monotonic() - begun))

        yield advance
