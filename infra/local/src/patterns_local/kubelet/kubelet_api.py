"""The kubelet's own API, which the API server calls for `kubectl logs`: HTTPS, for this cluster's API server only."""

import datetime as dt
import ssl
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from typing import Self

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from patterns_deploy.ports import HOST
from patterns_local.control_plane.identities import Identities
from patterns_local.kubelet.agent import Agent
from patterns_local.workloads.log import Line, WorkloadLog

__all__ = ["create_app", "serving"]


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a request for a log asks for.

    Attributes:
        follow: until the container has ended.
        tail: only so many lines.
        since: only what was printed after this moment, seconds since the epoch.
        most: bytes, then it ends.
        timestamps: each line begins with when it was printed.
    """

    follow: bool
    tail: int | None
    since: float
    most: int | None
    timestamps: bool

    @classmethod
    def of(cls, query: Mapping[str, str], now: float) -> Self:
        """Read it from the names that the API server uses.

        Raises:
            ValueError: a number or a time is none.
        """
        since = now - int(query["sinceSeconds"]) if "sinceSeconds" in query else 0.0
        if "sinceTime" in query:
            since = dt.datetime.fromisoformat(query["sinceTime"]).timestamp()
        return cls(
            follow=query.get("follow") == "true",
            tail=int(query["tailLines"]) if "tailLines" in query else None,
            since=since,
            most=int(query["limitBytes"]) if "limitBytes" in query else None,
            timestamps=query.get("timestamps") == "true",
        )


def create_app(agent: Agent) -> Starlette:
    """Return the API over what the agent runs."""

    async def logs(request: Request) -> Response:
        path, query = request.path_params, request.query_params
        pod = agent.find(path["namespace"], path["pod"])
        container = pod.containers.get(path["container"]) if pod else None
        log = container.log(previous=query.get("previous") == "true") if container else None
        if log is None:
            return PlainTextResponse(f"there is no such log of container {path['container']}", 404)
        try:
            wanted = _Wanted.of(query, dt.datetime.now(dt.UTC).timestamp())
        except ValueError as wrong:
            return PlainTextResponse(f"wrong query: {wrong}", 400)
        return StreamingResponse(_printed(log, wanted), media_type="text/plain")

    async def healthy(_: Request) -> Response:
        return PlainTextResponse("ok")

    async def unknown(_: Request) -> Response:
        return PlainTextResponse("pods of this node are processes of the machine: only their logs can be had here", 501)

    return Starlette(
        routes=[
            Route("/containerLogs/{namespace}/{pod}/{container}", logs),
            Route("/healthz", healthy),
            Route("/{anything:path}", unknown, methods=["GET", "POST"]),
        ]
    )


def serving(app: Starlette, identities: Identities, port: int) -> uvicorn.Server:
    """Return a server that talks only to who has a certificate of this cluster."""
    config = uvicorn.Config(
        app,
        host=HOST,
        port=port,
        ssl_certfile=str(identities.certificate("kubelet-server")),
        ssl_keyfile=str(identities.key("kubelet-server")),
        ssl_ca_certs=str(identities.authority),
        ssl_cert_reqs=ssl.CERT_REQUIRED,
        log_level="warning",
        access_log=False,
        lifespan="off",
        timeout_graceful_shutdown=0,
    )
    return uvicorn.Server(config)


async def _printed(log: WorkloadLog, wanted: _Wanted) -> AsyncIterator[bytes]:
    left = wanted.most
    async for line in log.lines(follow=wanted.follow, tail=wanted.tail):
        if line.at < wanted.since:
            continue
        text = _shown(line, timestamps=wanted.timestamps)
        if left is not None:
            text, left = text[:left], left - len(text)
        yield text
        if left is not None and left <= 0:
            return


def _shown(line: Line, *, timestamps: bool) -> bytes:
    if not timestamps:
        return line.text
    moment = dt.datetime.fromtimestamp(line.at, dt.UTC)
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z ".encode() + line.text
