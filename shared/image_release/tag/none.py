"""The tagger that labels nothing: every category score stays neutral."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from image_release.tag.port import NotTagged, Tagged, TagRequest


class NoTagger:
    """Gives no labels to any image."""

    identity = "none"
    wants_views = False

    def tag(
        self,
        requests: Sequence[TagRequest],
        *,
        deadline_s: float | None = None,  # noqa: ARG002 - the port's signature; nothing here takes time
    ) -> Mapping[str, Tagged | NotTagged]:
        """Answer for every image that it has no labels; asking again does not help."""
        return {request.sha256: NotTagged("no tagger was asked", retry=False) for request in requests}
