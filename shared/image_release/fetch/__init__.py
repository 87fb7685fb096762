"""Downloading: from a partner's URL to the bytes of an original, or to the reason why there are none.

The first step of the published method. It returns bytes only; `decode` finds out whether they are an image.

    urls         a partner's URL, cleaned and written canonically
    cleaning     a URL taken apart as browsers do it
    hosts        the host of a URL, in its one canonical spelling
    addresses    which addresses of a host we may connect to
    limits       how many requests run at once, and how much time a fetch has
    connections  urllib3's connections, to judged addresses only, with a time limit on every read
    heads        status line and headers of an answer
    framing      where the body of an answer ends
    bodies       from the bytes of an answer to the whole file: no parts, no packings
    client       one GET, with its body
    cookies      the cookies of one chain of redirects
    http_dates   dates of headers
    web          one image over HTTP: redirects, statuses, retries
    files        one image below a folder of this machine
    answers      every way in which a fetch ends
    fetcher      the fetcher that the pipeline gets
"""

from image_release.fetch.answers import Fetched, Fetcher, FetchFailed, NotModified, Validators
from image_release.fetch.fetcher import UrlFetcher

__all__ = ["FetchFailed", "Fetched", "Fetcher", "NotModified", "UrlFetcher", "Validators"]
