"""Storage: the port and its adapters (folder, memory; S3 comes with the function suite)."""

from image_release.storage.counting import CountingStore, StoreCounter
from image_release.storage.folder import FolderStore
from image_release.storage.memory import MemoryStore
from image_release.storage.port import BadKeyError, ConditionFailedError, Listed, StorageError, Store, Stored

__all__ = [
    "BadKeyError",
    "ConditionFailedError",
    "CountingStore",
    "FolderStore",
    "Listed",
    "MemoryStore",
    "StorageError",
    "Store",
    "StoreCounter",
    "Stored",
]
