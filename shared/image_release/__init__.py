"""Image Release."""
