"""Where admission reviews are answered: kopf's server, which also says when it listens."""

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from typing import Any

import kopf

from patterns_k8s.operator.settings import WebhookSettings
from patterns_k8s.operator.webhook.served_certificate import ServedCertificate

__all__ = ["AdmissionServer"]


class AdmissionServer(kopf.WebhookServer):
    """It begins when kopf has looked at the cluster's kinds, a moment after the operator has started.

    kopf is given no files, since it would close the server to serve others.
    """

    def __init__(
        self, settings: WebhookSettings, *, listening: Callable[[], None], note_end: Callable[[float], None]
    ) -> None:
        """``listening`` is called when reviews are answered; ``note_end`` is told when the certificate ends."""
        super().__init__(addr=settings.host or None, port=settings.port)
        self._settings = settings
        self._listening = listening
        self._note_end = note_end
        self._served: ServedCertificate | None = None

    async def __call__(self, fn: Any) -> AsyncIterator[Any]:  # noqa: ANN401 - kopf does not export these types
        """Serve ``fn``, and yield by what it is reached."""
        settings = self._settings
        self._served = ServedCertificate(settings.certificate, settings.key, note_end=self._note_end)
        following = asyncio.create_task(self._served.follow())
        try:
            async with aclosing(super().__call__(fn)) as serving:  # type: ignore[type-var]  # it is a generator
                async for reached in serving:
                    self._listening()
                    yield reached
        finally:
            following.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await following

    def _build_ssl(self) -> tuple[bytes | None, ssl.SSLContext | None]:
        """Return no bundle, since the manifests tell the API server what to trust, and the context to listen with."""
        return None, self._served.context if self._served else None
