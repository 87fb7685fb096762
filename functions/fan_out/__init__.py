"""The function `fan_out`."""
