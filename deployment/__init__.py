"""Packages and deploys the suite: `make package`, `make aws` and `make e2e` run these modules.

osls reads the JavaScript and YAML files in this folder, and makes the template's resources from serverless.yml.
"""
