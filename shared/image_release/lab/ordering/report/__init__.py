"""The page of a comparison of orders, for people: static HTML beside the published renditions."""

from image_release.lab.ordering.report.page import NoPlaceForPageError, check_page_folder, write_comparison

__all__ = ["NoPlaceForPageError", "check_page_folder", "write_comparison"]
