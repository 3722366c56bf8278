"""An address of this machine for each pod, so that ten pods can listen on the same port."""

import re
import socket
from dataclasses import dataclass, field
from itertools import chain, count

__all__ = ["Addresses", "NoAddressRange"]

_SHARED = "127.0.0.1"
_OURS = re.compile(r"127\.(\d+)\.(\d+)\.([1-9]\d*)")
_RANGES = range(1, 255)
_CLAIM_PORT = 21601
"""Bound at a range's last address by whoever has the range: the system frees it with the process, however that ends."""


class NoAddressRange(OSError):
    """Other clusters of this machine have every range."""


@dataclass(slots=True)
class Addresses:
    """Addresses out of one of 127.1.0.0/16 to 127.254.0.0/16, all of which are this machine's on Linux.

    The range is this cluster's alone: a pod that shared its address with one of another cluster could not listen where
    that one does, and its probes would be answered by the other. Other systems have 127.0.0.1 only, unless somebody
    adds addresses to the loopback interface; then all pods share it.
    """

    _taken: dict[str, int] = field(default_factory=dict)
    _range: int = 0
    _claim: socket.socket | None = None

    def take(self, uid: str, before: str | None = None) -> str:
        """Return the pod's own address, the same while it is not given back.

        Args:
            uid: the pod's.
            before: what it had under an earlier kubelet; it has that again while nobody else has.

        Raises:
            NoAddressRange: see there.
        """
        if not _has(_address(1, 1)):
            return _SHARED
        earlier_range, earlier = _parsed(before)
        if self._claim is None:
            self._range, self._claim = _claim_range(earlier_range)
        if uid not in self._taken:
            used = set(self._taken.values())
            free = (each for each in count(1) if each not in used)
            again = earlier if earlier_range == self._range and earlier not in used else 0
            self._taken[uid] = again or next(free)
        return _address(self._range, self._taken[uid])

    def give_back(self, uid: str) -> None:
        """Let another pod have it."""
        self._taken.pop(uid, None)

    def close(self) -> None:
        """Let another cluster have the range."""
        if self._claim is not None:
            self._claim.close()
            self._claim = None


def _claim_range(wanted: int) -> tuple[int, socket.socket]:
    """Return a range that nobody has, the wanted one if it is free, and what keeps it."""
    for number in chain([wanted] if wanted in _RANGES else [], _RANGES):
        claim = socket.socket()
        try:
            claim.bind((f"127.{number}.255.254", _CLAIM_PORT))
        except OSError:
            claim.close()
            continue
        return number, claim
    raise NoAddressRange(f"no range of 127.1.0.0/16 to 127.254.0.0/16 is free for pods (port {_CLAIM_PORT} is taken)")


def _address(block: int, number: int) -> str:
    return f"127.{block}.{number // 250}.{number % 250 + 1}"


def _parsed(address: str | None) -> tuple[int, int]:
    """Return the range and the number that an address of ours was made of; zeros of any other."""
    found = _OURS.fullmatch(address or "")
    if not found:
        return 0, 0
    block, high, low = map(int, found.groups())
    return block, high * 250 + low - 1


def _has(address: str) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((address, 0))
        except OSError:
            return False
    return True
