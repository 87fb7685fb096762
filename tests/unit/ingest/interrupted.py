"""A store in which something happens once, just before a document is written."""

from collections.abc import Callable

from image_release.storage import MemoryStore


class Interrupted(MemoryStore):
    """`before[key]` is called once, before the first put of that key."""

    def __init__(self) -> None:
        super().__init__()
        self.before: dict[str, Callable[[], object]] = {}

    def put(self, key, data, **conditions):
        if key in self.before:
            self.before.pop(key)()
        super().put(key, data, **conditions)
