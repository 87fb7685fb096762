"""Who made an image and whose it is, as its file says: EXIF, IPTC and XMP. No pixel is decoded for it.

The bytes are hostile: every block, every list and every text has a limit, and what is damaged says nothing. Nothing
that is found here decides whether an image is shown.
"""

from __future__ import annotations

from image_release.decode.credit.blocks import metadata_blocks
from image_release.decode.credit.exif import read_exif
from image_release.decode.credit.iptc import read_iptc
from image_release.decode.credit.xmp import read_xmp
from image_release.values import Credit

__all__ = ["read_credit"]

MAX_NAMES = 5
"""Maximum number of makers that are named."""
MAX_LENGTH = 200
"""Maximum length of a credit or a copyright notice, in characters."""


def read_credit(data: bytes) -> Credit | None:
    """The credit and the copyright notice of an image; None if it states neither. Never raises for damaged bytes.

    The credit names the makers, and the credit line after ` / ` where it says something else. XMP counts before IPTC,
    and IPTC before EXIF.
    """
    blocks = metadata_blocks(data)
    said = [read_xmp(blocks.xmp), read_iptc(blocks.iptc), read_exif(blocks.exif)]
    makers = next((item.makers for item in said if item.makers), ())
    line = next((item.line for item in said if item.line), "")
    notice = next((item.notice for item in said if item.notice), "")
    named = "; ".join(dict.fromkeys(makers[:MAX_NAMES]))
    credit = f"{named} / {line}" if named and line and line not in named else named or line
    if not credit and not notice:
        return None
    return Credit(_shortened(credit), _shortened(notice))


def _shortened(text: str) -> str | None:
    if len(text) > MAX_LENGTH:
        return text[: MAX_LENGTH - 1].rstrip() + "…"
    return text or None
