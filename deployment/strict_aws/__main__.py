"""Starts ministack with the rules of AWS: `python -m deployment.strict_aws`, with the Python that has ministack."""

from __future__ import annotations

from ministack import app as application

from deployment.strict_aws.asked import Asked
from deployment.strict_aws.double import make_strict

make_strict(application, Asked())
application.main()
