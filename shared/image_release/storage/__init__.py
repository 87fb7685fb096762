"""Storage: the port and its adapters (folder, memory; S3 comes with the function suite)."""

from image_release.storage.port import ConditionFailedError, Listed, StorageError, Store, Stored

__all__ = ["ConditionFailedError", "Listed", "StorageError", "Store", "Stored"]
