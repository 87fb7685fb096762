"""Labels of images, from Google Vision, from a recorded file, or none; and how many images may be sent to Vision.

An `Allowance` says how many images may still be sent to a paid tagger: the `SpendingCap` of a run on one machine, or
the `AccountQuota` that all workers share. The tagger that looks at images itself is in `tag.local`; it needs numpy, and
is imported where it is built.
"""

from image_release.tag.both import BothTagger, has_recovered, parts_of, what_it_gives
from image_release.tag.dynamodb_counters import DynamoCounters
from image_release.tag.google import GoogleTagger
from image_release.tag.labels import LabelLine
from image_release.tag.none import NoTagger
from image_release.tag.port import Allowance, NotTagged, Report, Tagged, Tagger, TaggerUnavailableError, TagRequest
from image_release.tag.quota import AccountQuota, Counters, CountersUnreachableError, MemoryCounters
from image_release.tag.recorded import NotWholeGzipError, RecordedTagger, numbered_lines
from image_release.tag.spending_cap import SpendingCap

__all__ = [
    "AccountQuota",
    "Allowance",
    "BothTagger",
    "Counters",
    "CountersUnreachableError",
    "DynamoCounters",
    "GoogleTagger",
    "LabelLine",
    "MemoryCounters",
    "NoTagger",
    "NotTagged",
    "NotWholeGzipError",
    "RecordedTagger",
    "Report",
    "SpendingCap",
    "TagRequest",
    "Tagged",
    "Tagger",
    "TaggerUnavailableError",
    "has_recovered",
    "numbered_lines",
    "parts_of",
    "what_it_gives",
]
