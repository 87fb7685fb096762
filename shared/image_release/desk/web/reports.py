"""Reports for the commercial team in the desk's frame: what partners bring, and hotels with few good pictures."""

from __future__ import annotations

from urllib.parse import urlencode

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from image_release.desk.reports import (
    FEWER_THAN,
    few_hotels_csv,
    hotel_page,
    hotel_report,
    partner_page,
    partner_report,
    partners_csv,
)
from image_release.desk.web.addresses import hotel_address
from image_release.desk.web.building import built_index
from image_release.desk.web.csv_answers import csv_answer
from image_release.desk.web.listing import number_in
from image_release.desk.web.rendering import render

MOST_FEWER = 1_000


class DeskLinks:
    """Where the pages of hotels are that a report names."""

    def hotel(self, hotel_id: str) -> str:
        """The page of a hotel."""
        return hotel_address(hotel_id)

    def partner(self, partner_id: str) -> str:
        """The list of a partner's hotels."""
        return f"/?{urlencode({'partner': partner_id})}"

    def place(self, country: str, city: str | None) -> str:
        """The list of the hotels of a country or a city."""
        values = {"country": country, "city": city}
        return f"/?{urlencode({name: value for name, value in values.items() if value})}"


def reports(request: Request) -> Response:
    """The first of the reports."""
    del request
    return RedirectResponse("/reports/partners")


def partners(request: Request) -> Response:
    """What each partner brings."""
    page = partner_page(partner_report(built_index(request)))
    return _page(request, "Partners", "partners_body.html", page, csv="/reports/partners.csv")


def partners_as_csv(request: Request) -> Response:
    """What each partner brings, a line for each."""
    return csv_answer("partners.csv", partners_csv(partner_report(built_index(request))))


def hotels(request: Request) -> Response:
    """Hotels with few good pictures, by country and city."""
    fewer = _fewer(request)
    index = built_index(request)
    page = hotel_page(index, hotel_report(index, fewer))
    csv = f"/reports/hotels.csv?{urlencode({'fewer': fewer})}"
    return _page(request, "Hotels with few good pictures", "hotels_body.html", page, csv=csv, fewer=fewer)


def hotels_as_csv(request: Request) -> Response:
    """Hotels with few good pictures, a line for each."""
    return csv_answer("hotels-with-few-good-pictures.csv", few_hotels_csv(built_index(request), _fewer(request)))


def _page(request: Request, title: str, body: str, page: object, *, csv: str, fewer: int | None = None) -> Response:
    return render(request, "reports.html", title=title, body=body, page=page, links=DeskLinks(), csv=csv, fewer=fewer)


def _fewer(request: Request) -> int:
    return number_in(request.query_params.get("fewer"), FEWER_THAN, MOST_FEWER)


ROUTES = (
    Route("/reports", reports),
    Route("/reports/partners", partners),
    Route("/reports/partners.csv", partners_as_csv),
    Route("/reports/hotels", hotels),
    Route("/reports/hotels.csv", hotels_as_csv),
)
