"""Settings and tagger of a workspace: stored in its inbox by `run`, in force for every command (decision 21).

The settings that open the network are never stored, and are ignored where somebody stored them by hand: they have to be
said with each command. A file that says nothing else leaves the stored settings in force.
"""

from __future__ import annotations

import json
import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import yaml

from image_release.one_machine.workspace import Workspace, what_a_name_gives
from image_release.settings import Gives, Settings
from image_release.settings_files import SettingsError, settings_document, settings_of
from image_release.store_keys import SETTINGS, TAGGER
from image_release.tag.local import is_installed

NEVER_STORED = ("allowed_networks", "resolve")
"""Settings of `download` that open the network."""
STORABLE_TAGGERS = ("none", "local", "google", "google+local")
"""Taggers that a workspace may have; recorded labels are a file of one machine."""
MOST_SHOWN = 60
"""Maximum number of characters of a value that are shown."""
DEFAULT_WORKSPACE = "workspace"
HEADER = b"# Settings of this workspace, stored by `image-release run --settings FILE`.\n"

Document = dict[str, Any]


class StoredChoiceError(Exception):
    """Stored settings, or a stored tagger, that cannot be read; the message says which option replaces them."""


@dataclass(frozen=True, slots=True)
class Choices:
    """Settings and tagger that a command works with. `stores` are the settings that `run` stores, if any.

    `stored_at` says since when the settings are stored; None for those of a file of the command line, and shipped ones.
    """

    settings: Settings
    tagger: str
    stores: Document | None = None
    stored_at: datetime | None = None


def choices_of(workspace: Workspace, file: Path | None, tagger: str | None) -> Choices:
    """What is in force: what the command line says, else what is stored, else what is shipped.

    `file` is the settings file of the command line. Raises SettingsError and StoredChoiceError.
    """
    said = _said(file)
    kept, network = _divided(said)
    stores = kept if file and (kept or not network) else None
    base, stored_at = (kept, None) if stores is not None else _stored_settings(workspace)
    settings = settings_of(_joined(base, network), str(file or SETTINGS))
    return Choices(settings, _stored_tagger(workspace) if tagger is None else tagger, stores, stored_at)


def first_tagger(workspace: Workspace) -> str | None:
    """The tagger that a new workspace gets, to which nothing was handed in yet; None for all others.

    It is the local model, where that is installed. A workspace without a tagger that is not new never gets one unasked.
    """
    stores = (workspace.inbox, workspace.state)
    is_new = is_installed() and all(next(iter(store.list("")), None) is None for store in stores)
    return "local" if is_new else None


def store_first_tagger(workspace: Workspace, tagger: str) -> str:
    """Store the tagger of a new workspace; returns what is to be told about it."""
    workspace.inbox.put(TAGGER, f"{tagger}\n".encode())
    return (
        f"tagger: {tagger} is stored for this new workspace: a model on this machine looks at the pictures; "
        f"to go without: image-release run --tagger none{_at(workspace)}"
    )


def store_choices(workspace: Workspace, choices: Choices, tagger: str | None) -> Iterator[str]:
    """Store what `run` was told, where it differs from what is stored; yields what changes and what that costs, first.

    `tagger` is what the command line says. Recorded labels are not stored: they hold for one run.
    """
    if choices.stores is not None:
        present = workspace.inbox.get(SETTINGS)
        data = HEADER + yaml.safe_dump(choices.stores, sort_keys=False, allow_unicode=True).encode()
        if present is None or present.data != data:
            was = None if present is None else _readable(present.data)
            yield _settings_text(was, choices.stores, what_a_name_gives(choices.tagger))
            workspace.inbox.put(SETTINGS, data)
    if tagger in STORABLE_TAGGERS:
        stored = workspace.inbox.get(TAGGER)
        before = None if stored is None else stored.data.decode(errors="replace").strip()
        if before != tagger:
            cost = f" in place of {before}; every hotel is processed again, with its labels" if before else ""
            yield f"tagger: {tagger} is stored for this workspace{cost}"
            workspace.inbox.put(TAGGER, f"{tagger}\n".encode())


def _said(file: Path | None) -> Document:
    if file is None:
        return {}
    try:
        data = file.read_bytes()
    except OSError as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from error
    document, lines = settings_document(data, str(file))
    settings_of(document, str(file), lines)
    return document


def _divided(document: Document) -> tuple[Document, Document]:
    """The document without the settings that open the network, and those."""
    download = document.get("download")
    if not isinstance(download, dict):
        return document, {}
    network = {name: download[name] for name in NEVER_STORED if name in download}
    others = {name: value for name, value in download.items() if name not in NEVER_STORED}
    kept = {name: value for name, value in document.items() if name != "download"}
    return {**kept, **({"download": others} if others else {})}, network


def _joined(document: Document, network: Document) -> Document:
    return {**document, "download": {**document.get("download", {}), **network}}


def _stored_settings(workspace: Workspace) -> tuple[Document, datetime | None]:
    """The stored settings, checked, and their time; an empty document where there are none.

    A file of no bytes was cut short.
    """
    stored = workspace.inbox.get(SETTINGS)
    if stored is None:
        return {}, None
    try:
        return _checked(stored.data), stored.modified
    except SettingsError as error:
        rule = f"the stored settings cannot be used; to replace them: image-release run --settings FILE{_at(workspace)}"
        raise StoredChoiceError(f"{error}\n{rule} (an empty FILE: the shipped settings)") from error


def _checked(data: bytes) -> Document:
    """What stored settings say, without those that are never stored. Raises SettingsError."""
    if not data.strip():
        raise SettingsError(f"{SETTINGS}: is empty: it was cut short")
    said, lines = settings_document(data, SETTINGS)
    document = _divided(said)[0]
    settings_of(document, SETTINGS, lines)
    return document


def _stored_tagger(workspace: Workspace) -> str:
    stored = workspace.inbox.get(TAGGER)
    name = "none" if stored is None else stored.data.decode(errors="replace").strip()
    if name not in STORABLE_TAGGERS:
        rule = (
            f"must be one of {', '.join(STORABLE_TAGGERS)}; "
            f"to replace it: image-release run --tagger none{_at(workspace)}"
        )
        raise StoredChoiceError(f"{TAGGER}: {name!r}: {rule}")
    return name


def _at(workspace: Workspace) -> str:
    """The option that a pasted command needs to find this workspace; nothing for the default one."""
    address = str(workspace.root)
    return "" if address == DEFAULT_WORKSPACE else f" --workspace {shlex.quote(address)}"


def _readable(data: bytes) -> Document | None:
    """The document that was stored before, None if it cannot be used."""
    try:
        return _checked(data)
    except SettingsError:
        return None


def _settings_text(before: Document | None, after: Document, gives: Gives) -> str:
    """Which settings change, and what that costs. Where none were stored before, nobody knows what was in force."""
    new = settings_of(after, SETTINGS).resolved_for(gives)
    if before is None:
        changed = _changes(Settings().resolved_for(gives), new)
        return f"settings: stored for this workspace; other than shipped: {', '.join(changed) or 'none'}"
    old = settings_of(before, SETTINGS).resolved_for(gives)
    changed = _changes(old, new)
    if old.renditions != new.renditions:
        cost = "every hotel is processed again, and pictures get the sizes that changed"
    elif old.digest() != new.digest():
        cost = "every hotel is processed again: its manifest is written anew"
    else:
        cost = "no hotel is processed again"
    return f"settings: stored for this workspace; changed: {', '.join(changed) or 'nothing'}; {cost}"


def _changes(old: Settings, new: Settings) -> list[str]:
    """`key: before → after` for each setting that differs."""
    before, after = _flat(old), _flat(new)
    return [f"{key}: {_shown(before[key])} → {_shown(after[key])}" for key in after if before[key] != after[key]]


def _flat(settings: Settings) -> Document:
    flat: Document = {}
    for section, value in settings.model_dump(mode="json").items():
        flat |= (
            {f"{section}.{name}": item for name, item in value.items()} if isinstance(value, dict) else {section: value}
        )
    return flat


def _shown(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= MOST_SHOWN else text[: MOST_SHOWN - 1] + "…"
