"""Ends the operator within the grace that its pod has, whatever is away: the API server, AWS, a peer.

While it works, an outage of the API server is outlasted: requests are made again without end. One that is to end takes
leave of its peers, which is a request as well; without a limit it would never end.
"""

import asyncio
import logging
import os
import signal

import kopf

from patterns_k8s.operator.api.backoffs import Backoffs

__all__ = ["Ending"]

_log = logging.getLogger(__name__)
_LAST_REQUESTS = 5.0
"""Seconds that a request has from then on. It is made once."""
_LONGEST = 20.0
"""Seconds after which the process ends, whatever is left: the pod has 30 (manifests/base/operator.yaml)."""


class Ending:
    """Hears SIGTERM and SIGINT in place of kopf, which is told by ``flag``."""

    def __init__(self) -> None:
        """Wait for a signal once kopf starts."""
        self.flag = asyncio.Event()
        self._backoffs = Backoffs()

    def register(self, registry: kopf.OperatorRegistry) -> None:
        """Listen as the last thing of the startup: kopf sets its own handlers before that.

        Until a signal comes, a request that finds nobody, or only errors, is made again until it is answered: were it
        given up, kopf would end with it when it was a listing or a sign of life for the peers, and an outage of the API
        server is no reason to.
        """

        @kopf.on.startup(registry=registry, id="signals")
        async def listen(settings: kopf.OperatorSettings, **_: object) -> None:
            settings.networking.error_backoffs = self._backoffs
            loop = asyncio.get_running_loop()
            for number in (signal.SIGINT, signal.SIGTERM):
                loop.add_signal_handler(number, self._begin, settings, loop)

    def _begin(self, settings: kopf.OperatorSettings, loop: asyncio.AbstractEventLoop) -> None:
        """Let no request be made again, and none take long."""
        if self.flag.is_set():
            return
        self.flag.set()
        self._backoffs.end()
        settings.networking.request_timeout = _LAST_REQUESTS
        loop.call_later(_LONGEST, _give_up)


def _give_up() -> None:
    """End the process. A thread that waits for an answer cannot be cancelled, and Python would wait for it."""
    _log.error("not everything has ended within %.0f s; it is given up.", _LONGEST)
    logging.shutdown()
    os._exit(1)
