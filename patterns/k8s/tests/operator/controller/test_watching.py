"""Listings and watches over HTTP, with an API server that says just what a test wants it to."""

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import kopf
import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from patterns_k8s.operator.api.answers import ClusterError, Expired, Refused, Unavailable
from patterns_k8s.operator.api.cluster import Cluster
from patterns_k8s.operator.api.connection import Connection

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
ACCOUNTS = "/api/v1/namespaces/test/serviceaccounts"
OURS = {"labelSelector": "app.kubernetes.io/managed-by=patterns-operator"}


@asynccontextmanager
async def answering(answer: Answer) -> AsyncIterator[tuple[Cluster, list[str]]]:
    """Give a cluster that answers so, and the tokens with which it was asked."""
    tokens: list[str] = []
    numbers = iter(range(10))

    async def noted(request: web.Request) -> web.StreamResponse:
        assert request.path == ACCOUNTS
        tokens.append(request.headers["Authorization"])
        return await answer(request)

    application = web.Application()
    application.router.add_get("/{path:.*}", noted)
    async with TestServer(application) as server:
        address = str(server.make_url("")).rstrip("/")
        connection = Connection(lambda: kopf.ConnectionInfo(server=address, token=f"token-{next(numbers)}"))
        cluster = Cluster(connection)
        try:
            yield cluster, tokens
        finally:
            await cluster.close()


def event(kind: str, version: int, **more: Any) -> dict[str, Any]:  # noqa: ANN401 - fields of an object
    """Return an event of a watch."""
    return {"type": kind, "object": {"metadata": {"name": "shop", "resourceVersion": str(version)}, **more}}


def streaming(*chunks: bytes, broken: bool = False) -> Answer:
    """Return what answers with these bytes, each by itself, and then ends, or breaks off."""

    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        for chunk in chunks:
            await response.write(chunk)
            await asyncio.sleep(0.01)
        if broken and request.transport is not None:
            request.transport.close()
        return response

    return answer


async def watched(cluster: Cluster) -> list[tuple[str, str]]:
    """Watch to the end, and return the changes with their versions."""
    return [
        (change, body["metadata"]["resourceVersion"])
        async for change, body in cluster.watch_children("test", "v1", "ServiceAccount", "100")
    ]


def test_a_listing_comes_in_pages() -> None:
    """Each asks for the one after it."""
    queries = []

    async def answer(request: web.Request) -> web.StreamResponse:
        queries.append(dict(request.query))
        more = {} if "continue" in request.query else {"continue": "a+b/c="}
        items = [{"metadata": {"name": f"page-{len(queries)}"}}]
        return web.json_response({"metadata": {"resourceVersion": "100", **more}, "items": items})

    async def story() -> list[tuple[str, list[dict[str, Any]]]]:
        async with answering(answer) as (cluster, _):
            return [page async for page in cluster.list_children("test", "v1", "ServiceAccount")]

    pages = asyncio.run(story())
    # What a listing leaves out of its items is there.
    kind = {"apiVersion": "v1", "kind": "ServiceAccount"}
    assert pages == [("100", [{**kind, "metadata": {"name": f"page-{number}"}}]) for number in (1, 2)]
    assert queries == [{**OURS, "limit": "250"}, {**OURS, "limit": "250", "continue": "a+b/c="}]


def test_changes_are_read_wherever_the_network_cuts_them() -> None:
    """Also one that is longer than any buffer."""
    told = [event("ADDED", 101), event("MODIFIED", 102, spec="é" * 300_000), event("BOOKMARK", 110)]
    text = b"".join(json.dumps(each, ensure_ascii=False).encode() + b"\n" for each in told)
    cut = [text[:7], text[7:60], text[60:200_001], text[200_001:]]

    async def story() -> list[tuple[str, str]]:
        async with answering(streaming(*cut)) as (cluster, _):
            return await watched(cluster)

    assert asyncio.run(story()) == [("ADDED", "101"), ("MODIFIED", "102"), ("BOOKMARK", "110")]


def test_a_watch_begins_where_it_is_told_to() -> None:
    """And the server is asked to end it."""
    queries = []

    async def answer(request: web.Request) -> web.StreamResponse:
        queries.append(dict(request.query))
        return await streaming()(request)

    async def story() -> None:
        async with answering(answer) as (cluster, _):
            assert await watched(cluster) == []

    asyncio.run(story())
    watch = {"watch": "true", "resourceVersion": "100", "allowWatchBookmarks": "true", "timeoutSeconds": "300"}
    assert queries == [OURS | watch]


def failure(code: int) -> bytes:
    """Return the event by which a server ends a watch."""
    status = {"kind": "Status", "code": code, "message": f"made to say {code}"}
    return json.dumps({"type": "ERROR", "object": status}).encode() + b"\n"


@pytest.mark.parametrize(
    ("answer", "error", "says"),
    [
        (streaming(failure(410)), Expired, "made to say 410"),
        (streaming(failure(500)), Unavailable, "made to say 500"),
        (streaming(b'{"type": "ADD', broken=True), Unavailable, "payload"),
        (lambda _: _status(410), Expired, "made to say 410"),
        (lambda _: _status(403), Refused, "made to say 403"),
        (lambda _: _status(503), Unavailable, "made to say 503"),
    ],
)
def test_a_watch_that_fails_says_why(answer: Answer, error: type[ClusterError], says: str) -> None:
    """In an event, by a status, or by breaking off."""

    async def story() -> None:
        async with answering(answer) as (cluster, _):
            await watched(cluster)

    with pytest.raises(error, match=says):
        asyncio.run(story())


def test_a_watch_whose_token_ran_out_is_followed_by_one_with_a_fresh_one() -> None:
    """The next one: a watch is restarted anyway."""

    async def answer(request: web.Request) -> web.StreamResponse:
        return await (_status(401) if request.headers["Authorization"].endswith("0") else streaming()(request))

    async def story() -> list[str]:
        async with answering(answer) as (cluster, tokens):
            with pytest.raises(Refused):
                await watched(cluster)
            assert await watched(cluster) == []
            return tokens

    assert asyncio.run(story()) == ["Bearer token-0", "Bearer token-1"]


def test_a_token_that_expires_under_load_fails_no_request() -> None:
    """More ask than there are connections; every request that was refused is repeated, and none is cancelled."""

    async def answer(request: web.Request) -> web.StreamResponse:
        await asyncio.sleep(0.01)
        if request.headers["Authorization"].endswith("0"):
            return await _status(401)
        return web.json_response({"metadata": {"resourceVersion": "100"}, "items": []})

    async def list_all(cluster: Cluster) -> int:
        return len([page async for page in cluster.list_children("test", "v1", "ServiceAccount")])

    async def story() -> tuple[list[int | BaseException], set[str]]:
        async with answering(answer) as (cluster, tokens):
            found = await asyncio.gather(*(list_all(cluster) for _ in range(150)), return_exceptions=True)
            return found, set(tokens)

    found, tokens = asyncio.run(story())
    assert found == [1] * 150
    assert tokens == {"Bearer token-0", "Bearer token-1"}


async def _status(code: int) -> web.Response:
    return web.json_response({"kind": "Status", "message": f"made to say {code}"}, status=code)
