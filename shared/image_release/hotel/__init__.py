"""The heart: one hotel, from what partners send to what is published."""

from image_release.hotel.load import DEPARTED, SWEEP
from image_release.hotel.ports import Caller, HotelReport, ImageReport, Ports, call_directly
from image_release.hotel.process import HotelContendedError, process_hotel
from image_release.hotel.render import HotelOutOfTimeError

__all__ = [
    "DEPARTED",
    "SWEEP",
    "Caller",
    "HotelContendedError",
    "HotelOutOfTimeError",
    "HotelReport",
    "ImageReport",
    "Ports",
    "call_directly",
    "process_hotel",
]
