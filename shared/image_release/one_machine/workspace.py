"""The composition root of the command line: it builds the three stores, the fetcher and the tagger.

A Workspace is a small value that can be pickled: each worker process builds its own stores, fetcher and tagger from it.
"""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path

from image_release.child_process import IsolatedCaller
from image_release.edition import Edition
from image_release.fetch import UrlFetcher
from image_release.hotel import Context, Ports, call_directly
from image_release.problems import Problem
from image_release.settings import Gives, Settings
from image_release.storage import (
    BadAddressError,
    CountingStore,
    FolderStore,
    OverlayStore,
    S3Address,
    S3Store,
    Store,
    StoreCounter,
    Stores,
)
from image_release.store_keys import ACCEPTS, CATALOGUES, DUE, GALLERY_INDEX, OVERRIDES, RELEASES, REQUESTS
from image_release.tag import BothTagger, GoogleTagger, NoTagger, RecordedTagger, SpendingCap, Tagger, what_it_gives
from image_release.tag.local import INSTALL, LocalTagger, is_installed

STORES = ("inbox", "state", "published")
FILES_IN_THE_INBOX = re.compile(
    r"settings\.yaml|tagger\.txt|(releases|overrides|requests|accepts/releases)/[^/]+|(accepts/)?catalogues/[^/]+/[^/]+"
)
"""Where files lie in the inbox, and no folders."""
FOLDERS_IN_THE_INBOX = tuple(prefix.rstrip("/") for prefix in (CATALOGUES, RELEASES, REQUESTS, OVERRIDES, ACCEPTS))


class WorkspaceError(Exception):
    """The workspace or the tagger cannot be used; the message says why."""


@dataclass(frozen=True, slots=True)
class Buckets:
    """Three stores on S3."""

    inbox: S3Address
    state: S3Address
    published: S3Address

    @classmethod
    def parse(cls, text: str) -> Buckets:
        """Parse one address that has the three stores below it, or three addresses separated by commas.

        Raises BadAddressError when an address is wrong or there are neither one nor three.
        """
        addresses = [S3Address.parse(part) for part in text.split(",")]
        if len(addresses) == 1:
            return cls(*(addresses[0].below(name) for name in STORES))
        if len(addresses) != len(STORES):
            raise BadAddressError(f"{text}: must be one s3:// address, or three: inbox, state, published")
        return cls(*addresses)

    def __str__(self) -> str:
        return ",".join(map(str, (self.inbox, self.state, self.published)))


@dataclass(frozen=True)
class Workspace:
    """Where everything is kept, and how hotels are processed. `photos`: folders that `file:` URLs may point into.

    `aside` is a folder into which everything is written in a dry run, so that the stores stay as they are.
    """

    root: Path | Buckets
    settings: Settings
    tagger: str = "none"
    photos: tuple[Path, ...] = ()
    allowance: SpendingCap | None = None
    aside: Path | None = None
    stored_at: datetime | None = None
    """When the settings were stored; None: they are not."""
    counter: StoreCounter = field(default_factory=StoreCounter, compare=False)

    @cached_property
    def inbox(self) -> CountingStore:
        """The store of what people and partners hand in."""
        return self._store("inbox")

    @cached_property
    def state(self) -> CountingStore:
        """The store of what the program knows: catalogues, releases, caches, due-markers."""
        return self._store("state")

    @cached_property
    def published(self) -> CountingStore:
        """The store of what a site shows: manifests, renditions, gallery."""
        return self._store("published")

    @property
    def stores(self) -> Stores:
        """The three stores."""
        return Stores(self.inbox, self.state, self.published)

    @property
    def gallery(self) -> str:
        """Path or address of the gallery's index page."""
        if isinstance(self.root, Buckets):
            return f"{self.root.published}/{GALLERY_INDEX}"
        return str((self.root / "published" / GALLERY_INDEX).resolve())

    def place_in_state(self, key: str) -> str:
        """Path or address of an object of the state."""
        if isinstance(self.root, Buckets):
            return f"{self.root.state}/{key}"
        return str((self.root / "state" / key).resolve())

    def odd_entries(self) -> Iterator[Problem]:
        """What lies in the inbox, or among the due-markers, and can be no object. In buckets there is no such thing."""
        if isinstance(self.root, Path):
            for name, prefix in (("inbox", ""), ("state", DUE)):
                for place, rule in FolderStore(self.root / name).odd_entries(prefix, FILES_IN_THE_INBOX):
                    yield Problem(place, 0, place.rpartition("/")[2], rule)
            for name in FOLDERS_IN_THE_INBOX:
                if (self.root / "inbox" / name).is_file():
                    yield Problem(name, 0, name, "is a file; there should be a folder")

    def _store(self, name: str) -> CountingStore:
        if isinstance(self.root, Buckets):
            store: Store = S3Store(getattr(self.root, name))
        else:
            store = FolderStore(self.root / name)
        if self.aside:
            store = OverlayStore(store, FolderStore(self.aside / name))
        return CountingStore(store, self.counter)

    def __reduce__(self) -> tuple[type[Workspace], tuple[object, ...]]:
        """Pickle the choices only; the other process has a counter of its own."""
        chosen = (self.settings, self.tagger, self.photos, self.allowance, self.aside, self.stored_at)
        return Workspace, (self.root, *chosen)

    def ports(self, *, isolated: bool = False) -> Ports:
        """Build what one worker needs of the outside world; `isolated` decodes in a child process that may die.

        Raises WorkspaceError when the tagger cannot be built.
        """
        tagger = self._tagger()
        return Ports(
            stores=self.stores,
            fetcher=UrlFetcher(self.settings.download, self.photos),
            tagger=tagger,
            settings=self.settings.resolved_for(what_it_gives(tagger)),
            context=Context(now=lambda: datetime.now(UTC), monotonic=time.monotonic),
            call=IsolatedCaller() if isolated else call_directly,
            edition=Edition(stored_at=self.stored_at),
        )

    def tagger_problems(self) -> tuple[Problem, ...]:
        """Bad lines of the recorded labels; empty for other taggers.

        The tagger is built once for this, so that a wrong `--tagger` is found before any work. Raises WorkspaceError
        when it cannot be built.
        """
        tagger = self._tagger()
        return tagger.problems if isinstance(tagger, RecordedTagger) else ()

    def _tagger(self) -> Tagger:
        kind, _, file = self.tagger.partition(":")
        if self.tagger == "none":
            return NoTagger()
        if kind == "recorded" and file:
            try:
                return RecordedTagger(Path(file))
            except OSError as error:
                raise WorkspaceError(f"--tagger {self.tagger}: {error}") from error
        if self.tagger == "google":
            return self._google()
        if self.tagger == "local":
            return self._local()
        if self.tagger == "google+local":
            return BothTagger(self._google(), self._local())
        raise WorkspaceError(
            f"--tagger {self.tagger}: must be none, local, google, google+local or recorded:FILE.jsonl"
        )

    def _google(self) -> Tagger:
        if find_spec("google") is None or find_spec("google.cloud") is None or find_spec("google.cloud.vision") is None:
            raise WorkspaceError(self._needs("google", "pip install 'image-release[google]'"))
        if self.allowance is None:
            raise WorkspaceError("--tagger google: no spending cap was set")
        return GoogleTagger(self.settings.tagging, self.allowance)

    def _local(self) -> Tagger:
        if not is_installed():
            raise WorkspaceError(self._needs("local", INSTALL))
        return LocalTagger()

    def _needs(self, extra: str, install: str) -> str:
        return (
            f"tagger {self.tagger}: needs the extra `{extra}`: {install}; or choose another one, such as --tagger none"
        )


def what_a_name_gives(tagger: str) -> Gives:
    """What the tagger of this name gives: `local` looks, `google+local` both, the others labels."""
    labels, _, looks = tagger.rpartition("+")
    if looks != "local":
        return "labels"
    return "both" if labels else "looks"


def open_workspace(address: str, settings: Settings, **choices: object) -> Workspace:
    """The workspace at an address: a folder, made when the first object is written, or three stores on S3.

    `s3://bucket/prefix` has the three stores below it. Those of a deployed suite are given one by one, in the order
    inbox, state, published: `s3://…,s3://…,s3://…`. Raises WorkspaceError when the address cannot be used.
    """
    if address.startswith("s3://"):
        if find_spec("obstore") is None:
            raise WorkspaceError(f"{address}: needs the extra `aws`: pip install 'image-release[aws]'")
        try:
            return Workspace(Buckets.parse(address), settings, **choices)  # type: ignore[arg-type]  # as below
        except BadAddressError as error:
            raise WorkspaceError(str(error)) from error
    root = Path(address)
    for folder in (root, *(root / name for name in STORES)):
        if folder.exists() and not folder.is_dir():
            raise WorkspaceError(f"{folder}: is not a folder")
    return Workspace(root, settings, **choices)  # type: ignore[arg-type]  # checked by the callers' own signatures
