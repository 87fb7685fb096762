"""A partner's catalogue: read as a stream, compared with the one in force, and written where it differs."""
