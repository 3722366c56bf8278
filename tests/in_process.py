"""The deployed API function's own code and settings, run in this process: its requests to AWS can be watched."""

import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any
from unittest.mock import patch

from tests.stack import WebApiStack

from patterns_local.platform import Platform
from patterns_web_api.bootstrap.api import bootstrap

__all__ = ["InProcessApi", "LambdaAnswer", "api_in_process", "aws_environment"]


@dataclass(frozen=True, slots=True)
class LambdaAnswer:
    """What the function gives the gateway."""

    status_code: int
    headers: Mapping[str, str]
    text: str

    def json(self) -> Any:  # noqa: ANN401 - JSON
        """Return the body's document."""
        return json.loads(self.text)


class InProcessApi:
    """Calls the function as the gateway would, as any customer: the gateway alone checks tokens."""

    def __init__(self, client_id: str) -> None:
        """Make the application from the environment; tokens are made for this client of the pool."""
        self._handler = bootstrap()
        self._client_id = client_id

    def request(
        self,
        method: str,
        path: str,
        *,
        customer_id: str,
        body: object = None,
        headers: Mapping[str, str] | None = None,
        query: Mapping[str, str] | None = None,
    ) -> LambdaAnswer:
        """Send one REST proxy event and return the answer."""
        sent = {"Content-Type": "application/json", "Host": "api.example.com", **(headers or {})}
        claims = {"token_use": "id", "aud": self._client_id, "sub": customer_id, "email": f"{customer_id}@example.com"}
        event = {
            "resource": "/{proxy+}",
            "path": path,
            "httpMethod": method,
            "headers": sent,
            "multiValueHeaders": {name: [value] for name, value in sent.items()},
            "queryStringParameters": dict(query) if query else None,
            "multiValueQueryStringParameters": {name: [value] for name, value in query.items()} if query else None,
            "pathParameters": None,
            "stageVariables": None,
            "requestContext": {
                "stage": "v1",
                "path": f"/v1{path}",
                "httpMethod": method,
                "requestId": "in-process",
                "identity": {"sourceIp": "192.0.2.1", "userAgent": "tests"},
                "authorizer": {"claims": claims},
            },
            "body": None if body is None else json.dumps(body),
            "isBase64Encoded": False,
        }
        answer = self._handler(event, None)  # type: ignore[arg-type] # it uses nothing of Lambda's context
        many = {name: values[0] for name, values in (answer.get("multiValueHeaders") or {}).items()}
        given = {name.lower(): value for name, value in {**many, **(answer.get("headers") or {})}.items()}
        return LambdaAnswer(answer["statusCode"], given, answer.get("body") or "")


@contextmanager
def aws_environment(platform: Platform, variables: Mapping[str, str], **endpoints: str) -> Iterator[None]:
    """Give this process the environment of a function on the platform, and nothing of the user's own for AWS.

    ``dynamodb="http://…"`` puts something else in that service's place.
    """
    services = {f"AWS_ENDPOINT_URL_{service.upper()}": url for service, url in endpoints.items()}
    given = {
        **variables,
        "AWS_ENDPOINT_URL": platform.endpoint_url,
        "AWS_REGION": platform.region,
        "AWS_DEFAULT_REGION": platform.region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "NO_PROXY": "127.0.0.1,localhost",
        **services,
    }
    with patch.dict(os.environ, given):
        for name in [name for name in os.environ if name.startswith("AWS_") and name not in given]:
            del os.environ[name]
        yield


@contextmanager
def api_in_process(platform: Platform, stack: WebApiStack, **endpoints: str) -> Iterator[InProcessApi]:
    """Make the API as it is deployed."""
    variables = stack.environment("api")
    with aws_environment(platform, variables, **endpoints):
        yield InProcessApi(variables["USER_POOL_CLIENT_ID"])
