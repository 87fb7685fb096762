"""Replaces functions of the program while a bug is planted."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any
from unittest.mock import patch


def patched(*places: tuple[Any, str, Any]) -> ExitStack:
    """Return a context in which each name of a module or class is something else."""
    stack = ExitStack()
    for module, name, instead in places:
        stack.enter_context(patch.object(module, name, instead))
    return stack
