"""The AWS functions: thin handlers around `image_release.suite`, a folder each."""
