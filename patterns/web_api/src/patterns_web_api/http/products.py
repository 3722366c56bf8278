"""The route of the catalogue: public, and the same for everybody until the next release."""

from typing import Annotated

from fastapi import APIRouter, Depends
from starlette.responses import Response

from patterns_web_api.http.preconditions import Preconditions, cached_read_preconditions
from patterns_web_api.http.representations import products_page

__all__ = ["product_router"]

MAX_AGE = 300
"""Seconds for which a cache may answer in our place, as the gateway's does on AWS."""


def product_router() -> APIRouter:
    """Return the route; the page is made once."""
    router = APIRouter(tags=["products"])
    page, etag = products_page()
    headers = {"ETag": etag, "Cache-Control": f"public, max-age={MAX_AGE}"}

    @router.get("/products", operation_id="listProducts")
    async def list_products(conditions: Annotated[Preconditions, Depends(cached_read_preconditions)]) -> Response:
        """Show the catalogue."""
        if conditions.not_modified(etag):
            return Response(status_code=304, headers=headers)
        return Response(page, headers=headers, media_type="application/json")

    return router
