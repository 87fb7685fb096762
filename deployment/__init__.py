"""Packaging and deploying the suite: what `make package`, `make aws` and `make e2e` run.

The JavaScript and YAML files beside it are read by osls and make the template's resources out of serverless.yml.
"""
