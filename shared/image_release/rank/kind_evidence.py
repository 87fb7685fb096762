"""What kind of picture the labels tell of: the words that tell it surely, in part, or not at all (evidence.yaml)."""

from __future__ import annotations

import math
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

import yaml
from pydantic import BaseModel, ConfigDict

from image_release.folding import letters
from image_release.kinds import shipped_kinds
from image_release.settings import GENERAL_KIND

NAMES_THE_KIND = 3.0
"""Evidence of a word that names the kind itself, as a multiple of its score."""
HINT = 0.5
"""Evidence of a word for a thing that stands in pictures of many kinds."""


class WordLists(BaseModel):
    """The lists of evidence.yaml, whose head explains them."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    names: tuple[str, ...]
    hints: tuple[str, ...]
    building: tuple[str, ...]
    inside: tuple[str, ...]


@cache
def shipped_evidence() -> WordLists:
    """The lists of words that are shipped with the program: `rank/evidence.yaml`."""
    text = files("image_release").joinpath("rank/evidence.yaml").read_text(encoding="utf-8")
    return WordLists.model_validate(yaml.safe_load(text))


def kind_shares(labels: Mapping[str, tuple[str, float]]) -> dict[str, float]:
    """Kind -> its share of all evidence, the largest first; empty if no label tells a kind.

    `labels`: letters of the name -> its kind and score. Of two kinds with equal evidence the first by name is first.
    """
    weights, building, inside = _words()
    silent = frozenset[str]() if inside.isdisjoint(labels) else building
    evidence: dict[str, list[float]] = {}
    for name, (kind, score) in labels.items():
        if kind != GENERAL_KIND and name not in silent:
            evidence.setdefault(kind, []).append(score * weights.get(name, 1.0))
    sums = {kind: math.fsum(scores) for kind, scores in sorted(evidence.items())}
    total = math.fsum(sums.values()) or 1.0
    return {kind: sums[kind] / total for kind in sorted(sums, key=lambda kind: -sums[kind])}


@cache
def _words() -> tuple[Mapping[str, float], frozenset[str], frozenset[str]]:
    """Weights of the words that do not count once, words of buildings, and words of an inside; all by their letters."""
    lists = shipped_evidence()
    names = (*lists.names, *(kind.label for kind in shipped_kinds().values()))
    weights = {letters(word): HINT for word in lists.hints} | {letters(word): NAMES_THE_KIND for word in names}
    return weights, frozenset(map(letters, lists.building)), frozenset(map(letters, lists.inside))
