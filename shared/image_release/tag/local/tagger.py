"""The tagger that looks at images itself, on this machine: kinds as labels, an appeal, and an embedding.

It needs no account, no network and no quota. `network` describes a view by features; the heads turn features into what
the program uses (`heads`). All results are rounded, so that small differences between processors do not show.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from functools import cached_property

from image_release.problems import printable
from image_release.tag.local.heads import Heads, model_name, shipped_heads
from image_release.tag.local.network import ModelUnusableError, Network
from image_release.tag.port import NotTagged, Report, Tagged, TagRequest, report_nothing

UNUSABLE = "the local model cannot be used"
"""How the reason begins for which no image is looked at until somebody mends the model."""
MOST_CHARS = 200
"""Maximum length of a reason: a manifest keeps as much."""


class LocalTagger:
    """Labels images with the local model. It loads the network at the first image.

    `monotonic` is the clock of `deadline_s`.
    """

    wants_views = True

    def __init__(
        self,
        *,
        load: Callable[[], Network] = Network,
        monotonic: Callable[[], float] = time.monotonic,
        report: Report = report_nothing,
    ) -> None:
        self._load = load
        self._monotonic = monotonic
        self._report = report

    @cached_property
    def identity(self) -> str:
        """`local-` and the name of the model."""
        return f"local-{model_name()}"

    @cached_property
    def _model(self) -> tuple[Network, Heads] | ModelUnusableError:
        try:
            return self._load(), shipped_heads()
        except ModelUnusableError as error:
            return error

    def has_recovered(self, reason: str) -> bool:
        """Whether the model, which could not be used for this reason, can be used now."""
        return reason.startswith(UNUSABLE) and not isinstance(self._model, ModelUnusableError)

    def tag(
        self, requests: Sequence[TagRequest], *, deadline_s: float | None = None
    ) -> Mapping[str, Tagged | NotTagged]:
        """Look at every image, once for each SHA-256; answers like `Tagger.tag`."""
        if requests and isinstance(self._model, ModelUnusableError):
            self._report(f"{UNUSABLE}; {self._model}")
        return {
            request.sha256: self._answer(request, deadline_s)
            for request in {request.sha256: request for request in requests}.values()
        }

    def _answer(self, request: TagRequest, deadline_s: float | None) -> Tagged | NotTagged:
        if deadline_s is not None and self._monotonic() >= deadline_s:
            return NotTagged("no time was left to look at the image", retry=True)
        if isinstance(self._model, ModelUnusableError):
            return NotTagged(printable(f"{UNUSABLE}; {self._model}", MOST_CHARS), retry=True)
        network, heads = self._model
        labels, look = heads.read(network.features(request.view()), self.identity)
        return Tagged(labels, look)
