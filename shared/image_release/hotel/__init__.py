"""One hotel: `process_hotel` brings what is published of it up to date with what partners and people say."""

from image_release.hotel.choose import Pin, decisions_about, places_of
from image_release.hotel.everywhere import fingerprint_of, images_in, write_lines
from image_release.hotel.foreseeing import Foreseen, foresee
from image_release.hotel.load import DEPARTED, SWEEP, Hotel
from image_release.hotel.newer import NewerEditionError
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
    "Foreseen",
    "Hotel",
    "HotelContendedError",
    "HotelOutOfTimeError",
    "HotelReport",
    "ImageReport",
    "NewerEditionError",
    "Pin",
    "Ports",
    "call_directly",
    "decisions_about",
    "fingerprint_of",
    "foresee",
    "images_in",
    "places_of",
    "process_hotel",
    "write_lines",
]
