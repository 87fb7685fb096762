"""Builds Google's client with the service account in SSM, so that no secret is in the environment or in a log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from google.cloud.vision import ImageAnnotatorClient


def vision_client(parameter: str) -> ImageAnnotatorClient:
    """Return a Vision client for the service account whose JSON is in an SSM SecureString parameter."""
    import boto3
    from google.cloud import vision

    answer = boto3.client("ssm").get_parameter(Name=parameter, WithDecryption=True)
    client: ImageAnnotatorClient = vision.ImageAnnotatorClient.from_service_account_info(
        json.loads(answer["Parameter"]["Value"])
    )
    return client
