"""Every setting of the pipeline in one place: its default, its unit and its bounds.

A YAML file (`--settings FILE.yaml`) overrides any part of it; an unknown or impossible setting is an error that names
file, path, value and rule. `Settings.digest` covers the settings that shape a result, and only those: how fast or from
where a picture is downloaded does not make a hotel *changed*.
"""

from __future__ import annotations

import hashlib
import json
from functools import cache
from importlib.resources import files
from ipaddress import IPv4Network, IPv6Network, ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal

import yaml
from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)

Share = Annotated[float, Field(ge=0, le=1)]
Network = Annotated[IPv4Network | IPv6Network, BeforeValidator(ip_network)]
"""Read by one function, so that a mistake is told in one sentence and not once for each kind of network."""


class SettingsError(Exception):
    """A settings file that cannot be used; the message names file, path, value and rule, a line each."""


class Section(BaseModel):
    """A part of the settings: immutable, and unknown names are refused."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class DownloadSettings(Section):
    """How original files are fetched. None of it shapes the result of a hotel."""

    connect_timeout_s: float = Field(10, gt=0)
    read_timeout_s: float = Field(20, gt=0, description="between two chunks of a body")
    total_timeout_s: float = Field(60, gt=0, description="one image, redirects and retries included")
    max_bytes: int = Field(40_000_000, gt=0, description="of one original; counted while streaming")
    max_redirects: int = Field(5, ge=0)
    max_attempts: int = Field(4, ge=1, le=10)
    max_retry_after_s: float = Field(
        30, ge=0, description="a server that asks for a longer wait is left for another run"
    )
    back_off_s: float = Field(0.5, ge=0, description="first wait; doubled at each attempt, with full jitter")
    connections_per_host: int = Field(6, ge=1)
    connections: int = Field(16, ge=1, description="of one worker, all hosts together")
    user_agent: str = Field("image-release/1 (+https://github.com/image-release)", pattern=r"^[ -~]+$")
    allowed_networks: tuple[Network, ...] = Field(
        (), description="exceptions to the forbidden addresses, for demos and tests"
    )
    resolve: dict[str, str] = Field(
        default_factory=dict, description="host name -> address:port that stands for it, for demos and tests"
    )
    revalidate_after_days: int = Field(
        30, ge=1, description="when a URL whose catalogue gives no version is asked again"
    )

    @field_validator("resolve")
    @classmethod
    def _stand_ins_are_endpoints(cls, stand_ins: dict[str, str]) -> dict[str, str]:
        for endpoint in stand_ins.values():
            address, _, port = endpoint.rpartition(":")
            ip_address(address.removeprefix("[").removesuffix("]"))
            if not (port.isascii() and port.isdecimal() and 0 < int(port) < 65_536):  # noqa: PLR2004 - a port's bits
                raise ValueError(f"{endpoint!r} is not address:port")
        return {host.lower(): endpoint for host, endpoint in stand_ins.items()}


class FilterSettings(Section):
    """Which images are good enough to look at, from the header, before decode."""

    min_short_side_px: int = Field(200, ge=1)
    min_long_side_px: int = Field(300, ge=1)
    max_pixels: int = Field(80_000_000, ge=1)
    formats: tuple[Literal["JPEG", "PNG", "WEBP", "AVIF", "GIF", "TIFF", "BMP"], ...] = (
        "JPEG",
        "PNG",
        "WEBP",
        "AVIF",
        "GIF",
        "TIFF",
        "BMP",
    )
    min_contrast: float = Field(
        2.0, ge=0, description="standard deviation of the grey draft, 0…127; below it an image is flat"
    )


class FingerprintSettings(Section):
    """Which perceptual hash the 36 crops get."""

    hash: Literal["phash", "dhash"] = "phash"


class GroupingSettings(Section):
    """When two images show the same photograph. Scores are log-odds (see deduplicating.evidence)."""

    clear_score: float = Field(3.5, description="two images with this score are joined, whatever group they are in")
    bridge_score: float = Field(6.0, description="where no other pair across two groups has anything in common")
    single_score: float = Field(1.0, description="two images that are alone are joined from this score on")
    least_score: float = Field(0.0, description="a pair below this score speaks against a join")
    least_first_look: float = Field(-0.5, description="a pair that is laid roughly and scores less is given up there")


class TaggingSettings(Section):
    """What asking the tagger may take."""

    max_images_a_run: int = Field(1_000, ge=0, description="spending cap: images sent to a paid tagger in one run")
    images_a_minute: int = Field(1_800, ge=0, description="of the account, on AWS; Vision's quota, counted per image")
    images_a_day: int = Field(50_000, ge=0, description="of the account, on AWS: a spending cap of some 75 dollars")
    batch: int = Field(16, ge=1, le=16, description="images a request; Vision takes 16")
    side_px: int = Field(640, ge=64, description="long side of what is sent; Vision advises 640x480")
    jpeg_quality: int = Field(85, ge=1, le=95)
    max_labels: int = Field(15, ge=1, le=100)
    timeout_s: float = Field(30, gt=0, description="one request")
    total_timeout_s: float = Field(90, gt=0, description="one batch, retries included; Vision's quota is by the minute")
    back_off_s: float = Field(1, gt=0, description="mean of the first wait before a retry; doubled each time, jittered")
    max_back_off_s: float = Field(30, gt=0, description="longest single wait before a retry")


class ScoreWeights(Section):
    """How much each part of the score counts."""

    size: Share = 0.2
    partner: Share = 0.2
    category: Share = Field(0.6, description="what is to be seen decides; size and partner settle what is alike")

    @model_validator(mode="after")
    def _sum_to_one(self) -> ScoreWeights:
        total = self.size + self.partner + self.category
        if abs(total - 1) > WEIGHTS_TOLERANCE:
            raise ValueError(f"size + partner + category must be 1, not {total:g}")
        return self


WEIGHTS_TOLERANCE = 1e-9
"""Three decimal fractions that sum to 1 on paper may miss it by a few units of 1e-16 in binary."""

LabelName = Annotated[str, Field(min_length=1, max_length=100)]
Kind = Annotated[str, Field(pattern=r"^[a-z][a-z_]{0,29}$")]
Strength = Annotated[float, Field(ge=-5, le=5, allow_inf_nan=False)]
LabelTable = dict[Kind, dict[LabelName, Strength]]
"""Kind of picture -> Vision label -> strength: good above 0, ignored at 0, bad below."""

GENERAL_KIND = "general"
"""Section of labels that are good or bad but do not tell what kind of picture it is."""


@cache
def shipped_labels() -> LabelTable:
    """The label table that is shipped, `rank/labels.yaml`."""
    text = files("image_release").joinpath("rank/labels.yaml").read_text(encoding="utf-8")
    return TypeAdapter(LabelTable).validate_python(yaml.safe_load(text))


class PrioritisingSettings(Section):
    """The weighted formula `size·w_size + partner·w_partner + category·w_category`, and what its parts are made of."""

    weights: ScoreWeights = ScoreWeights()
    partner_scores: dict[str, Share] = Field(default_factory=dict, description="partner id -> how good its images are")
    default_partner_score: Share = Field(0.5, description="of a partner without an entry in partner_scores")
    half_rank: float = Field(
        10, gt=0, allow_inf_nan=False, description="so many ranks below the partner's first, an image counts half"
    )
    good_size_pixels: int = Field(1600 * 1067, gt=0, description="pixels at which the size score is 0.9")
    ordinary_points: float = Field(
        2, allow_inf_nan=False, description="points of labels at which the category score is 0.5: the corpus' median"
    )
    half_points: float = Field(
        4, gt=0, allow_inf_nan=False, description="points above (below) ordinary that go half the way to 1 (to 0)"
    )
    variety_pictures: int = Field(5, ge=0, description="so many first pictures should show different things")
    variety_penalty: Share = Field(0.01, description="of the total, for each picture of one kind shown before")
    labels: LabelTable = Field(
        default_factory=shipped_labels, description="kind -> label -> strength; changes single entries of the table"
    )

    @field_validator("labels")
    @classmethod
    def _over_the_shipped_table(cls, given: LabelTable) -> LabelTable:
        """Put what is given over the shipped table. A label has one place: naming it in another kind moves it."""
        names = [name.casefold() for entries in given.values() for name in entries]
        twice = sorted({name for name in names if names.count(name) > 1})
        if twice:
            raise ValueError(f"a label has one place and one strength; more than one given for {', '.join(twice)}")
        table = {
            kind: {name: strength for name, strength in entries.items() if name.casefold() not in names}
            for kind, entries in shipped_labels().items()
        }
        for kind, entries in given.items():
            table.setdefault(kind, {}).update(entries)
        return table


class RenditionSettings(Section):
    """One size that the site needs: scaled to fit the box, never enlarged."""

    name: str = Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")
    width: int = Field(ge=1, le=8192)
    height: int = Field(ge=1, le=8192)
    quality: int = Field(82, ge=1, le=95)
    contrast: float = Field(1.0, ge=0.5, le=2.0)
    format: Literal["jpeg", "webp", "png"] = "jpeg"
    progressive: bool = False


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
    """What a hotel's page may show, and how long unnamed files are kept."""

    max_pictures: int = Field(200, ge=1, description="more pictures than this become over_limit")
    grace_days: int = Field(7, ge=0, description="what nothing names is deleted after so many days")
    max_swaps: int = Field(5, ge=1, description="how often a hotel is done again when another writer was faster")


class BrakeSettings(Section):
    """Where mass changes wait for a person's `accept`."""

    max_deleted_share: Share = Field(0.30, description="of a partner's images, in one catalogue")
    max_withdrawn_share: Share = Field(0.05, description="of the hotels, in one release")
    max_gone_share: Share = Field(0.30, description="of a partner's images, in one day")


class Settings(Section):
    """All settings; `Settings()` is what is shipped."""

    download: DownloadSettings = DownloadSettings()
    filter: FilterSettings = FilterSettings()
    fingerprint: FingerprintSettings = FingerprintSettings()
    grouping: GroupingSettings = GroupingSettings()
    tagging: TaggingSettings = TaggingSettings()
    prioritising: PrioritisingSettings = Field(default_factory=PrioritisingSettings)
    renditions: tuple[RenditionSettings, ...] = DEFAULT_RENDITIONS
    publishing: PublishingSettings = PublishingSettings()
    brakes: BrakeSettings = BrakeSettings()

    @model_validator(mode="after")
    def _rendition_names_differ(self) -> Settings:
        names = [rendition.name for rendition in self.renditions]
        if not names or len(set(names)) != len(names):
            raise ValueError("renditions need at least one entry, and each a name of its own")
        return self

    def digest(self) -> str:
        """Digest of the settings that shape a hotel's result (16 hexadecimal digits)."""
        shaping = self.model_dump(
            mode="json", include={"filter", "fingerprint", "grouping", "prioritising", "renditions"}
        )
        shaping["max_pictures"] = self.publishing.max_pictures
        shaping["max_labels"] = self.tagging.max_labels
        return hashlib.sha256(json.dumps(shaping, sort_keys=True).encode()).hexdigest()[:16]


def load_settings(path: Path | None) -> Settings:
    """Read a settings file over the shipped defaults; None gives the defaults. Raises SettingsError."""
    if path is None:
        return Settings()
    try:
        data = path.read_bytes()
    except OSError as error:
        raise SettingsError(f"{path}: cannot be read: {error}") from error
    return parse_settings(data, str(path))


def parse_settings(data: bytes, file: str) -> Settings:
    """Read the bytes of a settings file over the shipped defaults. Raises SettingsError."""
    try:
        document = yaml.safe_load(data.decode()) or {}
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise SettingsError(f"{file}: cannot be read: {error}") from error
    if not isinstance(document, dict):
        raise SettingsError(f"{file}: {document!r}: must be a mapping of sections such as `filter:`")
    try:
        return Settings.model_validate(document)
    except ValidationError as error:
        lines = [
            f"{file}: {'.'.join(map(str, e['loc'])) or 'settings'}: {e['input']!r}: {e['msg']}" for e in error.errors()
        ]
        raise SettingsError("\n".join(lines)) from error
