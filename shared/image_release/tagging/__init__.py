"""Labels of images through a port: Google Vision, a recorded file, or nobody."""

from image_release.tagging.allowance import CountedAllowance
from image_release.tagging.dynamo import DynamoCounters
from image_release.tagging.google import GoogleTagger, google_client
from image_release.tagging.labels import LabelLine
from image_release.tagging.none import NoTagger
from image_release.tagging.port import Allowance, NotTagged, Tagged, Tagger, TagRequest
from image_release.tagging.quota import Counters, CountersUnreachableError, MemoryCounters, QuotaAllowance
from image_release.tagging.recorded import RecordedTagger

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
