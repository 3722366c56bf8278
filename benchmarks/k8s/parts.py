"""``python -m benchmarks.k8s.parts [COUNT] [ROUNDS]``: each own part of the operator against the plain way.

The operator as it is, and with one of its parts replaced (`benchmarks.peers.plain_operator`), in turns, each in a
process of its own. What is measured is that process: its processor time for each OrderProcessor, its share of a
processor at rest, its memory. The API server is the emulated one of the unit tests, in another process, so the figures
do not depend on how fast a cluster is. The table is for a decision (docs/adr/0075); it is no part of the page.
"""

import asyncio
import contextlib
import functools
import logging
import multiprocessing
import statistics
import sys
import time
from collections.abc import AsyncIterator, Callable
from multiprocessing.connection import Connection
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import aiohttp
import kmock
import kopf
import psutil
import yaml

from benchmarks.answers import WrongAnswer
from benchmarks.peers.plain_operator import PLAIN
from patterns_k8s.operator.bootstrap import make_parts
from patterns_k8s.operator.desired.findings import QueueFound, TopicFound
from patterns_k8s.operator.desired.pods import Surroundings
from patterns_k8s.operator.handlers import register
from patterns_k8s.operator.observability.metrics import Metrics
from patterns_k8s.operator.settings import OperatorSettings
from patterns_k8s.testing.emulator import ORDER_PROCESSORS, Emulator

_PATH = "/apis/patterns.example.com/v1/namespaces/test/orderprocessors"
_KIND = {"apiVersion": "patterns.example.com/v1", "kind": "OrderProcessor"}
_STATUSES = ("/apis/apps/v1/namespaces/test/deployments", "/apis/policy/v1/namespaces/test/poddisruptionbudgets")
_REST, _PATIENCE = 8.0, 120.0
_COLUMNS = {
    "create": "ms each",
    "update": "ms each",
    "status of children": "ms each",
    "delete": "ms each",
    "at rest": "% of a core",
    "memory": "MB",
}
_SETTINGS = OperatorSettings(
    surroundings=Surroundings(stage="bench", region="us-east-1"),
    namespace="test",
    look_seconds=1,  # as many looks a second as ten times as many OrderProcessors have by default
    host="127.0.0.1",
    liveness_port=0,
    status_port=0,
    peering="none",
    peering_seconds=15,
    webhook=None,
)
Figures = dict[str, float]


class _Shop:
    """A queue and a topic that are always there."""

    async def queue(self, _name: str) -> QueueFound:
        return QueueFound("https://sqs.example.com/fulfilment", 0, 60)

    async def topic(self, _name: str) -> TopicFound:
        return TopicFound("arn:aws:sns:eu-central-1:123456789012:x")


def main(arguments: list[str]) -> int:
    """Measure, and print a table in Markdown, of medians."""
    count, rounds = (int(each) for each in [*arguments, "100", "3"][:2])
    whom = ["ours", *PLAIN]
    seen: dict[str, list[Figures]] = {who: [] for who in whom}
    context = multiprocessing.get_context("spawn")
    for turn in range(rounds):
        for who in whom[:: -1 if turn % 2 else 1]:
            ours, theirs = context.Pipe()
            process = context.Process(target=_operate, args=(theirs, who, count))
            process.start()
            seen[who].append(ours.recv())
            process.join()
    print("| | " + " | ".join(f"{name}, {unit}" for name, unit in _COLUMNS.items()) + " |")
    print("| --- |" + " ---: |" * len(_COLUMNS))
    for who, found in seen.items():
        cells = (f"{statistics.median(each[column] for each in found):.3g}" for column in _COLUMNS)
        print(f"| {who} | " + " | ".join(cells) + " |")
    return 0


def _operate(measured: Connection, who: str, count: int) -> None:
    """Run an operator in this process, with an API server in another, and tell what it has cost."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(theirs, count), daemon=True)
    server.start()
    with TemporaryDirectory() as folder:
        measured.send(asyncio.run(_measure(ours, who, count, Path(folder))))
    server.terminate()


async def _measure(server: Connection, who: str, count: int, folder: Path) -> Figures:
    async def done(what: str) -> float:
        """Let the world do something, and return the milliseconds of this process for each OrderProcessor."""
        began = time.process_time()
        server.send(what)
        if not await asyncio.to_thread(server.recv):
            raise WrongAnswer(f"{who}: {what} was not done within {_PATIENCE:g} s")
        return 1000 * (time.process_time() - began) / count

    url = await asyncio.to_thread(server.recv)
    async with _operating(url, who, folder):
        found = {what: await done(what) for what in ("create", "update", "status of children")}
        found["memory"] = psutil.Process().memory_info().rss / 1e6
        began = time.process_time()
        await asyncio.sleep(_REST)
        found["at rest"] = 100 * (time.process_time() - began) / _REST
        found["delete"] = await done("delete")
    return found


@contextlib.asynccontextmanager
async def _operating(url: str, who: str, folder: Path) -> AsyncIterator[None]:
    """Run the operator while the block lasts."""
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    info = kopf.ConnectionInfo(server=url, default_namespace="test")
    parts = make_parts(_SETTINGS, _Shop(), Metrics(), connect=lambda _settings: info)
    registry = kopf.OperatorRegistry()
    register(registry, parts)
    if who in PLAIN:
        kubeconfig = folder / "kubeconfig"
        kubeconfig.write_text(yaml.safe_dump(_kubeconfig(url)))
        PLAIN[who](registry, parts, str(kubeconfig))
    stop = asyncio.Event()
    running = asyncio.create_task(kopf.operator(registry=registry, namespaces=["test"], stop_flag=stop))
    await asyncio.sleep(2)
    try:
        yield
    finally:
        stop.set()
        await running


def _kubeconfig(url: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Config",
        "current-context": "bench",
        "contexts": [{"name": "bench", "context": {"cluster": "bench", "user": "bench", "namespace": "test"}}],
        "clusters": [{"name": "bench", "cluster": {"server": url}}],
        "users": [{"name": "bench", "user": {"token": "none"}}],
    }


def _serve(asked: Connection, count: int) -> None:
    """Be the API server and all its other clients, as asked."""

    async def serve() -> None:
        emulator = Emulator()
        async with emulator, kmock.Server(emulator) as server, aiohttp.ClientSession(str(server.url)) as client:
            asked.send(str(server.url).rstrip("/"))
            while True:
                what = await asyncio.to_thread(asked.recv)
                for number in range(count):
                    await _do(client, what, f"p-{number}")
                asked.send(await _wait(functools.partial(_is_done, emulator, what, count)))

    asyncio.run(serve())


async def _do(client: aiohttp.ClientSession, what: str, name: str) -> None:
    merge = {"Content-Type": "application/merge-patch+json"}
    if what == "create":
        spec = {"image": "x:1", "suspend": True, "workers": 0}
        requests = [client.post(_PATH, json=_KIND | {"metadata": {"name": name}, "spec": spec})]
    elif what == "update":
        requests = [client.patch(f"{_PATH}/{name}", json={"spec": {"concurrency": 7}}, headers=merge)]
    elif what == "delete":
        requests = [client.delete(f"{_PATH}/{name}")]
    else:  # a controller writes what no condition is about
        news = {"status": {"collisionCount": 1}}
        requests = [client.patch(f"{path}/{name}-workers", json=news, headers=merge) for path in _STATUSES]
    for request in requests:
        async with request as answer:
            answer.raise_for_status()


def _is_done(emulator: Emulator, what: str, count: int) -> bool:
    all_there = [emulator.live(ORDER_PROCESSORS, "test", f"p-{number}") for number in range(count)]
    if what == "delete":
        return not any(all_there)
    generation = 1 if what == "create" else 2
    return all(each and each.get("status", {}).get("observedGeneration") == generation for each in all_there)


async def _wait(condition: Callable[[], bool]) -> bool:
    """Return whether it came true in time; a little later, so that what follows from it is over."""
    deadline = time.monotonic() + _PATIENCE
    while not condition():
        if time.monotonic() > deadline:
            return False
        await asyncio.sleep(0.1)
    await asyncio.sleep(1)
    return True


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
