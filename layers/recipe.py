"""What goes into which layer, and what is left out of it. One place: the build, the tests and the README read it.

Two layers, because five of six functions look at no picture: they start without 110 MB of numpy, Pillow and Google's
client. Versions are those of requirements.txt, so that what is tested is what runs.
"""

from __future__ import annotations

LAYERS: dict[str, tuple[str, ...]] = {
    "common": (
        "aws-lambda-powertools",
        "boto3",
        "botocore",
        "idna",
        "jinja2",
        "obstore",
        "pydantic",
        "pyyaml",
        "tenacity",
        "urllib3",
    ),
    "pictures": ("cykooz-resizer", "google-cloud-vision", "numpy", "pillow"),
}
"""Layer -> packages; what these depend on comes with them, and a package stands in the first layer that needs it."""

PYTHON_VERSION = (3, 13)
PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
"""Lambda's python3.13 runs on Amazon Linux 2023, whose C library is 2.34."""

AWS_SERVICES = ("dynamodb", "s3", "sqs", "ssm", "sts")
"""The services whose descriptions botocore keeps; it has four hundred, and they are most of its size."""

STRIPPED_FOLDERS = ("tests",)  # `docs` are not: botocore imports its own
STRIPPED_FILES = ("*.pyi", "*.pxd", "*.pyx", "*.h", "*.c", "*.cpp")
"""What no program reads at run time. Licences stay."""

LEFT_OUT = ("cli", "lab", "one_machine")
"""Of `image_release`: the command line, its composition root and the instruments for people."""

MAX_UNZIPPED_MB = 200
"""Function and layers together; Lambda refuses more than 262 (10^6 bytes)."""
