"""What SQS refuses."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from deployment.strict_aws.faults import Fault

MAX_BYTES = 1024 * 1024
MAX_DELAY_S = 900
MAX_VISIBILITY_S = 12 * 3600
MAX_ATTRIBUTES = 10
_GROUP = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")
_ATTRIBUTE = re.compile(r"(?!\.)(?!.*\.\.)(?!(?i:aws|amazon)\.)[A-Za-z0-9_.-]{1,256}(?<!\.)")
_DATA_TYPE = re.compile(r"(String|Number|Binary)(\.[^\x00]{1,249})?")
_NO_TEXT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_QUEUE = re.compile(r"[A-Za-z0-9_-]{1,80}|[A-Za-z0-9_-]{1,75}\.fifo")


def entry_faults(entry: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a message: its group, its delay or its attributes.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html: MessageGroupId has 1 to
    128 letters, digits and punctuation; DelaySeconds is 0 to 900.
    """
    group, delay = entry.get("MessageGroupId"), entry.get("DelaySeconds")
    if group is not None and not _GROUP.fullmatch(group):
        yield _invalid("MessageGroupId", group, "1 to 128 alphanumeric characters and punctuation")
    if delay is not None and not 0 <= int(delay) <= MAX_DELAY_S:
        yield _invalid("DelaySeconds", delay, f"0 to {MAX_DELAY_S}")
    yield from _attribute_faults(entry.get("MessageAttributes") or {})
    if (size := size_of(entry)) > MAX_BYTES:
        reason = f"Message must be shorter than {MAX_BYTES} bytes; it has {size} with its attributes."
        yield Fault("InvalidParameterValue", f"One or more parameters are invalid. Reason: {reason}")


def size_of(entry: Mapping[str, Any]) -> int:
    """Bytes of a message: its body and the names, types and values of its attributes.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
    """
    attributes = entry.get("MessageAttributes") or {}
    texts = [name + str(one.get("DataType", "")) + str(one.get("StringValue", "")) for name, one in attributes.items()]
    return len((entry.get("MessageBody") or "").encode("utf-8", "replace")) + len("".join(texts).encode())


def batch_faults(entries: Sequence[Mapping[str, Any]]) -> Iterator[Fault]:
    """What is wrong with a batch as a whole: the sum of its messages, attributes included, is limited.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessageBatch.html
    """
    if (size := sum(map(size_of, entries))) > MAX_BYTES:
        message = f"Batch requests cannot be longer than {MAX_BYTES} bytes. You have sent {size} bytes."
        yield Fault("BatchRequestTooLong", message)


def visibility_faults(request: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with a new visibility timeout: it is 0 to 43,200 seconds.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_ChangeMessageVisibility.html
    """
    seconds = request.get("VisibilityTimeout")
    if seconds is not None and not 0 <= int(seconds) <= MAX_VISIBILITY_S:
        yield _invalid("VisibilityTimeout", seconds, f"0 to {MAX_VISIBILITY_S}")


def queue_faults(request: Mapping[str, Any]) -> Iterator[Fault]:
    """What is wrong with the name of a new queue: up to 80 letters, digits, hyphens and underscores.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html
    """
    if not _QUEUE.fullmatch(request.get("QueueName") or ""):
        yield _invalid("QueueName", request.get("QueueName"), "1 to 80 alphanumeric characters, hyphens, underscores")


def _attribute_faults(attributes: Mapping[str, Mapping[str, Any]]) -> Iterator[Fault]:
    """What is wrong with message attributes: how many there are, their names, types and values.

    https://docs.aws.amazon.com/AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-message-metadata.html
    """
    if len(attributes) > MAX_ATTRIBUTES:
        yield _invalid("MessageAttributes", len(attributes), f"at most {MAX_ATTRIBUTES}")
    for name, one in attributes.items():
        value = one.get("StringValue")
        if not _ATTRIBUTE.fullmatch(name):
            yield _invalid("MessageAttribute.Name", name, "letters, digits, _, - and single periods inside")
        if not _DATA_TYPE.fullmatch(str(one.get("DataType", ""))):
            yield _invalid("MessageAttribute.DataType", one.get("DataType"), "String, Number or Binary")
        if value is not None and (not value or _NO_TEXT.search(value)):
            yield _invalid("MessageAttribute.StringValue", value, "not empty, and only characters of XML")


def _invalid(what: str, value: object, rule: str) -> Fault:
    return Fault(
        "InvalidParameterValue", f"Value {str(value)[:200]!r} for parameter {what} is invalid. Reason: {rule}."
    )
