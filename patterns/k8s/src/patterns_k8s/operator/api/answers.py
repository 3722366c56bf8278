"""What the API server answers, and what to make of it."""

from dataclasses import dataclass
from http import HTTPStatus

import aiohttp

from patterns_k8s.operator.desired.processor import Manifest

__all__ = ["Answer", "ClusterError", "Conflict", "Expired", "Gone", "Refused", "Unavailable", "read_answer"]

_PASSING = frozenset({409, 429, 500, 502, 503, 504})


class ClusterError(Exception):
    """The cluster did not do what it was asked. Says what was asked and what it answered."""

    def __init__(self, what: str, why: str) -> None:
        """Keep both."""
        super().__init__(f"{what}: {why}")
        self.why = why


class Gone(ClusterError):
    """What was asked about is not there."""


class Expired(ClusterError):
    """The cluster no longer knows what happened since then; it must be asked what there is."""


class Refused(ClusterError):
    """The cluster will refuse the same again: a missing right, or an object that it does not take."""


class Unavailable(ClusterError):
    """The cluster is down, throttles, or was changed by somebody else at the same time; later may be better."""


class Conflict(Unavailable):
    """The object is another one than was meant, or has changed since it was read; nothing was written."""


@dataclass(frozen=True, slots=True)
class Answer:
    """An answer; status 0 when there was none. ``retry_after`` is in seconds."""

    status: int
    body: Manifest
    retry_after: float = 0.0

    @property
    def fine(self) -> bool:
        """Whether it did what was asked."""
        return 0 < self.status < HTTPStatus.BAD_REQUEST

    @property
    def _is_of_another_uid(self) -> bool:
        """Whether the object of that name has another uid than the request said."""
        details = self.body.get("details")
        causes = (details.get("causes") if isinstance(details, dict) else None) or ()
        return any(each.get("field") == "metadata.uid" for each in causes)

    def failure(self, what: str) -> ClusterError:
        """Return what to make of an answer that is not fine."""
        why = str(self.body.get("message") or f"status {self.status}")
        match self.status:
            case HTTPStatus.NOT_FOUND:
                return Gone(what, why)
            case HTTPStatus.GONE:
                return Expired(what, why)
            case HTTPStatus.CONFLICT:
                return Conflict(what, why)
            case HTTPStatus.UNPROCESSABLE_ENTITY if self._is_of_another_uid:
                return Conflict(what, why)
            case status if status and status not in _PASSING:
                return Refused(what, why)
        return Unavailable(what, why)


async def read_answer(response: aiohttp.ClientResponse) -> Answer:
    """Return the answer; without a body that can be read, its status."""
    try:
        body = await response.json()
    except (aiohttp.ContentTypeError, ValueError):
        body = {}
    try:
        retry_after = float(response.headers.get("Retry-After", 0))
    except ValueError:
        retry_after = 0.0
    return Answer(response.status, body if isinstance(body, dict) else {}, retry_after)
