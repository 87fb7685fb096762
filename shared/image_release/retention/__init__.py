"""What is kept for a time only, and deleted by code: old work, and originals that nothing names any more.

Each step is bounded by time and goes on where the last one stopped. It may be killed, and two may work at once: what is
deleted is old, and nobody writes it any more.
"""

from image_release.retention.progress import retain

__all__ = ["retain"]
