"""The route of the catalogue: public, and the same for everybody until the next release."""

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

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
    async def list_products(request: Request) -> Response:
        """Show the catalogue."""
        if_none_match = request.headers.get("if-none-match")
        if if_none_match is not None and _matches(if_none_match, etag):
            return Response(status_code=304, headers=headers)
        return Response(page, headers=headers, media_type="application/json")

    return router


def _matches(if_none_match: str, etag: str) -> bool:
    """Compare weakly, as RFC 9110 says for ``If-None-Match``."""
    tags = {tag.strip().removeprefix("W/") for tag in if_none_match.split(",")}
    return etag in tags or tags == {"*"}
