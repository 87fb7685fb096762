"""Puts the rules of AWS in front of ministack's services, and answers over HTTP what they were asked.

- `GET /_strict/calls` lists the rights that roles used, by the statement that allowed each.
- `GET /_strict/refused` lists what the rules refused.
- `POST /_strict/fail?queue=NAME&entries=2` makes the next batch that is sent to a queue fail in part.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from http import HTTPStatus
from typing import Any
from urllib.parse import parse_qs

from deployment.strict_aws.asked import AS_IAM_SAYS, Asked
from deployment.strict_aws.at_once import do_at_once
from deployment.strict_aws.faults import Fault
from deployment.strict_aws.functions import alias_faults, function_faults
from deployment.strict_aws.messages import batch_faults, entry_faults, queue_faults, visibility_faults
from deployment.strict_aws.objects import bucket_faults, deletion_faults, key_faults, put_faults
from deployment.strict_aws.templates import template_faults, text_faults

STATUS = {"NotImplemented": 501}
"""Status of S3's errors; 400 for the others."""
TEMPLATE_ACTIONS = {"CreateStack", "UpdateStack", "CreateChangeSet", "ValidateTemplate"}


def make_strict(application: Any, asked: Asked) -> None:
    """Change the module `ministack.app` so that all its services follow the rules, and do at once what they do."""
    _watch_rights(asked)
    _check_queues(asked)
    _check_buckets(application, asked)
    _check_stacks(asked)
    _check_functions(asked)
    do_at_once()
    application.app = _with_answers(application.app, asked)


def _with_answers(inner: Any, asked: Asked) -> Any:
    """The ASGI application with the addresses under `/_strict/`."""

    async def answer(scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/_strict/"):
            await inner(scope, receive, send)
            return
        found: Any = {"calls": asked.documents(), "refused": asked.refused}.get(scope["path"].rpartition("/")[2], {})
        if scope["path"] == "/_strict/fail":
            given = parse_qs(scope["query_string"].decode())
            asked.failing.setdefault(given["queue"][0], []).append(int(given["entries"][0]))
        headers = [(b"content-type", b"application/json")]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": json.dumps(found).encode()})

    return answer


def _watch_rights(asked: Asked) -> None:
    """Record which statement allowed each call of a role or a user; and name batches as IAM does."""
    from ministack.core import iam_evaluator

    evaluate, enforce = iam_evaluator.evaluate, iam_evaluator.enforce
    evaluated: list[Any] = []

    def watched(context: Any, policies: Any, *limits: Any) -> Any:
        context = replace(context, action=AS_IAM_SAYS.get(context.action, context.action))
        result = evaluate(context, policies, *limits)
        evaluated.append((context, result))
        return result

    def enforced(*arguments: Any, **more: Any) -> Any:
        evaluated.clear()
        denied = enforce(*arguments, **more)
        for context, result in evaluated[:1]:  # the policies of the caller; those of the resource come after them
            asked.count(
                context.principal_arn, "" if denied else result.matched_sid, context.action, context.resource_arn
            )
        return denied

    iam_evaluator.evaluate, iam_evaluator.enforce = watched, enforced


def _check_queues(asked: Asked) -> None:
    from ministack.services import sqs

    send, batch = sqs._act_send_message, sqs._act_send_message_batch  # noqa: SLF001 - nothing else is called for each

    def refuse(faults: Iterable[Fault]) -> None:
        if fault := asked.first("sqs", faults):
            raise sqs._Err(*fault)  # noqa: SLF001

    def send_message(data: Any, url: str) -> Any:
        refuse(entry_faults(data))
        return send(data, url)

    def send_batch(data: Any, url: str) -> Any:
        entries = data.get("Entries", [])
        refuse(batch_faults(entries))
        failing = asked.take_failing(data.get("QueueUrl", url).rpartition("/")[2])
        left = entries[failing:]
        answer = batch({**data, "Entries": left}, url) if left or not failing else {"Successful": [], "Failed": []}
        why = {"Code": "InternalError", "Message": "asked to fail", "SenderFault": False}
        answer["Failed"] = [*answer["Failed"], *({"Id": entry["Id"], **why} for entry in entries[:failing])]
        return answer

    def checked(action: str, rule: Any) -> None:
        inner = sqs._HANDLERS[action]  # noqa: SLF001

        def check(data: Any, url: str) -> Any:
            refuse(rule(data))
            return inner(data, url)

        sqs._HANDLERS[action] = check  # noqa: SLF001

    sqs._act_send_message = sqs._HANDLERS["SendMessage"] = send_message  # noqa: SLF001
    sqs._HANDLERS["SendMessageBatch"] = send_batch  # noqa: SLF001
    checked("ChangeMessageVisibility", visibility_faults)
    checked("CreateQueue", queue_faults)


def _check_buckets(application: Any, asked: Asked) -> None:
    from ministack.services import s3

    inner = s3.handle_request

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        bucket, _, key = path.lstrip("/").partition("/")
        faults = _object_faults(method, bucket, key, headers, body, query)
        if fault := asked.first("s3", faults):
            return s3._error(fault.code, fault.message, STATUS.get(fault.code, 400), path)  # noqa: SLF001
        answer = await inner(method, path, headers, body, query)
        is_missing = key and method in {"GET", "HEAD"} and answer[0] == HTTPStatus.NOT_FOUND
        if application.AUTH and is_missing and _may_not_list(application, asked, bucket, headers, query):
            return s3._error("AccessDenied", "Access Denied", 403, path)  # noqa: SLF001
        return answer

    s3.handle_request = handle


def _object_faults(method: str, bucket: str, key: str, headers: Any, body: bytes, query: Any) -> Iterable[Fault]:
    if not key:
        if method == "PUT" and not query:
            yield from bucket_faults(bucket)
        if method == "POST" and "delete" in query:
            yield from deletion_faults(body.count(b"<Object>"))
        return
    yield from key_faults(key)
    if method == "PUT" and "uploadId" not in query:
        yield from put_faults(headers)


def _may_not_list(application: Any, asked: Asked, bucket: str, headers: Any, query: Any) -> bool:
    """Whether the caller may not list the bucket: then S3 does not tell that a key is missing, and answers 403.

    https://docs.aws.amazon.com/AmazonS3/latest/API/API_GetObject.html, Permissions
    """
    from ministack.core.iam_evaluator import enforce

    key, region = application.extract_access_key_id(headers, query), application.extract_region(headers, query)
    with asked.only_what_is_allowed():
        return bool(enforce(key or "", "s3:ListBucket", "s3", region, resource_arn=f"arn:aws:s3:::{bucket}"))


def _check_stacks(asked: Asked) -> None:
    from ministack.services import cloudformation
    from ministack.services.cloudformation import helpers

    inner = cloudformation.handle_request

    async def handle(method: str, path: str, headers: Any, body: bytes, query: Any) -> Any:
        given = {**query, **parse_qs(body.decode("utf-8", "replace"), keep_blank_values=True)}
        if given.get("Action", [""])[0] in TEMPLATE_ACTIONS:
            template, _ = helpers._resolve_template(given)  # noqa: SLF001
            faults = template_faults(template) if (template or "").lstrip().startswith("{") else ()
            if fault := asked.first("cloudformation", faults):
                return helpers._error("ValidationError", fault.message)  # noqa: SLF001
        return await inner(method, path, headers, body, query)

    cloudformation.handle_request = handle


def _check_functions(asked: Asked) -> None:
    from ministack.core.responses import error_response_json
    from ministack.services import lambda_svc

    create, alias = lambda_svc._create_function, lambda_svc._create_alias  # noqa: SLF001

    def create_function(data: Any) -> Any:
        if fault := asked.first("lambda", (*text_faults("AWS::Lambda::Function", data), *function_faults(data))):
            return error_response_json("InvalidParameterValueException", fault.message, 400)
        return create(data)

    def create_alias(name: str, data: Any) -> Any:
        if fault := asked.first("lambda", alias_faults(data)):
            return error_response_json("InvalidParameterValueException", fault.message, 400)
        return alias(name, data)

    lambda_svc._create_function, lambda_svc._create_alias = create_function, create_alias  # noqa: SLF001
