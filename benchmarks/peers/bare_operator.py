"""``python -m benchmarks.peers.bare_operator``: a kopf operator without any logic that makes the same children.

A handler for creation and one for updates apply the four children that our operator would, and report that they did.
Nothing is looked up, repaired, scaled or drained: the cluster collects what belonged to an object.
"""

import asyncio
import logging
import os
from typing import Any

import aiohttp
import kopf

from patterns_k8s.operator.api.credentials import connect
from patterns_k8s.operator.desired.children import Route, desired
from patterns_k8s.operator.desired.pods import Surroundings
from patterns_k8s.operator.desired.processor import CHILDREN, Processor

_PLURALS = {kind: (group, version, plural) for plural, (group, version, kind) in CHILDREN.items()}
_ROUTE = Route("https://sqs.us-east-1.amazonaws.com/000000000000/orders", "arn:aws:sns:us-east-1:000000000000:o", 30)
_SURROUNDINGS = Surroundings(stage="bench", region="us-east-1")
_KIND = ("patterns.example.com", "v1", "orderprocessors")


class _Client:
    """One connection pool."""

    session: aiohttp.ClientSession


@kopf.on.login()
async def login(settings: kopf.OperatorSettings, **_: object) -> kopf.ConnectionInfo:
    """Log in as our operator does."""
    return connect(settings)


@kopf.on.startup()
async def start(settings: kopf.OperatorSettings, **_: object) -> None:
    """Connect; ask for no more than our operator may."""
    settings.scanning.disabled = True
    settings.peering.standalone = True
    info = connect(settings)
    tls = aiohttp.TCPConnector(limit=32, ssl=info.as_ssl_context())
    _Client.session = aiohttp.ClientSession(info.server, connector=tls, headers=info.as_http_headers())


@kopf.on.cleanup()
async def end(**_: object) -> None:
    """Disconnect."""
    await _Client.session.close()


@kopf.on.create(*_KIND)
@kopf.on.update(*_KIND)
async def make(body: kopf.Body, patch: kopf.Patch, **_: object) -> None:
    """Make the children, one after the other, and say so."""
    processor = Processor.of(body)
    for child in desired(processor, route=_ROUTE, replicas=0, surroundings=_SURROUNDINGS):
        await _apply(child)
    patch.status["observedGeneration"] = processor.generation


async def _apply(child: dict[str, Any]) -> None:
    group, version, plural = _PLURALS[child["kind"]]
    root = f"/apis/{group}/{version}" if group else f"/api/{version}"
    path = f"{root}/namespaces/{child['metadata']['namespace']}/{plural}/{child['metadata']['name']}"
    headers = {"Content-Type": "application/apply-patch+yaml"}
    where = f"{path}?fieldManager=bare&force=true"
    async with _Client.session.patch(where, json=child, headers=headers) as answer:
        if answer.status >= 400:
            raise kopf.TemporaryError(await answer.text(), delay=1)


if __name__ == "__main__":
    kopf.configure(verbose=False)
    # A line for each handler that ends well, as of ours, is not written.
    logging.getLogger("kopf.objects").setLevel(logging.WARNING)
    asyncio.run(kopf.operator(namespaces=[os.environ["NAMESPACE"]]))
