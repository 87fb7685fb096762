"""Settings files: YAML that overrides a part of the shipped defaults."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from image_release.settings import Settings


class SettingsError(Exception):
    """A settings file cannot be used. The message has a line for each mistake: file, path, value and rule."""


def load_settings(path: Path | None) -> Settings:
    """Read a settings file over the shipped defaults; None gives the defaults.

    Raises SettingsError when the file cannot be read or has a mistake.
    """
    if path is None:
        return Settings()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from error
    return parse_settings(data, str(path))


def parse_settings(data: bytes, file: str) -> Settings:
    """Parse the bytes of a settings file over the shipped defaults; `file` is its name in messages.

    Raises SettingsError when the bytes are no YAML mapping or have a mistake.
    """
    return settings_of(settings_document(data, file), file)


def settings_document(data: bytes, file: str) -> dict[str, Any]:
    """What a settings file says, before it is checked. Raises SettingsError when the bytes are no YAML mapping."""
    try:
        document = yaml.safe_load(data.decode("utf-8-sig")) or {}
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError(f"{file}: {document!r}: must be a mapping of sections such as `filter:`")
    return document


def settings_of(document: dict[str, Any], file: str) -> Settings:
    """The settings that a document makes of the shipped defaults. Raises SettingsError when it has a mistake."""
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        lines = [
            f"{file}: {'.'.join(map(str, e['loc'])) or 'settings'}: {e['input']!r}: {e['msg']}" for e in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from error
