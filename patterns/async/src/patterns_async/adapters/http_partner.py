"""The partner's HTTP endpoint: signed posts, and answers in the application's words."""

import re
import time
from collections.abc import Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from urllib.parse import urlsplit

from patterns_async.adapters.http_origin import HttpOrigin
from patterns_async.adapters.partner_keys import PartnerKeys
from patterns_async.adapters.timed_socket import ExchangeFailed
from patterns_async.application.delivery import Answer
from patterns_shared.adapters.partner_signature import SIGNATURE, SigningKey, sign
from patterns_shared.observability.tracing import TraceContext

__all__ = ["HttpPartner"]

_UNAUTHORIZED = 401
_DETAIL_BYTES = 512
_EMAIL = re.compile(r"[^\s@<>()\"',;:=]{1,64}@[^\s@<>()\"',;:=]{1,255}")
_SECONDS = re.compile(r"[0-9]{1,9}")
_OWN_SECONDS = 1.0
"""The time that a try takes in addition to the exchange: signing, starting a thread, on a busy machine."""
_MOST_DATE = 64
"""Characters of the longest text that is read as a date: HTTP's own have 24 to 33."""


class HttpPartner:
    """Posts signed bodies to one URL, over a connection that is kept.

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
        """Keep the address and the timeouts; nothing is called yet.

        ``connect_timeout`` (seconds, TLS included) and ``read_timeout`` together are the deadline of a whole exchange,
        whatever part of it the partner is slow with.
        """
        self._origin = HttpOrigin(url, connect_timeout=connect_timeout)
        address = urlsplit(url)
        self._secrets = tuple(filter(None, (address.query, address.path.rstrip("/"))))
        """What may be secret in the partner's address, which answers may repeat, also without slashes at the end."""
        self._keys = keys
        self._now = now
        self._seconds = connect_timeout + read_timeout
        self.longest = self._seconds + _OWN_SECONDS

    def post(self, body: bytes, *, idempotency_key: str, traceparent: str) -> Answer:
        """Post once; once more when the partner refuses our key and the secret has another one by now.

        Both within one deadline.
        """
        key = self._keys.current()
        deadline = time.monotonic() + self._seconds
        answer = self._post(key, body, idempotency_key, traceparent, deadline)
        if answer.status == _UNAUTHORIZED and (newer := self._keys.another_than(key)):
            answer = self._post(newer, body, idempotency_key, traceparent, deadline)
        return answer

    def _post(self, key: SigningKey, body: bytes, idempotency_key: str, traceparent: str, deadline: float) -> Answer:
        signed = sign(key, body, timestamp=int(self._now()))
        headers = {
            **signed,
            "Content-Type": "application/json",
            "Idempotency-Key": idempotency_key,
            "User-Agent": "patterns-async",
            "traceparent": TraceContext.from_traceparent(traceparent).child().traceparent,
        }
        try:
            answer = self._origin.post(body, headers, beginning=_DETAIL_BYTES, deadline=deadline)
        except ExchangeFailed as failed:
            return Answer(status=None, detail=self._safe(str(failed), signed[SIGNATURE]), timed_out=failed.timed_out)
        return Answer(
            status=answer.status,
            retry_after=_retry_after(answer.headers.get("retry-after", ""), self._now()),
            detail=self._safe(answer.beginning.decode(errors="replace"), signed[SIGNATURE]),
            timed_out=answer.timed_out,
        )

    def _safe(self, said: str, signature: str) -> str:
        """Return what the partner says in one line, without addresses and secrets of our request."""
        for secret in (signature, *self._secrets):
            said = said.replace(secret, "***")
        return _EMAIL.sub("(address)", " ".join(said.split()))


def _retry_after(value: str, now: float) -> float:
    """Return the seconds that a Retry-After header asks for, 0 when it asks for nothing that can be read.

    It is a number of seconds or an HTTP date: https://www.rfc-editor.org/rfc/rfc9110#field.retry-after
    """
    value = value.strip()
    if _SECONDS.fullmatch(value):
        return float(value)
    if not value.isascii() or len(value) > _MOST_DATE:
        return 0.0
    try:
        moment = parsedate_to_datetime(value)
    except (ValueError, OverflowError):  # no date, or one that no datetime holds
        return 0.0
    return max(0.0, moment.replace(tzinfo=moment.tzinfo or UTC).timestamp() - now)
