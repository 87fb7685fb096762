"""The AWS functions: one folder each, with a thin handler that calls `image_release.serverless`."""
