"""The desk's pages: an application of server-rendered pages for the people who own the pictures, on 127.0.0.1."""

from image_release.desk.web.access import Access, Proxy
from image_release.desk.web.application import application
from image_release.desk.web.server import DeskServer

__all__ = ["Access", "DeskServer", "Proxy", "application"]
