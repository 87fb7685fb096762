"""`image-release corpus pair`: compares any two images, and says why they are one picture or two."""

from __future__ import annotations

from pathlib import Path

import click

from image_release.cli.common import FOLDER, json_option, settings_option, show
from image_release.lab.grouping import CorpusUnreadableError, read_labels
from image_release.lab.grouping.report import ImageUnreadableError, compare_files, read_side
from image_release.settings_files import SettingsError, load_settings


@click.command()
@click.argument("one", metavar="IMAGE")
@click.argument("other", metavar="IMAGE")
@click.option("--out", type=click.Path(dir_okay=False, path_type=Path), help="Write the page into this HTML file.")
@click.option("--corpus", type=FOLDER, help="A corpus; both images are named as in its labels.csv.")
@settings_option
@json_option
def pair(
    one: str, other: str, out: Path | None, corpus: Path | None, settings_file: Path | None, as_json: bool
) -> None:
    """Compare two images as if the hotel had no others, and say why they are one picture or two.

    The page shows the aligned images, their difference, how well each block agrees, the distances of the published
    method, and every statistic of the score.

    Example: image-release corpus pair lobby.jpg lobby-copy.jpg --out pair.html
    """
    try:
        settings = load_settings(settings_file)
        labels = {item.image: item.label for item in read_labels(corpus)[0]} if corpus else {}
        folder = corpus / "images" if corpus else Path()
        first, second = (read_side(folder / name, name, labels.get(name), settings) for name in (one, other))
    except (SettingsError, CorpusUnreadableError, ImageUnreadableError) as error:
        raise click.UsageError(str(error)) from error
    found = compare_files(first, second, settings)
    if out is not None:
        out.write_text(found.page, encoding="utf-8")
    document = {"joined": found.joined, "score": found.score, "sentence": found.sentence}
    show(document, found.sentence, as_json=as_json)
