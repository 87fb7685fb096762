"""The kinds of pictures, such as `bedroom` and `pool`: one list for labels, models, corpora and pages (kinds.yaml)."""

from __future__ import annotations

from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict, TypeAdapter


class Kind(BaseModel):
    """What is known of a kind: see the head of kinds.yaml."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    label: str
    group: str
    scenes: tuple[str, ...]
    never_first: bool = False


@cache
def shipped_kinds() -> dict[str, Kind]:
    """All kinds by name, in the order of the file."""
    text = files("image_release").joinpath("kinds.yaml").read_text(encoding="utf-8")
    return TypeAdapter(dict[str, Kind]).validate_python(yaml.safe_load(text))


@cache
def kind_of_scene() -> dict[str, str]:
    """Category of a graded corpus -> name of the kind that it means."""
    return {scene: name for name, kind in shipped_kinds().items() for scene in kind.scenes}
