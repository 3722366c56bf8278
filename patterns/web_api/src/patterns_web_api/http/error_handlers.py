"""Every error that FastAPI, Starlette or a use case raises becomes a problem document."""

from collections.abc import Iterable

from fastapi import FastAPI
from pydantic_core import ErrorDetails
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Match, Route

from patterns_web_api.http.problems import (
    METHOD_NOT_ALLOWED,
    NOT_FOUND,
    PROBLEMS,
    FieldError,
    Problem,
    problem_of,
    problem_response,
)

__all__ = ["add_error_handlers", "field_errors"]

# The handlers are coroutines: Starlette would run plain functions in a thread.


def add_error_handlers(app: FastAPI) -> None:
    """Answer the errors of the table, unknown addresses and methods."""
    for error in PROBLEMS:
        app.add_exception_handler(error, _answer_error)
    app.add_exception_handler(Problem, _answer_problem)
    app.add_exception_handler(HTTPException, _answer_routing)


def field_errors(errors: Iterable[ErrorDetails]) -> list[FieldError]:
    """Return Pydantic's errors, each with its field as a path such as ``lines.0.quantity``."""
    return [FieldError(".".join(map(str, error["loc"])) or "body", error["msg"]) for error in errors]


async def _answer_error(request: Request, error: Exception) -> Response:
    return problem_response(problem_of(error), path=request.scope["path"])


async def _answer_problem(request: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)  # noqa: S101 - it is registered for nothing else
    return problem_response(error, path=request.scope["path"])


async def _answer_routing(request: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException) and error.status_code == METHOD_NOT_ALLOWED.status:
        allowed = _allowed_methods(request)
        if request.method == "OPTIONS":
            return Response(status_code=204, headers={"Allow": allowed})
        problem = Problem(METHOD_NOT_ALLOWED, f"it takes {allowed}", headers={"Allow": allowed})
    else:
        problem = Problem(NOT_FOUND, "no such address")
    return problem_response(problem, path=request.scope["path"])


def _allowed_methods(request: Request) -> str:
    """All methods of the address: the router's own answer names only those of the first route that matches.

    HEAD is there wherever GET is, by ``Edge``; OPTIONS is answered here, and for browsers by the gateway.
    """
    scope = dict(request.scope)
    matching = (r for r in request.app.routes if isinstance(r, Route) and r.matches(scope)[0] is not Match.NONE)
    methods = {method for route in matching for method in route.methods or ()}
    return ", ".join(sorted(methods | {"OPTIONS"} | ({"HEAD"} if "GET" in methods else set())))
