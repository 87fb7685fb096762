"""A store in an S3 bucket, or below a prefix of a bucket: the store of the function suite.

The client is obstore: a request takes a seventh of boto3's CPU time, its import a tenth, and a hotel makes hundreds of
requests (docs/decisions/0012-storage-on-s3.md).

Transient failures are retried. obstore retries 5xx answers, broken connections, and a 409 to a put with `if_match`.
This module retries a 409 to a put with `if_absent` and to a delete with `if_match`: S3 sends it when two writers of a
key meet.
"""

from __future__ import annotations

import io
import logging
import os
import random
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from http import HTTPStatus
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING, Any, BinaryIO

from image_release.problems import printable
from image_release.storage.delivery import delivery_of
from image_release.storage.naming import checked, comes_after, key_fault
from image_release.storage.port import BadKeyError, ConditionFailedError, Listed, StorageError, Stored

if TYPE_CHECKING:
    from obstore.store import S3Store as Client

log = logging.getLogger(__name__)

SCHEME = "s3://"
CREDENTIALS = ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN")
ATTEMPTS = 6
"""Maximum number of attempts at a request, obstore's and ours: with waits doubling from 0.1 s, some three seconds."""
FIRST_WAIT_S = 0.1
"""Longest wait before the first retry. The waits double, and jitter makes each as short as half."""
LAST_WAIT_S = 5
"""Maximum wait between two of obstore's attempts."""
RETRYING_S = 90
"""Time after which obstore makes no further attempt."""
REQUEST_TIMEOUT_S = 60
"""Timeout of one request with its body; the largest objects (indexes of a release) are sent in parts."""
CONNECT_TIMEOUT_S = 5
PART_BYTES = 8 * 1024 * 1024
"""Files are uploaded in parts and downloaded in chunks of this size."""
NOT_AS_IT_WAS = ("PreconditionFailed", "NoSuchKey")
"""S3's codes when an object has another ETag than a delete requires, and when there is no object."""
STREAM_BYTES = 1 << 20
"""A streamed object arrives in chunks of about this size."""


class BadAddressError(ValueError):
    """The text is not an `s3://bucket/prefix` address."""


@dataclass(frozen=True, slots=True)
class S3Address:
    """The place of a store: a bucket, and a prefix in it (empty: the whole bucket)."""

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
        """The address of the folder `name` below this address."""
        return S3Address(self.bucket, f"{self.prefix}/{name}" if self.prefix else name)

    def __str__(self) -> str:
        return SCHEME + "/".join(filter(None, (self.bucket, self.prefix)))


class S3Store:
    """Objects in a bucket. Credentials, region and endpoint come from the usual AWS_ variables.

    They are read from `variables`, or from the environment of the process. Threads may share a store. It connects at
    the first request: a store that was built in one process can be sent to another.
    """

    def __init__(self, address: S3Address, variables: Mapping[str, str] | None = None) -> None:
        self.address = address
        self._variables = variables

    def __reduce__(self) -> tuple[type[S3Store], tuple[S3Address, Mapping[str, str] | None]]:
        """Pickle the address and the variables only: connections cannot be sent to another process."""
        return S3Store, (self.address, self._variables)

    def get(self, key: str) -> Stored | None:
        """Read an object whole; None if there is none."""
        with self._faults(key):
            try:
                result = self._obs.get(self._client, checked(key))
                return Stored(bytes(result.bytes()), _etag(result.meta), _modified(result.meta))
            except FileNotFoundError as error:
                _refuse_missing_bucket(error)
                return None

    def open(self, key: str) -> BinaryIO | None:
        """Open an object for streaming, in one request; None if there is none."""
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
            self._obs.put(self._client, checked(key), data, attributes=_headers(key), mode=mode, use_multipart=False)

        with self._faults(key):
            try:
                _despite_conflicts(once) if if_absent else once()
            except (AlreadyExistsError, PreconditionError, FileNotFoundError) as error:
                if _is_conflict(error):
                    raise StorageError(f"{self.address}/{printable(key)}: other writers keep writing it") from error
                _refuse_missing_bucket(error)
                raise ConditionFailedError(key) from error

    def put_file(self, key: str, path: Path) -> None:
        """Write an object from a local file, in parts if it is large."""
        with path.open("rb") as file, self._faults(key):
            self._obs.put(self._client, checked(key), file, attributes=_headers(key), chunk_size=PART_BYTES)

    def fetch_file(self, key: str, path: Path) -> bool:
        """Copy an object into a local file, streamed; False if there is none."""
        source = self.open(key)
        if source is None:
            return False
        with source, path.open("wb") as target:
            while chunk := source.read(PART_BYTES):
                target.write(chunk)
        return True

    def head(self, key: str) -> Listed | None:
        """Size and time of an object; None if there is none."""
        with self._faults(key):
            try:
                return _listed(self._obs.head(self._client, checked(key)))
            except FileNotFoundError as error:
                _refuse_missing_bucket(error)
                return None

    def delete(self, key: str, *, if_match: str | None = None) -> None:
        """Remove an object under the condition of the port; do nothing if there is none."""
        if if_match is not None:
            return self._delete_by_boto3(key, if_match)
        with self._faults(key):
            try:
                self._obs.delete(self._client, checked(key))
            except FileNotFoundError as error:
                _refuse_missing_bucket(error)

    def list(self, prefix: str, *, after: str = "") -> Iterator[Listed]:
        """Objects under a prefix, a thousand per request, in S3's order."""
        folder, slash, _ = prefix.rpartition("/")
        if slash and key_fault(folder):
            return
        with self._faults(prefix):
            # obstore lists whole folders; if the prefix ends in the middle of a part, the others are left out here
            for listed in self._in_folder(folder, "" if key_fault(after) else after):
                if listed.key.startswith(prefix):
                    if comes_after(listed.key, after):
                        yield listed
                elif listed.key.encode() > prefix.encode():
                    return

    def _in_folder(self, folder: str, after: str) -> Iterator[Listed]:
        from obstore.exceptions import InvalidPathError

        last = after
        try:
            for page in self._obs.list(self._client, folder or None, offset=after or None):
                for meta in page:
                    last = meta["path"]
                    yield _listed(meta)
        except InvalidPathError:  # obstore stops at a key that it cannot read; boto3 lists the rest
            yield from self._listed_by_boto3(folder, last)

    def _listed_by_boto3(self, folder: str, after: str) -> Iterator[Listed]:
        """The objects of a folder whose keys come after `after`, without the keys that cannot be ours."""
        for page in self._pages(f"{folder}/" if folder else "", after):
            for item in page.get("Contents", ()):
                key = item["Key"].removeprefix(self._base)
                if key_fault(key) or not key.isprintable():
                    log.warning("%s/%s cannot be a key of ours: not listed", self.address, printable(key))
                else:
                    yield Listed(key, item["Size"], item["LastModified"].replace(microsecond=0))

    def folders(self, prefix: str, after: str = "") -> Iterator[str]:
        """Names of the folders right below a folder that come after a name, a thousand per request."""
        from botocore.exceptions import BotoCoreError, ClientError

        # `0` follows `/` in the order of bytes: whatever begins so comes after all that lies in the folder `after`
        behind = f"{prefix}{after}0" if after else ""
        try:
            for page in self._pages(prefix, behind, Delimiter="/"):
                for item in page.get("CommonPrefixes", ()):
                    yield item["Prefix"].removeprefix(self._base).removeprefix(prefix).removesuffix("/")
        except (BotoCoreError, ClientError) as error:
            raise StorageError(f"{self.address}/{printable(prefix)}: {printable(str(error), 300)}") from error

    def _pages(self, prefix: str, after: str, **more: str) -> Iterable[Any]:
        """What S3 answers about the keys that begin with `prefix` and come after `after`, page by page."""
        pages: Iterable[Any] = self._boto3.get_paginator("list_objects_v2").paginate(
            Bucket=self.address.bucket, Prefix=self._base + prefix, StartAfter=self._base + after, **more
        )
        return pages

    def _delete_by_boto3(self, key: str, if_match: str) -> None:
        """Remove an object if it has this ETag: obstore cannot say so."""
        from botocore.exceptions import BotoCoreError, ClientError

        client, bucket, name = self._boto3, self.address.bucket, self._base + checked(key)
        try:
            _despite_conflicts(lambda: client.delete_object(Bucket=bucket, Key=name, IfMatch=if_match))
        except ClientError as error:
            if error.response["Error"]["Code"] in NOT_AS_IT_WAS:
                raise ConditionFailedError(key) from error
            raise StorageError(f"{self.address}/{printable(key)}: {printable(str(error), 300)}") from error
        except BotoCoreError as error:
            raise StorageError(f"{self.address}/{printable(key)}: {printable(str(error), 300)}") from error

    @cached_property
    def _base(self) -> str:
        return f"{self.address.prefix}/" if self.address.prefix else ""

    @cached_property
    def _boto3(self) -> Any:
        """A client for what obstore cannot do."""
        import boto3
        from botocore.config import Config

        variables = os.environ if self._variables is None else self._variables
        options = {name.lower(): variables.get(name) for name in CREDENTIALS}
        return boto3.client(
            "s3",
            endpoint_url=variables.get("AWS_ENDPOINT_URL_S3") or variables.get("AWS_ENDPOINT_URL"),
            region_name=variables.get("AWS_REGION") or variables.get("AWS_DEFAULT_REGION"),
            config=Config(
                retries={"mode": "standard", "max_attempts": ATTEMPTS},
                connect_timeout=CONNECT_TIMEOUT_S,
                read_timeout=REQUEST_TIMEOUT_S,
            ),
            **options,
        )

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
        """Turn the client's errors into StorageError or BadKeyError, with the key in the message."""
        from obstore.exceptions import BaseError

        try:
            yield
        except (ConditionFailedError, BadKeyError, StorageError):
            raise
        except ValueError as error:  # obstore refuses control characters in a key, although S3 takes them
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
    """Options of obstore's client. With an endpoint (a local S3 double), the bucket is in the path; http is allowed."""
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


def _headers(key: str) -> dict[str, str]:
    """What S3 keeps with an object and says of it to whoever asks."""
    delivery = delivery_of(key)
    caching = {"Cache-Control": delivery.cache_control} if delivery.cache_control else {}
    return {"Content-Type": delivery.content_type, **caching}


def _etag(meta: Any) -> str:
    etag = meta["e_tag"]
    if not etag:
        raise StorageError("the store gave no ETag")
    return str(etag)


def _modified(meta: Any) -> datetime:
    """Time of an object, in whole seconds, because a header has no more and a listing may have."""
    modified: datetime = meta["last_modified"].replace(microsecond=0)
    return modified


def _listed(meta: Any) -> Listed:
    return Listed(meta["path"], meta["size"], _modified(meta))


def _despite_conflicts(write: Callable[[], object]) -> None:
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

    if isinstance(error, BaseError):
        return "409 Conflict" in str(error)
    answer = getattr(error, "response", {})  # botocore's ClientError
    return bool(answer.get("ResponseMetadata", {}).get("HTTPStatusCode") == HTTPStatus.CONFLICT)


def _refuse_missing_bucket(error: Exception) -> None:
    """Raises StorageError if the bucket is missing: that is a fault, and not a store without objects."""
    if "NoSuchBucket" in str(error):
        raise StorageError("there is no such bucket") from error
