"""The function `process_hotel`."""
