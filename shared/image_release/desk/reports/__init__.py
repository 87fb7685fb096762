"""Reports for the commercial team, from the index: what partners bring, and which hotels have few good pictures."""

from image_release.desk.reports.hotels import (
    FEWER_THAN,
    WHAT_GOOD_MEANS,
    FewHotel,
    FewPicturesReport,
    PlaceLine,
    few_hotels,
    hotel_report,
)
from image_release.desk.reports.page import (
    TEMPLATES,
    HotelPage,
    Links,
    PartnerPage,
    hotel_page,
    hotels_html,
    partner_page,
    partners_html,
)
from image_release.desk.reports.partners import PartnerLine, PartnerReport, partner_report
from image_release.desk.reports.report_csv import few_hotels_csv, partners_csv

__all__ = [
    "FEWER_THAN",
    "TEMPLATES",
    "WHAT_GOOD_MEANS",
    "FewHotel",
    "FewPicturesReport",
    "HotelPage",
    "Links",
    "PartnerLine",
    "PartnerPage",
    "PartnerReport",
    "PlaceLine",
    "few_hotels",
    "few_hotels_csv",
    "hotel_page",
    "hotel_report",
    "hotels_html",
    "partner_page",
    "partner_report",
    "partners_csv",
    "partners_html",
]
