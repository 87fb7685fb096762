"""Names that go into a field of an AWS service, made from any text: one rule for each field.

A text that the field takes stays as it is. Any other is shortened and made plain, with the first characters of its
SHA-256 at the end, so that two texts never share a name.
"""

from __future__ import annotations

import re

from image_release.values import sha256_hex

MAX_MESSAGE_GROUP = 128
"""Maximum length of SQS's MessageGroupId."""
DIGEST_DIGITS = 16
"""Hexadecimal digits of the SHA-256 that end a name that had to be changed."""
_MESSAGE_GROUP = re.compile(r"[A-Za-z0-9!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~]{1,128}")


def message_group(text: str) -> str:
    """The MessageGroupId of a text: 1 to 128 letters, digits and punctuation, all of them ASCII."""
    if _MESSAGE_GROUP.fullmatch(text):
        return text
    plain = re.sub(r"[^A-Za-z0-9._-]+", "-", text)[: MAX_MESSAGE_GROUP - DIGEST_DIGITS - 1]
    return f"{plain}~{sha256_hex(text.encode('utf-8', 'surrogatepass'))[:DIGEST_DIGITS]}"


def json_body(text: str) -> str:
    """A JSON text as the body of a message: SQS refuses the two characters U+FFFE and U+FFFF, so JSON escapes them."""
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
