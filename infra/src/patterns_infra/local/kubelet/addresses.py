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

    def take(self, uid: str, before: str | None = None) -> str:
        """Return the pod's own address, the same while it is not given back.

        Args:
            uid: the pod's.
            before: what it had under an earlier kubelet; it has that again while nobody else has.
        """
        if not _has(_address(1)):
            return _SHARED
        if uid not in self._taken:
            used = set(self._taken.values())
            free = (each for each in count(1) if each not in used)
            earlier = _number(before)
            self._taken[uid] = earlier if earlier and earlier not in used else next(free)
        return _address(self._taken[uid])

    def give_back(self, uid: str) -> None:
        """Let another pod have it."""
        self._taken.pop(uid, None)


def _address(number: int) -> str:
    return f"127.1.{number // 250}.{number % 250 + 1}"


def _number(address: str | None) -> int | None:
    """Return the number that an address of ours was made of."""
    parts = (address or "").split(".")
    return int(parts[2]) * 250 + int(parts[3]) - 1 if parts[:2] == ["127", "1"] else None


def _has(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
