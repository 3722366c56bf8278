import asyncio

import aiohttp

from patterns_k8s.operator.observability.metrics import Metrics
from patterns_k8s.operator.observability.status_server import StatusServer


def test_it_is_not_ready_before_it_admits() -> None:
    """The API server would refuse every OrderProcessor without an answer; and it says what it waits for."""

    async def story() -> None:
        server = StatusServer(Metrics(), admission=True)
        await server.start("127.0.0.1", 0)
        async with aiohttp.ClientSession(f"http://127.0.0.1:{server.port}") as session:
            async with session.get("/readyz") as answer:
                assert answer.status == 503
                assert (await answer.json())["reason"] == "admission reviews are not answered yet"
            server.admits()
            async with session.get("/readyz") as answer:
                assert answer.status == 200
        await server.stop()

    asyncio.run(story())
