"""Writes the pages that are made from the program itself: `make docs`.

The command line's reference from its help texts, the settings from their model, the manifest's JSON Schema. A test
fails when one of them is not what this script would write.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
from pydantic import BaseModel

from image_release.cli import main
from image_release.publish import manifest_schema
from image_release.settings import Settings

DOCS = Path(__file__).parent
WIDTH = 100
INTRODUCTION = """\
# Command line

Made by `make docs` from the help texts; `image-release COMMAND --help` shows the same.

A **workspace** is a folder that holds `inbox/`, `state/` and `published/`; `--workspace DIR` names it, `./workspace` is
the default. With `--json` a command prints one JSON document on stdout and nothing else there; progress is shown on
stderr when that is a terminal.

| status | means |
|---|---|
| 0 | all well |
| 1 | done, but some lines, hotels or images (`unavailable`, `deferred`, `crashed`) failed; they are told |
| 2 | wrong use or settings; nothing was done |
| 130 | interrupted; what is published is whole, and the next run goes on |
"""
SETTINGS_INTRODUCTION = """\
# Settings

Made by `make docs` from `image_release.settings`. A YAML file given as `--settings FILE` names only what differs; an
unknown name or an impossible value is an error that names file, path, value and rule, and nothing is done.
"""
LONG = 60
"""A default that is longer is not shown."""


def pages() -> dict[str, str]:
    """Every generated file: its name below docs/, and its text."""
    return {
        "command-line.md": command_line(),
        "settings.md": settings_page(),
        "manifest.schema.json": json.dumps(manifest_schema(), indent=2, ensure_ascii=False) + "\n",
    }


def command_line() -> str:
    """The reference of the command line."""
    sections = [
        f"## {context.command_path}\n\n```text\n{context.command.get_help(context)}\n```\n"
        for context in _contexts(main, None, "image-release")
    ]
    return "\n".join([INTRODUCTION, *sections])


def settings_page() -> str:
    """A table for each section of the settings."""
    sections = [SETTINGS_INTRODUCTION]
    for name, value in Settings():
        model = value[0] if isinstance(value, tuple) else value
        title = f"## {name}" + (" (a list)" if isinstance(value, tuple) else "")
        sections.append(f"{title}\n\n{type(model).__doc__}\n\n{_table(model)}")
        sections += [
            f"### {name}.{inner}\n\n{type(part).__doc__}\n\n{_table(part)}"
            for inner, part in model
            if isinstance(part, BaseModel)
        ]
    return "\n".join(sections)


def _contexts(command: click.Command, parent: click.Context | None, name: str) -> Iterator[click.Context]:
    """A command and all below it."""
    names = command.context_settings.get("help_option_names")
    context = click.Context(
        command,
        parent,
        info_name=name,
        terminal_width=WIDTH,
        max_content_width=WIDTH,
        help_option_names=names,
    )
    yield context
    if isinstance(command, click.Group):
        for below_name in command.list_commands(context):
            below = command.get_command(context, below_name)
            assert below is not None
            yield from _contexts(below, context, below_name)


def _table(model: BaseModel) -> str:
    rows = ["| name | default | meaning |", "|---|---|---|"]
    for name, field in type(model).model_fields.items():
        value = getattr(model, name)
        if isinstance(value, BaseModel):
            continue
        default = "(required)" if field.is_required() else _shown(value)
        rows.append(f"| `{name}` | {default} | {field.description or ''} |")
    return "\n".join(rows) + "\n"


def _shown(value: Any) -> str:
    text = json.dumps(value, default=list, ensure_ascii=False)
    return f"`{text}`" if len(text) <= LONG else "(long: see the source)"


if __name__ == "__main__":
    for file, text in pages().items():
        (DOCS / file).write_text(text, encoding="utf-8")
