"""What the API server was asked, by its audit log: one line for each request of a pod or a person."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from patterns_deploy.folder import LocalFolder

__all__ = ["AuditLog", "Call"]


@dataclass(frozen=True, slots=True)
class Call:
    """One request.

    Attributes:
        user: who asked.
        verb: as RBAC has it.
        group: of the resource, empty for the core's.
        resource: with its subresource, ``orderprocessors/status``; empty for what is no resource, say ``/version``.
        name: of the object, empty for all of them.
        code: of the answer.
        allowed: by RBAC.
    """

    user: str
    verb: str
    group: str
    resource: str
    name: str
    code: int
    allowed: bool


class AuditLog:
    """All of it, rotated files included."""

    def __init__(self, folder: LocalFolder) -> None:
        """Read the log of this platform."""
        self._folder = folder.kubernetes_logs

    def mark(self) -> int:
        """Return how many requests were answered so far, for `calls`."""
        return sum(1 for _ in self.lines())

    def calls(self, user: str, *, since: int = 0) -> list[Call]:
        """Return the answered requests of a user after a mark. A watch counts when it has begun, and once."""
        found = []
        for number, line in enumerate(self.lines()):
            if number >= since:
                entry = json.loads(line)
                if entry["user"]["username"] == user and _counts(entry):
                    found.append(_call(entry))
        return found

    def lines(self) -> Iterator[str]:
        """Yield every line, the oldest first."""
        rotated = sorted(self._folder.glob("audit-*.log"))
        for file in (*rotated, self._folder / "audit.log"):
            yield from _whole_lines(file)


def _whole_lines(file: Path) -> Iterator[str]:
    if file.is_file():
        with file.open() as lines:
            yield from (line for line in lines if line.endswith("\n"))


def _counts(entry: dict[str, Any]) -> bool:
    return bool(entry["stage"] == ("ResponseStarted" if entry["verb"] == "watch" else "ResponseComplete")) or (
        # Refused before it began.
        entry["verb"] == "watch" and entry["responseStatus"]["code"] >= 400 and entry["stage"] == "ResponseComplete"
    )


def _call(entry: dict[str, Any]) -> Call:
    what = entry.get("objectRef", {})
    resource = "/".join(part for part in (what.get("resource", ""), what.get("subresource", "")) if part)
    return Call(
        user=entry["user"]["username"],
        verb=entry["verb"],
        group=what.get("apiGroup", ""),
        resource=resource,
        name=what.get("name", ""),
        code=entry.get("responseStatus", {}).get("code", 0),
        allowed=entry.get("annotations", {}).get("authorization.k8s.io/decision") != "forbid",
    )
