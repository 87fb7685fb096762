"""What S3 refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from deployment.strict_aws.faults import Fault

MAX_KEY_BYTES = 1024
MAX_METADATA_BYTES = 2048
MAX_LISTED = 1000
_BUCKET = re.compile(r"(?!.*\.\.)[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
_ADDRESS = re.compile(r"\d+\.\d+\.\d+\.\d+")
_PREFIXES = ("xn--", "sthree-", "amzn-s3-demo-")
_SUFFIXES = ("-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3")


def bucket_faults(name: str) -> Iterator[Fault]:
    """What is wrong with the name of a new bucket: 3 to 63 characters, and some beginnings and ends are reserved.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html
    """
    taken = name.startswith(_PREFIXES) or name.endswith(_SUFFIXES) or _ADDRESS.fullmatch(name)
    if taken or not _BUCKET.fullmatch(name):
        yield Fault("InvalidBucketName", "The specified bucket is not valid.")


def key_faults(key: str) -> Iterator[Fault]:
    """What is wrong with a key: it has at most 1,024 bytes in UTF-8.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/object-keys.html
    """
    if len(key.encode("utf-8", "surrogateescape")) > MAX_KEY_BYTES:
        yield Fault("KeyTooLongError", "Your key is too long")


def put_faults(headers: Mapping[str, str]) -> Iterator[Fault]:
    """What is wrong with the headers of a write: its conditions, and how much metadata it carries.

    https://docs.aws.amazon.com/AmazonS3/latest/userguide/conditional-writes.html: a write takes `If-None-Match: *` or
    `If-Match: <ETag>`, and not both. https://docs.aws.amazon.com/AmazonS3/latest/userguide/UsingMetadata.html: 2 KB.
    """
    unless, only_if = headers.get("if-none-match"), headers.get("if-match")
    if unless is not None and unless.strip() != "*":
        yield Fault("NotImplemented", "A header you provided implies functionality that is not implemented")
    if only_if is not None and only_if.strip() == "*":
        yield Fault("InvalidArgument", "If-Match takes the ETag of an object")
    if unless is not None and only_if is not None:
        yield Fault("NotImplemented", "If-Match and If-None-Match cannot stand together")
    given = {name.removeprefix("x-amz-meta-"): value for name, value in headers.items() if "x-amz-meta-" in name}
    if sum(len(name.encode()) + len(value.encode()) for name, value in given.items()) > MAX_METADATA_BYTES:
        yield Fault("MetadataTooLarge", "Your metadata headers exceed the maximum allowed metadata size")


def deletion_faults(keys: int) -> Iterator[Fault]:
    """What is wrong with a deletion of many objects: one request takes 1,000 keys.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_DeleteObjects.html
    """
    if keys > MAX_LISTED:
        yield Fault("MalformedXML", "The XML you provided was not well-formed or did not validate against our schema")
