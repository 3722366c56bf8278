"""From a REST API's proxy event to ASGI and back, through Mangum."""

import asyncio
from base64 import b64decode
from functools import cache
from urllib.parse import unquote, urlencode

from mangum import Mangum
from mangum.handlers import APIGateway
from mangum.types import ASGI, LambdaConfig, LambdaContext, LambdaEvent, Scope

__all__ = ["lambda_adapter"]


class RestEvent(APIGateway):
    """Mangum's handler for REST APIs, with the stage's path as the root path, and safe with any text.

    Mangum leaves the root path empty, so that a documentation page behind a stage could not find its schema.
    """

    @classmethod
    def infer(cls, event: LambdaEvent, context: LambdaContext, config: LambdaConfig) -> bool:  # noqa: ARG003
        """Take every event: the function is behind one REST API and nothing else."""
        return True

    @property
    def body(self) -> bytes:
        """The request's body; what is wrongly encoded is passed on, to be refused where bodies are read."""
        body = self.event.get("body") or ""
        if self.event.get("isBase64Encoded"):
            try:
                return b64decode(body, validate=True)
            except ValueError:
                return b"\xff"
        return body.encode(errors="surrogatepass")

    @property
    def scope(self) -> Scope:
        """The ASGI scope. Its path begins with the root path, as ASGI says."""
        event = self.event
        context = event["requestContext"]
        path = context.get("path") or event["path"]
        headers = _header_lines(event)
        query = event.get("multiValueQueryStringParameters") or event.get("queryStringParameters") or {}
        return {
            "type": "http",
            "http_version": "1.1",
            "method": event["httpMethod"],
            # As UTF-8, so that no two texts become one: a replaced character would make one key of many.
            "headers": [(_utf8(name), _utf8(value)) for name, value in headers],
            "path": _decoded(path),
            "raw_path": None,
            "root_path": _decoded(_root_path(path, event)),
            "scheme": dict(headers).get("x-forwarded-proto", "https"),
            "query_string": urlencode(query, doseq=True, errors="replace").encode(),
            "server": None,
            "client": (context.get("identity", {}).get("sourceIp"), 0),
            "asgi": {"version": "3.0", "spec_version": "2.0"},
            "aws.event": event,
            "aws.context": self.context,
        }


def lambda_adapter(app: ASGI) -> Mangum:
    """Return the function that answers proxy events with ``app``."""
    # Mangum asks asyncio for the current loop, and asyncio no longer makes one when asked.
    asyncio.set_event_loop(_event_loop())
    # Mangum would send types that it takes for binary in base64, which a REST API hands on as it is.
    text_types = ["text/", "application/json", "application/problem+json"]
    return Mangum(app, lifespan="off", custom_handlers=[RestEvent], text_mime_types=text_types)


def _header_lines(event: LambdaEvent) -> list[tuple[str, str]]:
    """Return every line of every header, names in lower case: its reader knows whether several are one list."""
    several = event.get("multiValueHeaders") or {}
    lines = [(name.lower(), value) for name, values in several.items() for value in values]
    known = {name for name, _ in lines}
    single = (event.get("headers") or {}).items()
    return lines + [(name.lower(), value) for name, value in single if name.lower() not in known]


def _utf8(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


@cache
def _event_loop() -> asyncio.AbstractEventLoop:
    return asyncio.new_event_loop()


def _decoded(path: str) -> str:
    """Decode each segment by itself: an encoded slash is part of a name, as it was for the gateway's routing."""
    return "/".join(unquote(segment).replace("/", "%2F") for segment in path.split("/")) if "%" in path else path


def _root_path(path: str, event: LambdaEvent) -> str:
    """Return what stands before the route: the stage, or the path under which a custom domain has the API.

    ``resource`` is the route's template, ``/orders/{order_id}``, so that the rest of the path is the root.
    """
    template: str = event.get("resource") or ""
    if template.endswith("+}") or not template:
        return path.removesuffix(event["path"])
    return "/".join(path.split("/")[: -template.count("/")])
