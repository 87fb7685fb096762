"""Labels of images through a port: Google Vision, a recorded file, or nobody."""

from image_release.tag.allowance import CountedAllowance
from image_release.tag.dynamo import DynamoCounters
from image_release.tag.google import GoogleTagger, google_client
from image_release.tag.labels import LabelLine
from image_release.tag.none import NoTagger
from image_release.tag.port import Allowance, NotTagged, Tagged, Tagger, TagRequest
from image_release.tag.quota import Counters, CountersUnreachableError, MemoryCounters, QuotaAllowance
from image_release.tag.recorded import RecordedTagger

__all__ = [
    "Allowance",
    "CountedAllowance",
    "Counters",
    "CountersUnreachableError",
    "DynamoCounters",
    "GoogleTagger",
    "LabelLine",
    "MemoryCounters",
    "NoTagger",
    "NotTagged",
    "QuotaAllowance",
    "RecordedTagger",
    "TagRequest",
    "Tagged",
    "Tagger",
    "google_client",
]
