"""The function `reprocess`."""
