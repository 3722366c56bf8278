"""The signal by which ECS ends a container: half a minute before it is killed, two minutes on Spot."""

import signal
import threading

__all__ = ["StopRequest"]


class StopRequest:
    """Whether SIGTERM has come; call it to know."""

    def __init__(self) -> None:
        """Nothing has come yet."""
        self._asked = threading.Event()

    def listen(self) -> None:
        """Wait for the signal, from the main thread. What runs goes on to where it can be kept."""
        signal.signal(signal.SIGTERM, lambda *_: self._asked.set())

    def __call__(self) -> bool:
        """Whether it has come."""
        return self._asked.is_set()
