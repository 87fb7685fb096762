"""`image-release corpus make`: makes a labelled corpus of copies like those of partners."""

from __future__ import annotations

from pathlib import Path

import click

from image_release.cli.common import FOLDER, end, json_option, show, tell_problems
from image_release.cli.corpus.progress import corpus_progress
from image_release.lab.grouping import CorpusUnreadableError, RecipeError, make_corpus, read_originals, read_recipe


@click.command()
@click.argument("source", type=FOLDER)
@click.argument("directory", metavar="OUT", type=click.Path(file_okay=False, path_type=Path))
@click.option(
    "--recipe",
    default="ordinary",
    show_default=True,
    metavar="ordinary|hard|balanced|FILE.yaml",
    help="Which changes are made to the copies, how strong and how often.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="The same seed gives the same files.")
@json_option
def make(source: Path, directory: Path, recipe: str, seed: int, as_json: bool) -> None:
    """Make a labelled corpus of copies like those of partners.

    SOURCE holds photographs that all differ: a folder of <hotel>/<photo>, a labelled corpus (its best copies are used),
    or a workspace (its published pictures are used). OUT must not hold a corpus yet.

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
    with corpus_progress(len(originals), quiet=as_json, unit="photographs") as on_original:
        images, problems = make_corpus(originals, directory, wanted, seed, on_original)
    used = len(originals) - len(problems)
    text = f"{images} images of {used} photographs in {directory}"
    show({"originals": used, "images": images}, text, as_json=as_json)
    tell_problems(problems)
    end(failed=bool(problems))
