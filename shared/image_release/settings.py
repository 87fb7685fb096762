"""Every setting of the pipeline in one place: its meaning, its default, its unit and its bounds.

A YAML file (`--settings FILE.yaml`) overrides any part of it. An unknown name or an impossible value is an error that
names file, path, value and rule. `Settings.digest` covers exactly the settings that shape a hotel's result: how fast or
from where an image is downloaded does not make a hotel *changed*.
"""

from __future__ import annotations

import hashlib
import json
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, field_validator

from image_release.ranking_settings import (
    GENERAL_KIND,
    Gives,
    LabelTable,
    PrioritisingSettings,
    ScoreWeights,
    shipped_labels,
)
from image_release.settings_section import MisplacedError, Section, Share

__all__ = [
    "BUDGET_KEYS",
    "DEFAULT_FORMATS",
    "DEFAULT_RENDITIONS",
    "GENERAL_KIND",
    "BrakeSettings",
    "DownloadSettings",
    "FilterSettings",
    "FingerprintSettings",
    "Format",
    "Gives",
    "GroupingSettings",
    "LabelTable",
    "PrioritisingSettings",
    "PublishingSettings",
    "RenditionSettings",
    "ScoreWeights",
    "Settings",
    "TaggingSettings",
    "shipped_labels",
]

Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(ip_network)]
"""Parsed by one function, so that a mistake gives one error and not one for IPv4 and another for IPv6."""


class DownloadSettings(Section):
    """How original files are downloaded. None of it shapes the result of a hotel."""

    connect_timeout_s: float = Field(10, gt=0, description="seconds to connect; then the attempt fails")
    read_timeout_s: float = Field(20, gt=0, description="seconds between two chunks of a body; then the attempt fails")
    total_timeout_s: float = Field(
        60, gt=0, description="seconds for one image, redirects and retries included; then it is `unavailable`"
    )
    max_bytes: int = Field(
        40_000_000, gt=0, description="bytes of one file, counted while it arrives; a larger one is `too_many_bytes`"
    )
    max_redirects: int = Field(5, ge=0, description="redirects of one URL; with more it is `unavailable`")
    max_attempts: int = Field(
        4, ge=1, le=10, description="attempts for one image in one run; if all fail, it is `unavailable`"
    )
    max_retry_after_s: float = Field(
        30, ge=0, description="seconds that a server may ask to wait; if it asks for more, this run does not retry"
    )
    back_off_s: float = Field(
        0.5, ge=0, description="longest wait before the second attempt, in seconds; doubled each time, with full jitter"
    )
    connections_per_host: int = Field(6, ge=1, description="connections of one worker to one host; more have to wait")
    connections: int = Field(16, ge=1, description="connections of one worker to all hosts; more have to wait")
    user_agent: str = Field(
        "image-release/1 (+https://github.com/image-release)",
        pattern=r"^[ -~]+$",
        description="`User-Agent` header of every request; printable ASCII",
    )
    allowed_networks: tuple[Network, ...] = Field(
        (), description="networks (CIDR) that may be reached although they are private; for demos and tests"
    )
    resolve: dict[str, str] = Field(
        default_factory=dict, description="host name -> `address:port` to connect to instead; for demos and tests"
    )
    revalidate_after_days: int = Field(
        30, ge=1, description="days after which a URL without a version in its catalogue is requested again"
    )

    @field_validator("resolve")
    @classmethod
    def _values_are_endpoints(cls, endpoints: dict[str, str]) -> dict[str, str]:
        for endpoint in endpoints.values():
            address, _, port = endpoint.rpartition(":")
            ip_address(address.removeprefix("[").removesuffix("]"))
            if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536):  # noqa: PLR2004 - a port has 16 bits
                raise ValueError(f"{endpoint!r} is not address:port")
        return {host.lower(): endpoint for host, endpoint in endpoints.items()}


Format = Literal["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP", "HEIC"]
DEFAULT_FORMATS: tuple[Format, ...] = ("JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP")


class FilterSettings(Section):
    """Which images are accepted. All but `min_contrast` is checked on the header, before an image is decoded.

    What decoding takes is judged when an image is examined for the first time; an accepted image stays accepted.
    """

    min_short_side_px: int = Field(200, ge=1, description="short side in pixels; a smaller image is `too_small`")
    min_long_side_px: int = Field(300, ge=1, description="long side in pixels; a smaller image is `too_small`")
    max_pixels: int = Field(80_000_000, ge=1, description="width × height; a larger image is `too_many_pixels`")
    formats: tuple[Format, ...] = Field(
        DEFAULT_FORMATS,
        description="accepted file formats; any other file is `not_an_image`. If this key is not set, `HEIC` is "
        "accepted as well; it needs the extra `heic`",
    )
    min_contrast: float = Field(
        2.0, ge=0, description="standard deviation of the brightness, 0…127; an image below it is `no_content`"
    )
    max_decode_mb: int = Field(
        640,
        ge=1,
        description="MB of memory for decoding one image, computed from its header; with more it is `too_many_pixels`",
    )
    max_decode_s: float = Field(
        3.0,
        gt=0,
        description="seconds of a core for decoding one image, computed from its header (pixels × passes) and so the "
        "same on every machine; with more it is `too_many_pixels`",
    )
    alone_above_mb: int = Field(
        256, ge=0, description="MB of memory above which an image is decoded alone, in a child process"
    )

    @property
    def accepted_formats(self) -> tuple[str, ...]:
        """The accepted formats. HEIC came later than the default, which stays as it was in every digest."""
        return (*self.formats, "HEIC") if self.formats == DEFAULT_FORMATS else self.formats


BUDGET_KEYS = frozenset({"max_decode_mb", "max_decode_s", "alone_above_mb"})
"""Keys of `filter` that say what decoding may take. They judge images that were never examined, so they make no hotel
*changed* and no remembered refusal void."""


class FingerprintSettings(Section):
    """The 36 crop hashes of the published method. Grouping compares them if `grouping.method` is `hashes`."""

    hash: Literal["phash", "dhash"] = Field("phash", description="perceptual hash of each crop: `phash` or `dhash`")


FIRST_SCORES = {"clear_score": 3.5, "bridge_score": 6.0, "least_score": 0.0}
"""Defaults of the first version that are others now: at their defaults, settings keep their digest."""


class GroupingSettings(Section):
    """When two images show the same photograph. Scores are log-odds (see `dedup/evidence.py`)."""

    method: Literal["registered", "hashes"] = Field(
        "registered",
        description="`registered` aligns images and scores what remains different; `hashes` is the published method, "
        "which compares 36 crops with 36 crops by the hash of `fingerprint.hash`",
    )
    max_bits: int = Field(
        8, ge=0, le=64, description="method `hashes`: bits in which the nearest two crops of a pair may differ"
    )
    may_chain: bool = Field(
        True, description="method `hashes`: whether one image may link two groups, as the published method allows"
    )
    clear_score: float = Field(
        5.0,
        description="from this score on, a pair is joined before others, unless a likelier one of its groups "
        "disagrees; two groups that both hold several images need such a pair",
    )
    bridge_score: float = Field(
        2.5,
        description="from this score on, two groups are joined that both hold several images, one of whose pairs is "
        "clear, or that only one image of a group connects",
    )
    single_score: float = Field(1.0, description="from this score on, a pair joins two images that are in no group yet")
    least_score: float = Field(
        -1.0, description="a pair with a lower score joins nothing; groups need this of their likeliest pairs together"
    )
    least_first_look: float = Field(
        -0.5, description="a pair with a lower score after coarse alignment is not aligned finely and never joins"
    )

    def for_digest(self) -> dict[str, Any]:
        """What decides, in the form of the first version: keys of the other method are left out."""
        by_hashes = {"method", "max_bits", "may_chain"}
        if self.method == "hashes":
            return self.model_dump(mode="json", include=by_hashes)
        found = self.model_dump(mode="json", exclude=by_hashes)
        for name, first in FIRST_SCORES.items():  # the first default and the present one swap places
            default = type(self).model_fields[name].default
            found[name] = {default: first, first: default}.get(found[name], found[name])
        return found


class TaggingSettings(Section):
    """How much is sent to the tagger, and how long its answers may take."""

    max_images_a_run: int = Field(
        1_000, ge=0, description="images sent to a paid tagger in one run; the others get labels in a later run"
    )
    images_a_minute: int = Field(
        1_800,
        ge=0,
        description="on AWS: images of the whole account a minute (Vision's quota); the others have to wait",
    )
    images_a_day: int = Field(
        50_000, ge=0, description="on AWS: images of the whole account a day, about 75 dollars; the others have to wait"
    )
    batch: int = Field(16, ge=1, le=16, description="images in one request; Vision accepts 16")
    side_px: int = Field(
        640, ge=64, description="long side of the image that is sent, in pixels; Vision advises 640×480"
    )
    jpeg_quality: int = Field(85, ge=1, le=95, description="JPEG quality of the image that is sent")
    max_labels: int = Field(15, ge=1, le=100, description="labels of one image; further ones are dropped")
    timeout_s: float = Field(30, gt=0, description="seconds for one request; then it is retried")
    total_timeout_s: float = Field(
        90,
        gt=0,
        description="seconds for one batch, retries included (Vision counts its quota a minute); then it fails",
    )
    back_off_s: float = Field(
        1, gt=0, description="mean wait before the first retry, in seconds; doubled each time, with jitter"
    )
    max_back_off_s: float = Field(30, gt=0, description="longest wait before one retry, in seconds")


class RenditionSettings(Section):
    """One size that the site needs. An image is scaled to fit into width × height, and never enlarged."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$", description="part of the file's name; a-z, 0-9 and -")
    width: int = Field(ge=1, le=8192, description="maximum width in pixels")
    height: int = Field(ge=1, le=8192, description="maximum height in pixels")
    quality: int = Field(82, ge=1, le=95, description="quality of JPEG and WebP")
    contrast: float = Field(1.0, ge=0.5, le=2.0, description="factor around the mean brightness; 1: unchanged")
    format: Literal["jpeg", "webp", "png"] = Field("jpeg", description="`jpeg`, `webp` or `png`")
    progressive: bool = Field(False, description="whether JPEGs are progressive")


DEFAULT_RENDITIONS: tuple[RenditionSettings, ...] = tuple(
    RenditionSettings(name=name, width=width, height=height, quality=quality, contrast=contrast)
    for name, width, height, quality, contrast in (
        ("hero-2048", 2048, 1365, 82, 1.0),
        ("hero-1600", 1600, 1067, 82, 1.0),
        ("gallery-1280", 1280, 853, 82, 1.0),
        ("gallery-1024", 1024, 683, 82, 1.0),
        ("gallery-800", 800, 533, 82, 1.0),
        ("gallery-640", 640, 427, 80, 1.0),
        ("card-560", 560, 373, 80, 1.02),
        ("card-480", 480, 320, 80, 1.02),
        ("card-400", 400, 267, 80, 1.02),
        ("card-320", 320, 213, 78, 1.03),
        ("thumb-240", 240, 160, 78, 1.03),
        ("thumb-180", 180, 120, 76, 1.05),
        ("thumb-120", 120, 80, 76, 1.05),
        ("thumb-80", 80, 60, 74, 1.05),
    )
)


class PublishingSettings(Section):
    """Which pictures a hotel shows, and how long files that no manifest names are kept."""

    max_pictures: int = Field(200, ge=1, description="pictures of a hotel; further ones are `over_limit`")
    grace_days: int = Field(7, ge=0, description="days after which files that nothing names are deleted")
    same_view: Literal["all", "best"] = Field(
        "all",
        description="which pictures of one view are shown: `all`, or only the `best` one; the others are `same_view`. "
        "What a person pinned, showed, or called `different` is shown in any case",
    )
    max_swaps: int = Field(
        5, ge=1, description="attempts to publish a hotel while other writers change it; then its nudge fails"
    )


class BrakeSettings(Section):
    """The brakes: a change that takes away more than a share and a number is held until a person accepts it.

    One that takes away everything of a partner, or all hotels, is always held. A share of 1 switches its brake off.
    """

    max_deleted_share: Share = Field(0.30, description="share of a partner's images that one catalogue may delete")
    max_withdrawn_share: Share = Field(0.05, description="share of all hotels that one release may withdraw")
    max_gone_share: Share = Field(
        0.30, description="share of a partner's images that may disappear from its server within a week"
    )
    harmless: int = Field(
        20, ge=0, description="images or hotels that may go at once whatever their share, but never all of them"
    )


class Settings(Section):
    """All settings. `Settings()` are the defaults that are shipped."""

    download: DownloadSettings = DownloadSettings()
    filter: FilterSettings = FilterSettings()
    fingerprint: FingerprintSettings = FingerprintSettings()
    grouping: GroupingSettings = GroupingSettings()
    tagging: TaggingSettings = TaggingSettings()
    prioritising: PrioritisingSettings = Field(default_factory=PrioritisingSettings)
    renditions: tuple[RenditionSettings, ...] = DEFAULT_RENDITIONS
    publishing: PublishingSettings = PublishingSettings()
    brakes: BrakeSettings = BrakeSettings()

    @field_validator("renditions")
    @classmethod
    def _rendition_names_differ(cls, given: tuple[RenditionSettings, ...]) -> tuple[RenditionSettings, ...]:
        if not given:
            raise ValueError("renditions need at least one entry")
        names = [rendition.name for rendition in given]
        for at, name in enumerate(names):
            if name in names[:at]:
                raise MisplacedError(
                    "each needs a name of its own", below=(at, "name"), first=(names.index(name), "name")
                )
        return given

    def resolved_for(self, gives: Gives) -> Settings:
        """The settings that are in force with a tagger that gives labels, looks or both.

        They differ only in weights that nobody set. Everything after the composition root works with resolved settings.
        """
        return self.model_copy(update={"prioritising": self.prioritising.resolved_for(gives)})

    def digest(self) -> str:
        """Digest of the settings that shape a hotel's result, 16 hexadecimal digits: another one makes it *changed*.

        Settings that are not resolved have the digest of those for a tagger without looks.
        """
        shaping = self.model_dump(
            mode="json",
            include={"filter", "fingerprint", "renditions"},
            exclude={"filter": set(BUDGET_KEYS)},
        )
        shaping["grouping"] = self.grouping.for_digest()
        shaping["prioritising"] = self.prioritising.for_digest()
        shaping["max_pictures"] = self.publishing.max_pictures
        shaping["max_labels"] = self.tagging.max_labels
        if self.publishing.same_view != "all":  # came later: at its default it is in no digest
            shaping["same_view"] = self.publishing.same_view
        return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:16]
