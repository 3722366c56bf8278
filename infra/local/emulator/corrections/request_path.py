"""``requestContext.path`` of a REST API's event.

AWS tells the function the path that the client asked for, with the stage or the custom domain's base path in front,
so that an application can build addresses which lead back to itself. The emulator serves an API under
``/restapis/{id}/{stage}/_user_request_``, the address that the platform publishes, and tells ``/{stage}``.
"""

from typing import Any

from ministack.services import apigateway_v1 as gateway

__all__ = ["correct"]

_build = gateway._build_lambda_event_v1


def correct() -> None:
    """Tell the path that leads back."""
    gateway._build_lambda_event_v1 = _event


def _event(api_id: str, stage_name: str, stage: Any, resource: Any, request_path: str, *rest: Any, **more: Any) -> Any:
    event = _build(api_id, stage_name, stage, resource, request_path, *rest, **more)
    event["requestContext"]["path"] = f"/restapis/{api_id}/{stage_name}/_user_request_{request_path}"
    return event
