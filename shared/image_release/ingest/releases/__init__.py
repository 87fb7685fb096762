"""The Data Release: read as a stream, written as an index and row shards, and switched over to."""
