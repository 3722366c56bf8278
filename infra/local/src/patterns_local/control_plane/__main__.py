"""The cluster as a program: ``python -m patterns_local.control_plane``.

It makes the cluster's identities, keeps its parts running, and ends with the one that holds the other end of its
lifeline; then everything else ends, too. The kubeconfig for people appears when the cluster is ready and goes with it.
"""

import argparse
import asyncio
import contextlib
import os
import signal
import sys
from pathlib import Path

from patterns_deploy.folder import LocalFolder
from patterns_local.control_plane.cluster import Cluster
from patterns_local.control_plane.keeper import ComponentFailed

__all__: list[str] = []


def main() -> int:
    """Run the cluster until the lifeline closes, a signal comes, or a part of it cannot be kept running."""
    parser = argparse.ArgumentParser()
    for name in ("--folder", "--programs", "--images"):
        parser.add_argument(name, type=Path, required=True)
    parser.add_argument("--aws-endpoint", default="")
    parser.add_argument("--lifeline", type=int, required=True)
    chosen = parser.parse_args()
    os.set_inheritable(chosen.lifeline, False)  # noqa: FBT003 - the call has no names
    cluster = Cluster(
        LocalFolder(chosen.folder), programs=chosen.programs, images=chosen.images, aws_endpoint=chosen.aws_endpoint
    )
    try:
        asyncio.run(_run(cluster, chosen.lifeline))
    except ExceptionGroup as failed:
        known, others = failed.split(ComponentFailed)
        for error in known.exceptions if known else ():
            sys.stderr.write(f"{error}\n{getattr(error, 'detail', '')}\n")
        if others:
            raise others from None
        return 1
    return 0


async def _run(cluster: Cluster, lifeline: int) -> None:
    loop = asyncio.get_running_loop()
    running = asyncio.create_task(cluster.run())
    # The tethers of all parts are tied to this process: nothing needs to be told or waited for.
    loop.add_reader(lifeline, os._exit, 0)
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, running.cancel)
    with contextlib.suppress(asyncio.CancelledError):
        await running


if __name__ == "__main__":
    sys.exit(main())
