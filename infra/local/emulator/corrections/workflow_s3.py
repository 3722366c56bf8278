"""S3 from a state machine: ``aws-sdk:s3:…``.

AWS calls any action, returns what its SDK does (numbers as numbers, moments in ISO 8601, a Body as text), and names an
error after the SDK's class: S3.NoSuchKeyException, S3.NoSuchBucketException and a few more, else S3.S3Exception. A
result of more than 256 KiB fails with States.DataLimitExceeded. The emulator lacks getObject and putObject, returns
sizes as text and headers as they are, and has other names for errors.

Corrected by calling the emulator's own S3 through the SDK.
"""

import datetime as dt
import json
import os
from functools import cache, partial
from typing import Any

from ministack.core.responses import get_region
from ministack.services import stepfunctions as sfn

__all__ = ["correct"]

_LIMIT = 256 * 1024
_OF_THE_SDK = {"ResponseMetadata", "EncodingType"}
_MISSING = "404"
"""What S3 says of a missing key to a HEAD, which has no body to name it in."""


def correct() -> None:
    """Take S3 out of the emulator's own dispatch."""
    sfn._dispatch_aws_sdk_rest_xml = partial(_dispatch, sfn._dispatch_aws_sdk_rest_xml)


def _dispatch(original: Any, service: Any, name: str, action: str, request: Any) -> Any:
    if name != "s3":
        return original(service, name, action, request)
    from botocore import xform_name  # noqa: PLC0415 - loaded when it is used
    from botocore.exceptions import ClientError, ParamValidationError  # noqa: PLC0415

    client = _client(get_region())
    call = getattr(client, xform_name(action[:1].upper() + action[1:]), None)
    if call is None:
        raise sfn._ExecutionError("States.Runtime", f"S3 has no action {action}")
    try:
        result = call(**_in_bytes(request or {}))
    except ParamValidationError as error:
        raise sfn._ExecutionError("States.Runtime", str(error)) from error
    except ClientError as error:
        raise sfn._ExecutionError(*_named(client, error.response)) from error
    return _limited({key: _in_json(value) for key, value in result.items() if key not in _OF_THE_SDK})


@cache
def _client(region: str) -> Any:
    import boto3  # noqa: PLC0415 - loaded when it is used

    address = f"http://127.0.0.1:{os.environ['GATEWAY_PORT']}"
    root = {"aws_access_key_id": "test", "aws_secret_access_key": "test"}
    return boto3.client("s3", endpoint_url=address, region_name=region, **root)


def _in_bytes(request: dict[str, Any]) -> dict[str, Any]:
    """A Body is text, or a document that is written as JSON."""
    body = request.get("Body")
    if body is None:
        return request
    return {**request, "Body": (body if isinstance(body, str) else json.dumps(body)).encode()}


def _in_json(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _in_json(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_in_json(each) for each in value]
    if isinstance(value, dt.datetime):
        precision = "milliseconds" if value.microsecond else "seconds"
        return value.astimezone(dt.UTC).isoformat(timespec=precision).replace("+00:00", "Z")
    return value.read().decode(errors="replace") if hasattr(value, "read") else value


def _named(client: Any, answer: dict[str, Any]) -> tuple[str, str]:
    """Return the error's name and cause: only those that the SDK knows have a class of their own."""
    error, about = answer["Error"], answer["ResponseMetadata"]
    shape = client.meta.service_model.shape_for_error_code("NoSuchKey" if error["Code"] == _MISSING else error["Code"])
    name = f"{shape.name}Exception" if shape else "S3Exception"
    cause = f"{error.get('Message', '')} (Service: S3, Status Code: {about['HTTPStatusCode']})"
    return f"S3.{name}", cause


def _limited(result: dict[str, Any]) -> dict[str, Any]:
    if len(json.dumps(result)) > _LIMIT:
        line = "The task returned a result with a size exceeding the maximum number of bytes service limit."
        raise sfn._ExecutionError("States.DataLimitExceeded", line)
    return result
