"""What a real partner has not: switches for its faults, and counts of what it saw."""

import json
from http import HTTPStatus
from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from patterns_local.partner.control import Behaviour, Keys
from patterns_local.partner.partner import Partner
from patterns_local.partner.problem import problem

__all__ = ["steering_of"]


def steering_of(partner: Partner) -> APIRouter:
    """Return the routes that steer a partner and show what it saw."""
    routes = APIRouter()

    @routes.get("/health")
    async def health() -> dict[str, str]:
        """Say that it is there, however it behaves."""
        return {"status": "ok"}

    @routes.get("/control")
    async def shown() -> dict[str, object]:
        """Show how the partner behaves, and which secrets hold its keys."""
        behaviour = partner.faults.behaviour.model_dump(mode="json", exclude_none=True)
        return {**behaviour, "secret_arns": partner.keys.secret_arns}

    @routes.put("/control")
    async def behave(behaviour: Behaviour) -> dict[str, object]:
        """Behave so from now on."""
        partner.faults.behave(behaviour)
        return await shown()

    @routes.put("/keys")
    async def learn(keys: Keys) -> dict[str, object]:
        """Learn where keys are."""
        partner.keys.learn(keys.secret_arn)
        return await shown()

    @routes.get("/seen")
    async def seen(*, ids: Annotated[bool, Query()] = False) -> Response:
        """Show the counts, and with ``?ids=1`` how often each event was asked and done."""
        return _json(partner.seen.shown(with_events=ids))

    @routes.get("/seen/{event_id}")
    async def seen_event(event_id: Annotated[str, Path()]) -> Response:
        """Show what is known of one event."""
        event = partner.seen.events.get(event_id)
        if event is None:
            return problem(HTTPStatus.NOT_FOUND, "the partner was never asked about this event")
        return _json(event.shown())

    @routes.delete("/seen", status_code=HTTPStatus.NO_CONTENT)
    async def forget() -> None:
        """Forget every event and all counts."""
        partner.seen.forget()

    return routes


def _json(values: dict[str, object]) -> Response:
    """Answer without FastAPI's own encoding, which takes seconds for 50,000 events."""
    return Response(json.dumps(values), media_type="application/json")
