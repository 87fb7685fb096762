"""The tagger for those who have none: every category score stays neutral."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from image_release.tag.port import NotTagged, Tagged, TagRequest


class NoTagger:
    """Labels nothing."""

    identity = "none"

    def tag(
        self,
        requests: Sequence[TagRequest],
        *,
        deadline_s: float | None = None,  # noqa: ARG002 - the port's signature; nothing here takes time
    ) -> Mapping[str, Tagged | NotTagged]:
        """Answer `unknown` for every image; asking again would not help."""
        return {request.sha256: NotTagged("unknown", "no tagger was asked", retry=False) for request in requests}
