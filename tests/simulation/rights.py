"""The requests of every function in the simulation against its rights in `deployment/permissions.yml`."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import contextmanager
from unittest.mock import patch

import yaml

from tests.conftest import ROOT
from tests.simulation.processes import SETTINGS_KEY
from tests.simulation.scheduling import Invocation

FUNCTIONS = {
    "catalogues": "detect_changes",
    "releases": "fan_out",
    "shards": "fan_out_shard",
    "requests": "reprocess",
    "urgent": "process_hotel",
    "bulk": "process_hotel",
    "comparing": "compare_hotels",
    "tick": "tick",
}
"""Queue, or `tick` -> function that is called for its messages."""
RIGHTS = {"get": "read", "open": "read", "head": "read", "list": "list", "put": "write", "delete": "delete"}
"""Request to a store -> right that it needs. Who may read anything in a store may list it."""
QUEUES = {
    "urgent": "UrgentQueue",
    "bulk": "BulkQueue",
    "shards": "ShardQueue",
    "catalogues": "CatalogueQueue",
    "comparing": "ComparingQueue",
}
STORES = ("inbox", "state", "published")
Right = tuple[str, str, str, str]
"""Function, right, store (or `queue`), and prefix (or the name of the queue)."""


class Rights:
    """What `permissions.yml` grants, what was used of it, and what was asked for without a right."""

    def __init__(self) -> None:
        permissions = yaml.safe_load((ROOT / "deployment" / "permissions.yml").read_text("utf-8"))
        self.granted = frozenset(granted(permissions))
        self._of: defaultdict[tuple[str, str], list[Right]] = defaultdict(list)
        """The rights of a function in one store."""
        for right in self.granted:
            self._of[right[0], right[2]].append(right)
        self.used: Counter[Right] = Counter()
        self.missing: Counter[Right] = Counter()

    def saw(self, function: str, what: str) -> None:
        """Count one request of a function, told as the simulation writes it into its trace."""
        verb, _, rest = what.partition(" ")
        if verb == "send":
            self._count({(function, "send", "queue", QUEUES[rest])}, (function, "send", "queue", QUEUES[rest]))
        store, _, key = rest.partition("/")
        if verb in RIGHTS and store in STORES:
            wanted = (function, RIGHTS[verb], store, key)
            self._count({right for right in self._of[function, store] if _allows(right, wanted)}, wanted)

    def _count(self, allowing: set[Right], wanted: Right) -> None:
        used = allowing & self.granted
        self.used.update(used)
        if not used:
            self.missing[wanted] += 1

    @property
    def unused(self) -> list[Right]:
        """What no request needed."""
        return sorted(self.granted - set(self.used))

    def table(self) -> str:
        """All rights with the number of requests that used them, and then the requests without a right."""
        rows = [(*right, str(self.used[right] or "unused")) for right in sorted(self.granted)]
        rows += [(*right, f"MISSING, {count} times") for right, count in sorted(self.missing.items())]
        return "\n".join("  ".join(row) for row in rows)


def granted(permissions: dict) -> Iterator[Right]:
    """Yield every right of every function."""
    for function in set(FUNCTIONS.values()):
        allowed = permissions[function]
        for store in STORES:
            for right, prefixes in allowed.get(store, {}).items():
                yield from ((function, right, store, prefix) for prefix in prefixes)
        yield from ((function, "send", "queue", queue) for queue in allowed.get("send", []))
        yield from ((function, "read", "inbox", SETTINGS_KEY), (function, "read", "state", "settings/"))  # roles.js


def _allows(right: Right, wanted: Right) -> bool:
    """Whether a right of the same function and store allows what is wanted."""
    if wanted[1] == "list":
        return right[1] == "read"
    key, prefix = wanted[3], right[3]
    return right[1] == wanted[1] and (key.startswith(prefix) if prefix.endswith("/") else key == prefix)


@contextmanager
def recorded() -> Iterator[Rights]:
    """Record the requests of all invocations inside the block."""
    rights, ask = Rights(), Invocation.ask

    def watched(self, what, effect, fault=None):
        function = FUNCTIONS.get(re.split(r"[^a-z]", self.name)[0])
        if function:
            rights.saw(function, what)
        return ask(self, what, effect, fault)

    with patch.object(Invocation, "ask", watched):
        yield rights
