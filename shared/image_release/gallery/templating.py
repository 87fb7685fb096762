"""Renders HTML templates. They escape every value by default, because names and labels come from outside."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from jinja2 import Environment

TEMPLATES = Path(__file__).parent / "templates"
"""The templates of the gallery, with the style sheet that all pages share."""


def render_template(name: str, folders: tuple[Path, ...] = (TEMPLATES,), **values: Any) -> str:
    """The page that a template makes of these values; `name` is looked up in the folders, in this order.

    Raises jinja2.UndefinedError if the template uses a value that is missing.
    """
    return _environment(folders).get_template(name).render(**values)


@cache
def _environment(folders: tuple[Path, ...]) -> Environment:
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    return Environment(
        loader=FileSystemLoader(folders),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
