"""The desk: where people see what is wrong with hotels, correct it, and see what changed."""
