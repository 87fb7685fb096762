"""Builds Google's client with the service account in SSM, so that no secret is in the environment or in a log."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from image_release.problems import printable
from image_release.tag import TaggerUnavailableError

if TYPE_CHECKING:
    from google.cloud.vision import ImageAnnotatorClient

FIELDS = ("client_email", "private_key", "token_uri")
"""What is needed of a service account's key."""
WAIT_S = 3
"""Seconds to wait for a connection to SSM, and for its answer: a hotel waits meanwhile."""
REQUESTS = 3
"""Maximum number of times that one request is sent."""


def vision_client(parameter: str) -> ImageAnnotatorClient:
    """Return a Vision client for the service account whose JSON is in an SSM SecureString parameter.

    Raises TaggerUnavailableError, which says what to do and shows nothing of the secret.
    """
    from google.cloud import vision

    account = _account(parameter, _secret(parameter))
    try:
        client: ImageAnnotatorClient = vision.ImageAnnotatorClient.from_service_account_info(account)
    except ValueError as error:  # of Google's library: the key cannot be read, or a part of it is missing
        raise _malformed(parameter) from error
    return client


def _secret(parameter: str) -> str:
    import boto3
    from botocore.config import Config
    from botocore.exceptions import BotoCoreError, ClientError

    retries = {"mode": "standard", "max_attempts": REQUESTS}
    client = boto3.client("ssm", config=Config(connect_timeout=WAIT_S, read_timeout=WAIT_S, retries=retries))
    try:
        answer = client.get_parameter(Name=parameter, WithDecryption=True)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ParameterNotFound":
            raise TaggerUnavailableError(
                f"the SSM parameter {parameter} is missing; put the JSON of the service account's key there"
            ) from error
        if code.startswith("AccessDenied"):
            raise TaggerUnavailableError(
                f"the SSM parameter {parameter} may not be read; allow ssm:GetParameter, and kms:Decrypt of its key"
            ) from error
        raise TaggerUnavailableError(printable(f"the SSM parameter {parameter}: {error}", 300)) from error
    except BotoCoreError as error:
        raise TaggerUnavailableError(printable(f"SSM does not answer for {parameter}: {error}", 300)) from error
    return str(answer["Parameter"]["Value"])


def _account(parameter: str, secret: str) -> dict[str, Any]:
    """The key of a service account, checked as far as Google's library does not."""
    try:
        account = json.loads(secret)
    except ValueError:
        raise _malformed(parameter) from None  # the cause would show the secret
    if not isinstance(account, dict) or not all(isinstance(account.get(name), str) for name in FIELDS):
        raise _malformed(parameter)
    return account


def _malformed(parameter: str) -> TaggerUnavailableError:
    return TaggerUnavailableError(
        f"the SSM parameter {parameter} does not hold the JSON of a service account's key; put the whole file there"
    )
