"""More than a hundred odd images, made by code, each with its right outcome.

`CASES` holds those of all formats. Most are the same picture in a wrong or rare file; what a browser shows of them is
compared with Chromium in `tests/integration/test_as_chromium_shows.py`.
"""

from tests.odd_images import bmp, gif, isobmff, jpeg, png, png_colours, tiff, webp
from tests.odd_images.cases import Case

CASES: tuple[Case, ...] = tuple(
    case for module in (png, png_colours, jpeg, webp, gif, bmp, isobmff, tiff) for case in module.cases()
)
