"""The Docker Engine API over a collection of processes: routes that decode, call and encode.

https://docs.docker.com/reference/api/engine/version/v1.44/ has the shapes; anything that is not below answers 404, as
Docker does for a path that it does not know.
"""

import json
import struct
from collections.abc import AsyncIterator

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response, StreamingResponse
from starlette.routing import BaseRoute, Mount, Route

from patterns_local.container_engine.collection import Collection, ContainerNotFound, NameTaken
from patterns_local.container_engine.container import Container, signal_number
from patterns_local.container_engine.descriptions import (
    API_VERSION,
    describe,
    describe_engine,
    describe_image,
    describe_version,
    summarize,
)
from patterns_local.container_engine.images import ImageNotFound, find_image
from patterns_local.workloads.log import Output
from patterns_local.workloads.workload import WorkloadNotStarted

__all__ = ["create_app"]

_TRUE = {"1", "true", "True"}
_FRAME = struct.Struct(">BxxxL")
_STATUSES: dict[type[Exception], int] = {
    ContainerNotFound: 404,
    ImageNotFound: 404,
    NameTaken: 409,
    WorkloadNotStarted: 400,
    ValueError: 400,
}


def create_app(containers: Collection) -> Starlette:
    """Return the API over these containers, with and without a version in front of its paths."""
    api = _Api(containers)
    handlers = dict.fromkeys((*_STATUSES, HTTPException), _refused)
    routes = [Mount("/v{version}", routes=api.routes()), *api.routes()]
    return Starlette(routes=routes, exception_handlers=handlers)


class _Api:
    def __init__(self, containers: Collection) -> None:
        self.containers = containers

    def routes(self) -> list[BaseRoute]:
        return [
            Route("/_ping", self.ping),
            Route("/version", self.version),
            Route("/info", self.info),
            Route("/images/create", self.pull, methods=["POST"]),
            Route("/images/{name:path}/json", self.image),
            Route("/containers/json", self.list_all),
            Route("/containers/create", self.create, methods=["POST"]),
            Route("/containers/{key}/json", self.inspect),
            Route("/containers/{key}/logs", self.logs),
            Route("/containers/{key}/start", self.start, methods=["POST"]),
            Route("/containers/{key}/stop", self.stop, methods=["POST"]),
            Route("/containers/{key}/kill", self.kill, methods=["POST"]),
            Route("/containers/{key}/wait", self.wait, methods=["POST"]),
            Route("/containers/{key}", self.remove, methods=["DELETE"]),
        ]

    async def ping(self, _: Request) -> Response:
        return PlainTextResponse("OK", headers={"Api-Version": API_VERSION})

    async def version(self, _: Request) -> Response:
        return JSONResponse(describe_version())

    async def info(self, _: Request) -> Response:
        return JSONResponse(describe_engine([*self.containers.select(ended=True)]))

    async def pull(self, request: Request) -> Response:
        """Nothing is fetched: what was built is there, the rest is not."""
        name, tag = (request.query_params.get(key, "") for key in ("fromImage", "tag"))
        find_image(self.containers.images, f"{name}:{tag}" if tag else name)
        return JSONResponse({"status": "Image is up to date"})

    async def image(self, request: Request) -> Response:
        return JSONResponse(describe_image(find_image(self.containers.images, request.path_params["name"])))

    async def list_all(self, request: Request) -> Response:
        query = request.query_params
        found = self.containers.select(query.get("filters", ""), ended=query.get("all") in _TRUE)
        return JSONResponse([summarize(each) for each in found])

    async def create(self, request: Request) -> Response:
        made = await self.containers.create(request.query_params.get("name", ""), json.loads(await request.body()))
        return JSONResponse({"Id": made.id, "Warnings": []}, status_code=201)

    async def inspect(self, request: Request) -> Response:
        return JSONResponse(describe(self._named(request)))

    async def logs(self, request: Request) -> Response:
        query = request.query_params
        wanted = {output for output, name in _OUTPUTS.items() if query.get(name) in _TRUE}
        tail = query.get("tail", "all")
        follow = query.get("follow") in _TRUE
        frames = _frames(self._named(request), wanted, follow=follow, tail=int(tail) if tail != "all" else None)
        return StreamingResponse(frames, media_type="application/vnd.docker.multiplexed-stream")

    async def start(self, request: Request) -> Response:
        container = self._named(request)
        if container.log is not None:
            return Response(status_code=304)
        await container.start()
        return Response(status_code=204)

    async def stop(self, request: Request) -> Response:
        container = self._named(request)
        if container.status != "running":
            return Response(status_code=304)
        seconds = request.query_params.get("t")
        await container.stop(float(seconds) if seconds else None)
        return Response(status_code=204)

    async def kill(self, request: Request) -> Response:
        container = self._named(request)
        number = signal_number(request.query_params.get("signal", "SIGKILL"))
        if container.status != "running" or not container.workload:
            raise HTTPException(409, f"container {container.id} is not running")
        container.workload.send(number)
        return Response(status_code=204)

    async def wait(self, request: Request) -> Response:
        container = self._named(request)
        if container.workload:
            await container.workload.wait()
        return JSONResponse({"StatusCode": container.exit_code})

    async def remove(self, request: Request) -> Response:
        container = self._named(request)
        if container.status == "running" and request.query_params.get("force") not in _TRUE:
            raise HTTPException(409, f"cannot remove container {container.name}: it is running; stop it or use force")
        await self.containers.remove(container)
        return Response(status_code=204)

    def _named(self, request: Request) -> Container:
        return self.containers.get(request.path_params["key"])


_OUTPUTS = {Output.STANDARD: "stdout", Output.ERROR: "stderr"}


async def _frames(container: Container, wanted: set[Output], *, follow: bool, tail: int | None) -> AsyncIterator[bytes]:
    """Yield the log as Docker multiplexes it: which output, how many bytes, the bytes."""
    if container.log is None:
        return
    async for line in container.log.lines(follow=follow, tail=tail):
        if line.output in wanted:
            yield _FRAME.pack(line.output, len(line.text)) + line.text


async def _refused(_: Request, error: Exception) -> Response:
    if isinstance(error, HTTPException):
        return JSONResponse({"message": error.detail}, status_code=error.status_code)
    status = next(status for kind, status in _STATUSES.items() if isinstance(error, kind))
    return JSONResponse({"message": str(error)}, status_code=status)
