"""Storage of bytes under keys: the port, its adapters (folder, memory, S3), and stores around another store."""

from image_release.storage.counting import CountingStore, StoreCounter
from image_release.storage.delivery import Delivery, delivery_of
from image_release.storage.folder import FolderStore
from image_release.storage.memory import MemoryStore
from image_release.storage.overlay import OverlayStore
from image_release.storage.port import BadKeyError, ConditionFailedError, Listed, StorageError, Store, Stored, Stores
from image_release.storage.s3 import BadAddressError, S3Address, S3Store
from image_release.storage.together import SideBySide, Together, one_after_another

__all__ = [
    "BadAddressError",
    "BadKeyError",
    "ConditionFailedError",
    "CountingStore",
    "Delivery",
    "FolderStore",
    "Listed",
    "MemoryStore",
    "OverlayStore",
    "S3Address",
    "S3Store",
    "SideBySide",
    "StorageError",
    "Store",
    "StoreCounter",
    "Stored",
    "Stores",
    "Together",
    "delivery_of",
    "one_after_another",
]
