"""A service of systemd on a machine: ``python -m benchmarks.compute.adapters.order_machine``, until SIGTERM."""

import os
import signal
import socket

from benchmarks.compute.adapters.fulfilment import bootstrap
from benchmarks.compute.adapters.polling import work


def notify_ready() -> None:
    """Tell systemd that the service is ready (sd_notify); do nothing without systemd."""
    if address := os.environ.get("NOTIFY_SOCKET"):
        with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as systemd:
            systemd.sendto(b"READY=1", "\0" + address[1:] if address.startswith("@") else address)


if __name__ == "__main__":
    asked_to_stop: list[int] = []
    signal.signal(signal.SIGTERM, lambda number, _: asked_to_stop.append(number))
    handle = bootstrap(os.environ)
    notify_ready()
    work(os.environ, handle, goes_on=lambda _: not asked_to_stop)
