"""The cases of all formats. They are made when this is imported, which takes some seconds."""

from tests.odd_images import bmp, gif, isobmff, jpeg, png, png_colours, tiff, webp
from tests.odd_images.cases import Case

CASES: tuple[Case, ...] = tuple(
    case for module in (png, png_colours, jpeg, webp, gif, bmp, isobmff, tiff) for case in module.cases()
)
