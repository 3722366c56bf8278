"""The partner's HTTP endpoint, by urllib3: maintained, and imported anyway, since botocore stands on it."""

import re
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from urllib3 import PoolManager, Timeout
from urllib3.exceptions import HTTPError

from patterns_async.adapters.partner_keys import PartnerKeys
from patterns_async.application.delivery import Answer
from patterns_shared.adapters.partner_signature import SigningKey, sign
from patterns_shared.observability.tracing import TraceContext

if TYPE_CHECKING:  # urllib3 1.26, which Lambda's runtimes still have, does not know the name
    from urllib3 import BaseHTTPResponse

__all__ = ["HttpPartner"]

_UNAUTHORIZED = 401
_DETAIL_BYTES = 512
_SECONDS = re.compile(r"[0-9]{1,9}")


class HttpPartner:
    """Posts signed bodies to one URL, over connections that are kept.

    Never retries and never follows a redirect by itself: how often the partner is asked is for the circuit to know,
    and a signature is made for one address.
    """

    def __init__(
        self,
        url: str,
        keys: PartnerKeys,
        *,
        connect_timeout: float,
        read_timeout: float,
        now: Callable[[], float] = time.time,
    ) -> None:
        """Keep the address and the timeouts, in seconds; nothing is called yet."""
        self._url = url
        self._keys = keys
        self._timeout = Timeout(connect=connect_timeout, read=read_timeout)
        self._read_timeout = read_timeout
        self._now = now
        self._pool = PoolManager(num_pools=1, maxsize=1, cert_reqs="CERT_REQUIRED")
        # Connecting, waiting for the answer, reading its beginning until the deadline, and the read that passes that.
        self.longest = connect_timeout + 3 * read_timeout

    def post(self, body: bytes, *, idempotency_key: str, traceparent: str) -> Answer:
        """Post once; once more when the partner refuses our key and the secret has another one by now."""
        key = self._keys.current()
        answer = self._post(key, body, idempotency_key, traceparent)
        if answer.status == _UNAUTHORIZED and (newer := self._keys.another_than(key)):
            answer = self._post(newer, body, idempotency_key, traceparent)
        return answer

    def _post(self, key: SigningKey, body: bytes, idempotency_key: str, traceparent: str) -> Answer:
        headers = {
            **sign(key, body, timestamp=int(self._now())),
            "Content-Type": "application/json",
            "Idempotency-Key": idempotency_key,
            "User-Agent": "patterns-async",
            "traceparent": TraceContext.from_traceparent(traceparent).child().traceparent,
        }
        try:
            response = self._pool.request(
                "POST",
                self._url,
                body=body,
                headers=headers,
                timeout=self._timeout,
                retries=False,
                redirect=False,
                preload_content=False,
            )
            detail = self._beginning(response)
        except HTTPError as error:
            # The error's text names the address and the timeout, and nothing of the request.
            return Answer(status=None, detail=type(error).__name__)
        return Answer(
            status=response.status,
            retry_after=_retry_after(response.headers.get("Retry-After", ""), self._now()),
            detail=detail,
        )

    def _beginning(self, response: "BaseHTTPResponse") -> str:
        """Return the beginning of the body; one that is read to its end leaves the connection for the next request.

        Byte by byte, since a read of more waits for all of it, and a partner that drips must not hold the batch.
        """
        deadline = time.monotonic() + self._read_timeout
        read = bytearray()
        while len(read) < _DETAIL_BYTES and time.monotonic() < deadline:
            piece = response.read(1, decode_content=False)
            if not piece:
                break
            read += piece
        else:
            response.close()
        return " ".join(read.decode(errors="replace").split())


def _retry_after(value: str, now: float) -> float:
    """Return the seconds that a Retry-After header asks for, 0 when it asks for nothing that can be read.

    It is a number of seconds or an HTTP date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    if _SECONDS.fullmatch(value.strip()):
        return float(value)
    try:
        moment = parsedate_to_datetime(value)
    except ValueError:
        return 0.0
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)
