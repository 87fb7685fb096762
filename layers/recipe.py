"""Which packages each layer holds, and what is left out.

There are two layers because five of the six functions decode no images, and start faster without 110 MB of numpy,
Pillow and Google's client. Versions are those of requirements.txt, so that the tested versions run.
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
"""Layer -> packages. Their dependencies are added to the first layer that needs them."""

PYTHON_VERSION = (3, 13)
PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
"""Tags of wheels that run on Amazon Linux 2023 with its C library 2.34, as python3.13 in Lambda does."""

AWS_SERVICES = ("dynamodb", "s3", "sqs", "ssm", "sts")
"""The services whose descriptions stay in botocore. It has 400 of them, which are most of its size."""

STRIPPED_FOLDERS = ("tests",)  # not `docs`, because botocore imports its folder of that name
STRIPPED_FILES = ("*.pyi", "*.pxd", "*.pyx", "*.h", "*.c", "*.cpp")
"""Files that no program reads at run time. Licences stay."""

LEFT_OUT = ("cli", "lab", "one_machine")
"""Folders of `image_release` that no function imports: the command line, what runs it on one machine, and the lab."""

MAX_UNZIPPED_MB = 200
"""Maximum unzipped size of a function with its layers, in MB (10^6 bytes). Lambda refuses more than 262."""
