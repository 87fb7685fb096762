"""`image-release corpus make`: a labelled corpus of partner-like copies."""

from __future__ import annotations

from pathlib import Path

import click

from image_release.cli.common import FOLDER, emit, end, tell_problems
from image_release.cli.corpus.progress import counting_images
from image_release.lab.grouping import CorpusUnreadableError, RecipeError, read_originals, read_recipe
from image_release.lab.grouping import make as make_corpus


@click.command()
@click.argument("source", type=FOLDER)
@click.argument("directory", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--recipe",
    default="ordinary",
    show_default=True,
    metavar="ordinary|hard|balanced|FILE.yaml",
    help="What is done to the copies, how strongly and how often.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same files.")
@click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout, nothing else there.")
def make(source: Path, directory: Path, recipe: str, seed: int, as_json: bool) -> None:
    """Make a labelled corpus of partner-like copies.

    SOURCE holds photographs that all differ: <hotel>/<photo>, a labelled corpus (its best copies), or a workspace (what
    it published). OUT must not hold a corpus already.

    Example: image-release corpus make photos my-corpus --recipe hard
    """
    if (directory / "labels.csv").exists():
        raise click.UsageError(f"{directory}: holds a corpus already")
    try:
        wanted, originals = read_recipe(recipe), read_originals(source)
    except (RecipeError, CorpusUnreadableError) as error:
        raise click.UsageError(str(error)) from error
    if not originals:
        raise click.UsageError(f"{source}: no photographs; expected <hotel>/<photo>, labels.csv or published/hotels")
    directory.mkdir(parents=True, exist_ok=True)
    with counting_images(quiet=as_json) as tell:
        images, problems = make_corpus(originals, directory, wanted, seed, tell)
    if as_json:
        emit({"originals": len(originals) - len(problems), "images": images})
    else:
        click.echo(f"{images} images of {len(originals) - len(problems)} photographs in {directory}")
    tell_problems(problems)
    end(failed=bool(problems))
