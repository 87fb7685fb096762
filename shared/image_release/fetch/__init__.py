"""Downloading: from a partner's URL to the bytes of an original, or to the reason why there are none.

The first step of the published method. It gives bytes only; whether they are a picture is the filter's question.
"""

from image_release.fetch.answers import Fetched, Fetcher, FetchFailed, NotModified, Validators
from image_release.fetch.fetcher import UrlFetcher

__all__ = ["FetchFailed", "Fetched", "Fetcher", "NotModified", "UrlFetcher", "Validators"]
