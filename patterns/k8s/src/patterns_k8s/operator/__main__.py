"""``python -m patterns_k8s.operator``: looks after the OrderProcessors of one namespace until SIGTERM or SIGINT.

Exit codes: 0 done, 2 bad input, 1 anything else, also when not everything ended within twenty seconds.
"""

import asyncio
import gc
import logging
import os
import sys

import kopf

from patterns_k8s.operator.api.credentials import NoCluster
from patterns_k8s.operator.bootstrap import make_operator
from patterns_k8s.operator.ending import Ending
from patterns_k8s.operator.settings import OperatorSettings
from patterns_shared.environment import InvalidSetting, MissingSetting

__all__ = ["main"]


def main() -> int:
    """Run the operator."""
    try:
        settings = OperatorSettings.from_environment(os.environ)
        registry, parts = make_operator(settings)
        parts.connect(kopf.OperatorSettings())
    except (MissingSetting, InvalidSetting, NoCluster) as error:
        sys.stderr.write(f"patterns_k8s.operator: {error}\n")
        return 2
    kopf.configure(verbose=False, log_format=kopf.LogFormat.JSON)
    # A line for each handler that ends well, and for each probe, would be most of the log.
    for name in ("kopf.objects", "aiohttp.access"):
        logging.getLogger(name).setLevel(logging.WARNING)
    # What is imported stays: the collector need not look through it again, nor wait for a quarter as much waste.
    gc.freeze()
    ending = Ending()
    ending.register(registry)
    host = f"[{settings.host}]" if ":" in settings.host else settings.host or "0.0.0.0"  # noqa: S104 - a pod's own address
    asyncio.run(
        kopf.operator(
            registry=registry,
            namespaces=[settings.namespace],
            stop_flag=ending.flag,
            liveness_endpoint=f"http://{host}:{settings.liveness_port}/healthz",
        )
    )
    return 0


if __name__ == "__main__":
    sys.exit(main())
