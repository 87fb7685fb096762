"""What of the table of labels goes into the digest of settings: the entries that somebody changed, and nothing else.

A digest that took the shipped table as it is would change with each better table. The shipped table belongs to the
version of the order. Published hotels have digests over the table of version 0.2.0, so changes are digested over it.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

import yaml

from image_release.folding import letters

Table = Mapping[str, Mapping[str, float]]


def digested_labels(table: Table, shipped: Table) -> dict[str, Any]:
    """What stands for a table in the digest, as a JSON object. `shipped`: the table of this program."""
    before = _digested_before()
    if table == shipped:
        return dict(before)
    changed = {
        (kind, name): strength
        for kind, entries in table.items()
        for name, strength in entries.items()
        if shipped.get(kind, {}).get(name) != strength
    }
    renamed = {letters(name) for _, name in changed}
    digested: dict[str, Any] = {
        kind: {name: strength for name, strength in entries.items() if letters(name) not in renamed}
        for kind, entries in before.items()
    }
    for (kind, name), strength in changed.items():
        digested.setdefault(kind, {})[name] = strength
    back = sorted(name for (kind, name), strength in changed.items() if before.get(kind, {}).get(name) == strength)
    return digested | ({"as in 0.2.0": back} if back else {})


@cache
def _digested_before() -> Table:
    text = files("image_release").joinpath("rank/labels_digested.yaml").read_text(encoding="utf-8")
    table: dict[str, dict[str, float]] = yaml.safe_load(text)
    return {kind: {name: float(strength) for name, strength in entries.items()} for kind, entries in table.items()}
