"""The caller of a request, from the claims that the gateway's authorizer adds."""

from typing import Annotated

from fastapi import Depends
from starlette.requests import Request

from patterns_web_api.application.callers import Caller, caller_from_claims
from patterns_web_api.http.unambiguous import single_header

__all__ = ["SignedIn"]


async def signed_in(request: Request) -> Caller:
    """Return the caller; a coroutine, since FastAPI would run a plain function in a thread.

    Raises:
        Problem: 400 when ``Authorization`` comes twice: the gateway may have checked the other token.
        NotSignedIn: 401.
    """
    single_header(request, "Authorization")
    context = request.scope.get("aws.event", {}).get("requestContext", {})
    claims = (context.get("authorizer") or {}).get("claims")
    return caller_from_claims(claims, audience=request.app.state.audience)


SignedIn = Annotated[Caller, Depends(signed_in)]
"""A parameter of a route that needs a caller."""
