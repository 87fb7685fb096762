"""The function `compare_hotels`."""
