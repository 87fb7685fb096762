"""Makes a labelled corpus: copies as partners make them, from photographs that are known to differ.

The photographs come from a folder (`<hotel>/<photo>`), from a labelled corpus (the cleanest copy of each picture) or
from a workspace (the largest rendition of each published picture). The same seed and recipe give the same files.
"""

from __future__ import annotations

import csv
import io
import json
import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Self

import yaml
from PIL import Image
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator

from image_release.decode import decode_full, read_header
from image_release.lab.grouping.attacks import ATTACKS
from image_release.lab.grouping.labels import read_labels
from image_release.lab.size_filter import ANY_SIZE
from image_release.outcomes import Rejection
from image_release.problems import Problem, printable
from image_release.values import key_part, sha256_hex

SHIPPED_RECIPES = ("ordinary", "hard", "balanced")
IMAGE_EXTENSIONS = frozenset({".jpg", ".jpeg", ".png", ".webp", ".avif", ".tif", ".tiff", ".gif"})
Share = Annotated[float, Field(ge=0, le=1)]
Range = tuple[float, float]


class RecipeError(Exception):
    """A recipe cannot be used. The message names file, path, value and rule."""


class _RecipePart(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class AttackRecipe(_RecipePart):
    """The range of an attack's strength, and its weight when attacks are chosen."""

    attack: str
    weight: float = Field(1, gt=0)
    strength: Range = (1, 1)

    @field_validator("attack")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in ATTACKS:
            raise ValueError(f"must be one of {', '.join(sorted(ATTACKS))}")
        return name


class CleanRecipe(_RecipePart):
    """Copies without an attack: the first one of each picture, and `share` of the others."""

    share: Share
    sides: tuple[int, ...] = Field(min_length=1)
    quality: tuple[int, int]


class Recipe(_RecipePart):
    """The copies that are made of each photograph. Sides are longer sides in pixels; ranges include both ends."""

    partners: tuple[str, ...] = Field(min_length=2)
    copies: tuple[int, int]
    clean: CleanRecipe
    sides: tuple[int, ...] = Field(min_length=1)
    quality: tuple[int, int]
    attacks_a_copy: tuple[int, int]
    attacks: dict[str, AttackRecipe] = Field(min_length=1)

    @model_validator(mode="after")
    def _fits(self) -> Self:
        if self.copies[1] + 1 > len(self.partners):
            raise ValueError("needs a partner for the clean copy and one for each other copy")
        if self.attacks_a_copy[1] > len(self.attacks):
            raise ValueError("attacks_a_copy is higher than the number of attacks")
        return self


@dataclass(frozen=True, slots=True)
class Original:
    """One photograph. No other photograph of its hotel shows the same."""

    hotel_id: str
    label: str
    path: Path


def read_recipe(name: str) -> Recipe:
    """Read a shipped recipe by its name, or one from a YAML file. Raises RecipeError."""
    try:
        source = files(__package__) / "recipes" / f"{name}.yaml" if name in SHIPPED_RECIPES else Path(name)
        return Recipe.model_validate(yaml.safe_load(source.read_text(encoding="utf-8")))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise RecipeError(f"{printable(name)}: {printable(str(error), 200)}") from error
    except ValidationError as error:
        lines = [
            f"{printable(name)}: {'.'.join(str(part) for part in item['loc'])}: {item['msg']}"
            for item in error.errors()
        ]
        raise RecipeError("\n".join(lines)) from error


def read_originals(source: Path) -> list[Original]:
    """List the photographs of a labelled corpus, of a workspace, or of a folder. Raises CorpusUnreadableError."""
    if (source / "labels.csv").is_file():
        first: dict[str, Original] = {}
        for item in read_labels(source)[0]:
            if item.best and not item.is_placeholder and "same_bytes" not in item.attacks:
                first.setdefault(item.label, Original(item.hotel_id, item.label, source / "images" / item.image))
        return [first[label] for label in sorted(first)]
    if (source / "published" / "hotels").is_dir():
        return list(_published_originals(source / "published"))
    return [
        Original(path.parent.name, f"{path.parent.name}/{path.stem}", path)
        for path in sorted(source.glob("*/*"))
        if path.suffix.lower() in IMAGE_EXTENSIONS
    ]


def make_corpus(
    originals: list[Original], out: Path, recipe: Recipe, seed: int, on_original: Callable[[str, int], None]
) -> tuple[int, list[Problem]]:
    """Write `images/` and `labels.csv` below `out`.

    `on_original` is called after each photograph with its hotel and its number of copies. Returns the number of images,
    and a problem for each photograph that cannot be read.
    """
    rows: list[tuple[str, str, str, str, int]] = []
    problems = []
    for original in originals:
        photograph = _decode(original.path)
        if isinstance(photograph, Rejection):
            problems.append(Problem(str(original.path), 0, original.path.name, photograph.reason))
            continue
        made = list(_copies(photograph, recipe, random.Random(f"{seed}/{original.label}")))  # noqa: S311 - a seed is wanted
        for partner, name, data, notes in made:
            hotel = key_part(original.hotel_id)
            path = out / "images" / hotel / partner / f"{name}.jpg"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            best = int(notes[0].startswith("side:"))
            rows.append((f"{hotel}/{partner}/{name}.jpg", original.hotel_id, original.label, "|".join(notes), best))
        on_original(original.hotel_id, len(made))
    with (out / "labels.csv").open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file, lineterminator="\n")
        writer.writerow(("image", "hotel_id", "label", "attacks", "best"))
        writer.writerows(sorted(rows))
    return len(rows), problems


def _copies(
    photograph: Image.Image, recipe: Recipe, chance: random.Random
) -> Iterator[tuple[str, str, bytes, tuple[str, ...]]]:
    """Yield partner, file name, bytes and notes of each copy: first a clean one, then attacked ones."""
    partners = chance.sample(recipe.partners, len(recipe.partners))
    attacked = [chance.random() >= recipe.clean.share for _ in range(chance.randint(*recipe.copies))]
    for partner, is_attacked in zip(partners, [False, *attacked], strict=False):
        notes: list[str] = []
        copy = photograph
        if is_attacked:
            for name in _chosen(recipe, chance):
                item = recipe.attacks[name]
                strength = chance.uniform(*item.strength)
                copy = ATTACKS[item.attack](copy, strength, chance)
                notes.append(name if item.strength == (1, 1) else f"{name}:{strength:.3g}")
        side = chance.choice(recipe.sides if is_attacked else recipe.clean.sides)
        quality = chance.randint(*(recipe.quality if is_attacked else recipe.clean.quality))
        copy = copy.copy()
        copy.thumbnail((side, side), Image.Resampling.LANCZOS)
        out = io.BytesIO()
        copy.save(out, "JPEG", quality=quality)
        notes += [f"side:{max(copy.size)}", f"q:{quality}"]
        yield partner, f"{chance.getrandbits(40):010x}", out.getvalue(), tuple(notes)


def _chosen(recipe: Recipe, chance: random.Random) -> list[str]:
    """Names of different attacks, chosen at random by their weights."""
    left = dict(recipe.attacks)
    chosen = []
    for _ in range(chance.randint(*recipe.attacks_a_copy)):
        names = list(left)
        name = chance.choices(names, [left[each].weight for each in names])[0]
        chosen.append(name)
        del left[name]
    return chosen


def _decode(path: Path) -> Image.Image | Rejection:
    data = path.read_bytes()
    facts = read_header(data, sha256_hex(data), ANY_SIZE)
    return facts if isinstance(facts, Rejection) else decode_full(data, facts)


def _published_originals(published: Path) -> Iterator[Original]:
    for path in sorted(published.glob("hotels/*/manifest.json")):
        document = json.loads(path.read_bytes())
        for picture in document["pictures"]:
            largest = max(picture["renditions"], key=lambda rendition: rendition["width"] * rendition["height"])
            label = f"{document['hotel_id']}/{picture['best']['sha256'][:12]}"
            yield Original(document["hotel_id"], label, published / largest["key"])
