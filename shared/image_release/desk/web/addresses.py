"""Addresses of pages and files. An id of a hotel is one part of a path, whatever characters it has."""

from __future__ import annotations

from urllib.parse import quote, unquote, urlencode

from starlette.convertors import Convertor, register_url_convertor

from image_release.values import key_part


class HotelIdConvertor(Convertor[str]):
    """`{hotel_id:hotel_id}` in a route: the id is percent-encoded twice, so that no browser reads it as a path."""

    regex = "[^/]+"

    def convert(self, value: str) -> str:
        """The id of a part of a path, which the server decoded once."""
        return unquote(value, errors="replace")

    def to_string(self, value: str) -> str:
        """The part of a path, to be encoded once more."""
        return key_part(value)


register_url_convertor("hotel_id", HotelIdConvertor())


def hotel_address(hotel_id: str, *rest: str, **query: object) -> str:
    """The address of a hotel's page; `rest` are further parts of the path."""
    path = "/".join(("/hotels", quote(key_part(hotel_id), safe=""), *(quote(part, safe="") for part in rest)))
    return f"{path}?{urlencode(query)}" if query else path


def everywhere_address(hotel_id: str, image: str) -> str:
    """The page on which a person begins to decide about an image of a hotel in every hotel."""
    return f"/everywhere/new?{urlencode({'hotel': hotel_id, 'image': image})}"


def rendition_address(key: str) -> str:
    """The address of a rendition that lies under a key of the published store."""
    return f"/renditions/{quote(key)}"


def static_address(name: str) -> str:
    """The address of a style sheet or a module."""
    return f"/static/{name}"
