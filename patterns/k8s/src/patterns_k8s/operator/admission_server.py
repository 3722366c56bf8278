"""Where admission reviews are answered: kopf's server, which also says when it listens."""

from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import kopf

from patterns_k8s.operator.settings import WebhookSettings

__all__ = ["AdmissionServer"]


class AdmissionServer(kopf.WebhookServer):
    """It begins when kopf has looked at the cluster's kinds, a moment after the operator has started."""

    def __init__(self, settings: WebhookSettings, *, listening: Callable[[], None]) -> None:
        """``listening`` is called when reviews are answered, and again when the certificate was renewed."""
        super().__init__(
            addr=settings.host or None,
            port=settings.port,
            certfile=str(settings.certificate),
            pkeyfile=str(settings.key),
            # Only for what kopf would tell the API server, which is told by the manifests instead.
            cafile=str(settings.certificate),
        )
        self._listening = listening

    async def __call__(self, fn: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - kopf does not export these types
        """Serve ``fn``, and yield each time by what it is reached."""
        async with aclosing(super().__call__(fn)) as serving:  # type: ignore[type-var]  # it is a generator
            async for reached in serving:
                self._listening()
                yield reached
