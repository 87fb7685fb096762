"""Check: walk a workspace, tell what is lost or damaged in it, and mend what can be mended.

Without `repair` nothing is written, so it may run beside anything. With it, documents are written by compare-and-swap,
hotels are processed in the usual way, and nothing is deleted but what the sweep may delete.
"""

from image_release.one_machine.check.findings import Finding, Report
from image_release.one_machine.check.walking import check_workspace

__all__ = ["Finding", "Report", "check_workspace"]
