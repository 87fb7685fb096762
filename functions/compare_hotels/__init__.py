"""The function `fan_out_shard`."""
