"""A store in an S3 bucket, or below a prefix of one: what the function suite puts behind the port.

The client is obstore: an operation costs a seventh of boto3's CPU and its import a tenth, and a hotel makes hundreds
(docs/decisions/0012-storage-on-s3.md). What may pass is tried again: obstore does so for 5xx answers and broken
connections and for a 409 to a swap, this module for a 409 to a first write: S3 gives it when two writers meet.
"""

from __future__ import annotations

import io
import logging
import os
import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from functools import cached_property
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO

from image_release.problems import printable
from image_release.storage.naming import checked, key_fault
from image_release.storage.port import BadKeyError, ConditionFailedError, Listed, StorageError, Stored

if TYPE_CHECKING:
    from obstore.store import S3Store as Client

log = logging.getLogger(__name__)

SCHEME = "s3://"
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
ATTEMPTS = 6
"""Of one request, obstore's own and ours for conflicts: with doubling waits from 0.1 s that is some three seconds."""
FIRST_WAIT_S = 0.1
LAST_WAIT_S = 5
RETRYING_S = 90
"""After which no other attempt is begun."""
REQUEST_TIMEOUT_S = 60
"""One request, its body included; the largest objects, indexes of a release, go in parts."""
CONNECT_TIMEOUT_S = 5
PART_BYTES = 8 * 1024 * 1024
"""Files go up in parts of this size, and down in chunks of it."""
STREAM_BYTES = 1 << 20
"""A streamed object arrives in pieces of about this size."""


class BadAddressError(ValueError):
    """What should be an `s3://bucket/prefix` address is none."""


@dataclass(frozen=True, slots=True)
class S3Address:
    """A bucket and the prefix below which a store lies (empty: the whole bucket)."""

    bucket: str
    prefix: str = ""

    @classmethod
    def parse(cls, text: str) -> S3Address:
        """Read `s3://bucket` or `s3://bucket/prefix`. Raises BadAddressError."""
        bucket, _, prefix = text.removeprefix(SCHEME).partition("/")
        prefix = prefix.rstrip("/")
        if not text.startswith(SCHEME) or not bucket or (prefix and key_fault(prefix)):
            raise BadAddressError(f"{printable(text)!r} must be s3://bucket or s3://bucket/prefix")
        return cls(bucket, prefix)

    def below(self, name: str) -> S3Address:
        """The address of a folder in this one."""
        return S3Address(self.bucket, f"{self.prefix}/{name}" if self.prefix else name)

    def __str__(self) -> str:
        return SCHEME + "/".join(filter(None, (self.bucket, self.prefix)))


class S3Store:
    """Objects of a bucket. Credentials, region and endpoint are read from the usual AWS_ variables.

    They are the process's own, or those of `variables`. Threads may share a store. It connects at the first request, so
    it may be built anywhere and sent to another process.
    """

    def __init__(self, address: S3Address, variables: Mapping[str, str] | None = None) -> None:
        self.address = address
        self._variables = variables

    def __reduce__(self) -> tuple[type[S3Store], tuple[S3Address, Mapping[str, str] | None]]:
        """What is sent to another process: the address; connections stay here."""
        return S3Store, (self.address, self._variables)

    def get(self, key: str) -> Stored | None:
        """Read an object whole."""
        with self._faults(key):
            try:
                result = self._obs.get(self._client, checked(key))
                return Stored(bytes(result.bytes()), _etag(result.meta))
            except FileNotFoundError as error:
                _refuse_missing_bucket(error)
                return None

    def open(self, key: str) -> BinaryIO | None:
        """Open an object for streaming: one request, read as it is asked for."""
        with self._faults(key):
            try:
                result = self._obs.get(self._client, checked(key))
            except FileNotFoundError as error:
                _refuse_missing_bucket(error)
                return None
            return io.BufferedReader(_Body(self, key, iter(result.stream(min_chunk_size=STREAM_BYTES))), STREAM_BYTES)

    def put(self, key: str, data: bytes, *, if_absent: bool = False, if_match: str | None = None) -> None:
        """Write an object whole, under the conditions of the port."""
        mode: Any = "create" if if_absent else {"e_tag": if_match} if if_match is not None else "overwrite"
        from obstore.exceptions import AlreadyExistsError, PreconditionError

        def once() -> None:
            self._obs.put(self._client, checked(key), data, mode=mode, use_multipart=False)

        with self._faults(key):
            try:
                _despite_conflicts(once) if if_absent else once()
            except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
                if _is_conflict(error):
                    raise StorageError(f"{self.address}/{printable(key)}: other writers kept meeting us") from error
                _refuse_missing_bucket(error)
                raise ConditionFailedError(key) from error

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, in parts where it is large."""
        with path.open("rb") as file, self._faults(key):
            self._obs.put(self._client, checked(key), file, chunk_size=PART_BYTES)

    def fetch_file(self, key: str, path: Path) -> bool:
        """Copy an object into a local file, streamed."""
        source = self.open(key)
        if source is None:
            return False
        with source, path.open("wb") as target:
            while chunk := source.read(PART_BYTES):
                target.write(chunk)
        return True

    def head(self, key: str) -> Listed | None:
        """Size and time of an object."""
        with self._faults(key):
            try:
                return _listed(self._obs.head(self._client, checked(key)))
            except FileNotFoundError as error:
                _refuse_missing_bucket(error)
                return None

    def delete(self, key: str) -> None:
        """Remove an object."""
        with self._faults(key):
            try:
                self._obs.delete(self._client, checked(key))
            except FileNotFoundError as error:
                _refuse_missing_bucket(error)

    def list(self, prefix: str) -> Iterator[Listed]:
        """Objects under a prefix, a page of a thousand a request, in the order that S3 gives."""
        folder, slash, _ = prefix.rpartition("/")
        if slash and key_fault(folder):
            return
        with self._faults(prefix):
            # obstore lists whole folders; a prefix that ends in the middle of a part is picked out here
            for listed in self._in_folder(folder):
                if listed.key.startswith(prefix):
                    yield listed
                elif listed.key.encode() > prefix.encode():
                    return

    def _in_folder(self, folder: str) -> Iterator[Listed]:
        from obstore.exceptions import InvalidPathError

        last = ""
        try:
            for page in self._obs.list(self._client, folder or None):
                for meta in page:
                    last = meta["path"]
                    yield _listed(meta)
        except InvalidPathError:  # somebody's tool made a key that obstore gives up at: another client goes on
            yield from self._listed_by_boto3(folder, last)

    def _listed_by_boto3(self, folder: str, after: str) -> Iterator[Listed]:
        """What lies in a folder after a key, without the keys that cannot be ours."""
        import boto3

        base = f"{self.address.prefix}/" if self.address.prefix else ""
        variables = os.environ if self._variables is None else self._variables
        options = {name.lower(): variables.get(name) for name in CREDENTIALS}
        endpoint = variables.get("AWS_ENDPOINT_URL_S3") or variables.get("AWS_ENDPOINT_URL")
        region = variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION")
        client = boto3.client("s3", endpoint_url=endpoint, region_name=region, **options)
        pages = client.get_paginator("list_objects_v2").paginate(
            Bucket=self.address.bucket, Prefix=base + (f"{folder}/" if folder else ""), StartAfter=base + after
        )
        for page in pages:
            for item in page.get("Contents", ()):
                key = item["Key"].removeprefix(base)
                if key_fault(key) or not key.isprintable():
                    log.warning("%s/%s cannot be a key of ours: not listed", self.address, printable(key))
                else:
                    yield Listed(key, item["Size"], item["LastModified"].replace(microsecond=0))

    @cached_property
    def _obs(self) -> ModuleType:
        import obstore

        return obstore

    @cached_property
    def _client(self) -> Client:
        from obstore.store import S3Store as Client

        variables = os.environ if self._variables is None else self._variables
        return Client(self.address.bucket, **_options(variables, self.address.prefix))

    @contextmanager
    def _faults(self, key: str) -> Iterator[None]:
        """What the client reports while it works for a key becomes a StorageError."""
        from obstore.exceptions import BaseError

        try:
            yield
        except (ConditionFailedError, BadKeyError, StorageError):
            raise
        except ValueError as error:  # a key that S3 could take and obstore does not: one with control characters
            raise BadKeyError(f"key {printable(key)!r}: {printable(str(error), 200)}") from error
        except (BaseError, OSError) as error:
            raise StorageError(f"{self.address}/{printable(key)}: {printable(str(error), 300)}") from error


class _Body(io.RawIOBase):
    """The body of an object as a stream."""

    def __init__(self, store: S3Store, key: str, chunks: Iterator[Any]) -> None:
        self._store, self._key, self._chunks = store, key, chunks
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        while not self._rest:
            with self._store._faults(self._key):  # noqa: SLF001 - one module
                chunk = next(self._chunks, None)
            if chunk is None:
                return 0
            self._rest = memoryview(bytes(chunk))
        count = min(len(buffer), len(self._rest))
        buffer[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count


def _options(variables: Mapping[str, str], prefix: str) -> dict[str, Any]:
    """How to connect. An endpoint of one's own is a double on this machine: no TLS, the bucket in the path."""
    endpoint = variables.get("AWS_ENDPOINT_URL_S3") or variables.get("AWS_ENDPOINT_URL")
    options = {
        "prefix": prefix,
        "endpoint": endpoint,
        "region": variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION"),
        "access_key_id": variables.get("AWS_ACCESS_KEY_ID"),
        "secret_access_key": variables.get("AWS_SECRET_ACCESS_KEY"),
        "session_token": variables.get("AWS_SESSION_TOKEN"),
    }
    return {
        **{name: value for name, value in options.items() if value},
        "virtual_hosted_style_request": not endpoint,
        "client_options": {
            "allow_http": bool(endpoint and endpoint.startswith("http://")),
            "timeout": timedelta(seconds=REQUEST_TIMEOUT_S),
            "connect_timeout": timedelta(seconds=CONNECT_TIMEOUT_S),
        },
        "retry_config": {
            "max_retries": ATTEMPTS - 1,
            "backoff": {
                "init_backoff": timedelta(seconds=FIRST_WAIT_S),
                "max_backoff": timedelta(seconds=LAST_WAIT_S),
                "base": 2,
            },
            "retry_timeout": timedelta(seconds=RETRYING_S),
        },
    }


def _etag(meta: Any) -> str:
    etag = meta["e_tag"]
    if not etag:
        raise StorageError("the store gave no ETag")
    return str(etag)


def _listed(meta: Any) -> Listed:
    """In whole seconds: a header has no more, and a listing must not say otherwise."""
    return Listed(meta["path"], meta["size"], meta["last_modified"].replace(microsecond=0))


def _despite_conflicts(write: Callable[[], None]) -> None:
    """Write, and try again while S3 answers that another conditional write of the key is in progress."""
    from tenacity import RetryCallState, Retrying, retry_if_exception, stop_after_attempt

    def wait_s(state: RetryCallState) -> float:
        doubled_s: float = FIRST_WAIT_S * 2 ** (state.attempt_number - 1)
        return doubled_s * random.uniform(0.5, 1)  # noqa: S311 - jitter

    retrying = Retrying(
        retry=retry_if_exception(_is_conflict), wait=wait_s, stop=stop_after_attempt(ATTEMPTS), reraise=True
    )
    retrying(write)


def _is_conflict(error: BaseException) -> bool:
    from obstore.exceptions import BaseError

    return isinstance(error, BaseError) and "409 Conflict" in str(error)


def _refuse_missing_bucket(error: Exception) -> None:
    """A missing object is an answer; a missing bucket is no empty store. Raises StorageError."""
    if "NoSuchBucket" in str(error):
        raise StorageError("there is no such bucket") from error
