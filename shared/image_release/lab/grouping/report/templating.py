"""Renders the templates of the report, which use the style sheet of the gallery."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from image_release.gallery import TEMPLATES as GALLERY_TEMPLATES
from image_release.gallery import render_template

TEMPLATES = Path(__file__).parent / "templates"


def render_report_page(template: str, **values: Any) -> str:
    """A page of the report as HTML."""
    return render_template(template, (TEMPLATES, GALLERY_TEMPLATES), **values)
