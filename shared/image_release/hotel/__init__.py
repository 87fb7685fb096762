"""One hotel: `process_hotel` brings what is published of it up to date with what partners and people say."""

from image_release.hotel.choose import decisions_about
from image_release.hotel.everywhere import fingerprint_of, images_in, look_again
from image_release.hotel.load import DEPARTED, SWEEP, Hotel, load
from image_release.hotel.ports import Caller, Context, HotelReport, ImageReport, Ports, call_directly
from image_release.hotel.process import HotelContendedError, process_hotel
from image_release.hotel.render import HotelOutOfTimeError
from image_release.hotel.repair import Damage

__all__ = [
    "DEPARTED",
    "SWEEP",
    "Caller",
    "Context",
    "Damage",
    "Hotel",
    "HotelContendedError",
    "HotelOutOfTimeError",
    "HotelReport",
    "ImageReport",
    "Ports",
    "call_directly",
    "decisions_about",
    "fingerprint_of",
    "images_in",
    "load",
    "look_again",
    "process_hotel",
]
