"""The gate: the worst value of each measure that passes in CI."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from image_release.lab.grouping.measures import GroupingMeasures

GATE: Mapping[str, float] = MappingProxyType(
    {
        "purity": 0.997,
        "completeness": 0.99,
        "duplicates": 0.006,
        "lost": 0.0025,
        "pair_precision": 0.997,
        "pair_recall": 0.99,
        "pair_f1": 0.99,
        "best_right": 0.96,
    }
)
LESS_IS_BETTER = frozenset({"duplicates", "lost"})
MIN_FOUND_OF_ATTACK = 0.95
"""Minimum share of an attack's pairs that grouping has to join."""
FEW_PAIRS = 30
"""Number of pairs below which an attack is shown but not checked: its share would say little."""


def missed(measures: GroupingMeasures) -> tuple[str, ...]:
    """One sentence for each measure and each attack that is worse than the gate."""
    found = []
    for name, worst in GATE.items():
        value = getattr(measures, name)
        if value is not None and (value > worst if name in LESS_IS_BETTER else value < worst):
            found.append(f"{name} {value:.4f} is worse than {worst}")
    for name, (share, pairs) in measures.attacks.items():
        if pairs >= FEW_PAIRS and share < MIN_FOUND_OF_ATTACK:
            found.append(f"attack {name}: {share:.3f} of {pairs} pairs were found, less than {MIN_FOUND_OF_ATTACK}")
    return tuple(found)
