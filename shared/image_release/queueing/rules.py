"""What SQS takes: the rules of SendMessageBatch for one entry, so that a mistake is found before it is sent.

https://docs.aws.amazon.com/AWSSimpleQueueService/latest/APIReference/API_SendMessage.html
"""

from __future__ import annotations

import re

from image_release.queueing.port import Message, MessageRefusedError
from image_release.service_names import message_group

MAX_MESSAGE_BYTES = 1024 * 1024
"""Maximum size of a message, and of a batch: SQS's limit."""
MAX_BATCH = 10
"""Maximum number of messages in one request: SQS's limit."""
MAX_DELAY_S = 15 * 60
"""Maximum time that a new message can be delayed: SQS's limit."""
MAX_VISIBILITY_S = 12 * 3600
"""Maximum time that a received message can stay hidden: SQS's limit."""
_REFUSED = re.compile("[^\t\n\r\u0020-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_GROUP = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")


def entry_fault(body: str, group: str | None, delay_s: int) -> str | None:
    """Why SQS refuses a message with this body, MessageGroupId and DelaySeconds; None if it takes it."""
    if not body:
        return "the body is empty"
    if refused := _REFUSED.search(body):
        return f"the body contains U+{ord(refused[0]):04X}"
    if (size := len(body.encode())) > MAX_MESSAGE_BYTES:
        return f"the body has {size} bytes, more than {MAX_MESSAGE_BYTES}"
    if group is not None and not _GROUP.fullmatch(group):
        return "the group is not 1 to 128 letters, digits and punctuation of ASCII"
    if not 0 <= delay_s <= MAX_DELAY_S:
        return f"a delay of {delay_s} s is not in 0…{MAX_DELAY_S}"
    return None


def check(message: Message) -> None:
    """Raise MessageRefusedError for a message that SQS would refuse."""
    group = None if message.group is None else message_group(message.group)
    if fault := entry_fault(message.body, group, message.delay_s):
        raise MessageRefusedError(fault)
    if message.reason is not None and (not message.reason or _REFUSED.search(message.reason)):
        raise MessageRefusedError("the reason is empty, or has a character that SQS refuses")
