"""The function `detect_changes`."""
