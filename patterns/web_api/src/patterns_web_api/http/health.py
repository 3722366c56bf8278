"""The route that tells which release answers."""

from fastapi import APIRouter
from starlette.responses import Response

from patterns_web_api.http.representations import json_response

__all__ = ["health_router"]


def health_router(*, version: str, stage: str) -> APIRouter:
    """Return the route; it asks no dependency, so that it tells of this function and nothing else."""
    router = APIRouter(tags=["service"])

    @router.get("/health", operation_id="getHealth")
    async def get_health() -> Response:
        """Tell version and stage."""
        return json_response({"status": "ok", "version": version, "stage": stage})

    return router
