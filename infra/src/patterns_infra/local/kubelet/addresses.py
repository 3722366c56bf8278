"""An address of this machine for each pod, so that ten pods can listen on the same port."""

import socket
from dataclasses import dataclass, field
from itertools import count

__all__ = ["Addresses"]

_SHARED = "127.0.0.1"


@dataclass(slots=True)
class Addresses:
    """Addresses out of 127.1.0.0/16, all of which are this machine's on Linux.

    Other systems have 127.0.0.1 only, unless somebody adds addresses to the loopback interface; then all pods share it.
    """

    _taken: dict[str, int] = field(default_factory=dict)

    def take(self, uid: str) -> str:
        """Return the pod's own address, the same while it is not given back."""
        if not _has(_address(1)):
            return _SHARED
        if uid not in self._taken:
            used = set(self._taken.values())
            self._taken[uid] = next(each for each in count(1) if each not in used)
        return _address(self._taken[uid])

    def give_back(self, uid: str) -> None:
        """Let another pod have it."""
        self._taken.pop(uid, None)


def _address(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


def _has(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
