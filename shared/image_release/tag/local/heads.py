"""The heads of the local model: from the network's features to kinds, appeal and embedding.

`benchmarks/fit_scenes.py` fits them and writes heads.npz. Each is one matrix product over the features, which are drawn
together by a square root first. Kinds become probabilities (softmax), the appeal becomes the probability of a good
opener, the embedding gets length 1.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass, fields
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from image_release.fingerprint import all_arrays
from image_release.kinds import shipped_kinds
from image_release.tag.local.network import NETWORK_NAME, NETWORK_SHA256
from image_release.values import Label, Look

PLACES = 3
"""Decimals that are kept of every result: processors differ in the sixth."""
MOST_LABELS = 5
LEAST_PROBABILITY = 0.02
"""A kind that is less likely than this gives no label."""
SHORTEST = 1e-9
"""Length below which an embedding is not scaled up."""

Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Heads:
    """The fitted numbers: f features, k kinds in the order of kinds.yaml, e numbers of an embedding."""

    mean: Numbers
    """(f,): mean of the drawn features."""
    kinds: Numbers
    """(f, k): logits of the kinds."""
    kind_offsets: Numbers
    """(k,)"""
    appeal: Numbers
    """(f,): logit of the appeal."""
    appeal_offset: Numbers
    """(1,)"""
    embedding: Numbers
    """(f, e)"""

    def read(self, features: NDArray[np.float32], identity: str) -> tuple[tuple[Label, ...], Look]:
        """The labels of an image, one for each likely kind and the likeliest first, and its look."""
        probabilities, appeals, embeddings = self.predict(features[None].astype(np.float64))
        look = Look(identity, _rounded(appeals[0]), tuple(_rounded(number) for number in embeddings[0]))
        return _labels(probabilities[0]), look

    def predict(self, features: Numbers) -> tuple[Numbers, Numbers, Numbers]:
        """Probabilities of the kinds (n, k), appeals (n,) and embeddings (n, e) of features (n, f)."""
        centred = drawn(features) - self.mean
        seen = centred @ self.embedding
        lengths = np.maximum(np.linalg.norm(seen, axis=1, keepdims=True), SHORTEST)
        appeals: Numbers = 1 / (1 + np.exp(-(centred @ self.appeal + self.appeal_offset)))
        return softmax(centred @ self.kinds + self.kind_offsets), appeals, seen / lengths

    def to_bytes(self) -> bytes:
        """The numbers as a file of 16-bit floats; the same numbers give the same bytes."""
        out = io.BytesIO()
        numbers = {field.name: np.asarray(getattr(self, field.name), np.float16) for field in fields(self)}
        np.savez(out, allow_pickle=False, **numbers)
        return out.getvalue()

    @classmethod
    def from_bytes(cls, data: bytes) -> Heads:
        """Read the file back."""
        stored = all_arrays(data)
        return cls(**{field.name: stored[field.name].astype(np.float64) for field in fields(cls)})


def drawn(features: Numbers) -> Numbers:
    """Draw features together: the square root of their size, with their sign."""
    result: Numbers = np.sign(features) * np.sqrt(np.abs(features))
    return result


def softmax(logits: Numbers) -> Numbers:
    """Probabilities (n, k) of logits (n, k)."""
    powers = np.exp(logits - logits.max(axis=1, keepdims=True))
    shares: Numbers = powers / powers.sum(axis=1, keepdims=True)
    return shares


def _labels(probabilities: Numbers) -> tuple[Label, ...]:
    named = [
        Label(kind.label, _rounded(share)) for kind, share in zip(shipped_kinds().values(), probabilities, strict=True)
    ]
    likely = sorted(named, key=lambda label: (-label.score, label.description))[:MOST_LABELS]
    return tuple(label for label in likely if label.score >= LEAST_PROBABILITY)


def _rounded(number: float) -> float:
    return round(float(number), PLACES) + 0.0


@cache
def shipped_heads() -> Heads:
    """The heads that are shipped."""
    return Heads.from_bytes(_shipped_bytes())


@cache
def model_name() -> str:
    """Name of the model: other weights or other heads give another one."""
    return f"{NETWORK_NAME}-{hashlib.sha256(NETWORK_SHA256.encode() + _shipped_bytes()).hexdigest()[:8]}"


def _shipped_bytes() -> bytes:
    return files("image_release").joinpath("tag/local/heads.npz").read_bytes()
