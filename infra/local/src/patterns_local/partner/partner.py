"""The partner at work: what becomes of a ``POST /events``, once for each idempotency key."""

import asyncio
import hashlib
import json
import logging
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from http import HTTPStatus

from fastapi import Response

from patterns_local.partner.control import Behaviour
from patterns_local.partner.document import NoEvent, read_event
from patterns_local.partner.faults import Faults
from patterns_local.partner.keys import KeysUnavailable, KnownKeys
from patterns_local.partner.modes import PartnerMode
from patterns_local.partner.problem import problem
from patterns_local.partner.seen import Seen, SeenEvent
from patterns_shared.adapters.partner_signature import SignatureRejected

__all__ = ["Partner"]

_log = logging.getLogger("partner")
_EVENT_ID = re.compile(r"[A-Za-z0-9._:-]{1,64}")
_DELAY = 10.0
"""Seconds: longer than the five that the partner receiver waits for an answer."""


class Partner:
    """Takes events, and fails as it is told to. Its log holds no signature and nothing of a body but id and type."""

    def __init__(
        self,
        keys: KnownKeys,
        *,
        now: Callable[[], float] = time.time,
        sleep: Callable[[float], Awaitable[None]] = asyncio.sleep,
    ) -> None:
        """Be well, and know nothing of any event."""
        self.keys = keys
        self.faults = Faults()
        self.seen = Seen()
        self._now = now
        self._sleep = sleep

    async def take(self, headers: Mapping[str, str], body: bytes) -> Response | None:
        """Take one request; None when the connection is to be closed without an answer."""
        key = headers.get("idempotency-key", "")
        event = self.seen.asked(key) if _EVENT_ID.fullmatch(key) else None
        behaviour = self.faults.next()
        if behaviour.mode is not PartnerMode.UP:
            self.seen.faults[behaviour.mode] += 1
        answer = _refusal(behaviour)
        if answer is None and behaviour.mode is not PartnerMode.DOWN:
            if behaviour.mode is PartnerMode.SLOW:
                await self._sleep(behaviour.delay_seconds or _DELAY)
            answer = await self._serve(headers, body, key, event, self._now() + behaviour.clock_skew_seconds)
            if behaviour.mode is PartnerMode.DROP:
                answer = None
        status = answer.status_code if answer else "no answer"
        _log.info("%s %s %s %s", behaviour.mode, status, event.type if event else None, key if event else None)
        return answer

    async def _serve(
        self, headers: Mapping[str, str], body: bytes, key: str, event: SeenEvent | None, now: float
    ) -> Response:
        """Serve well: check, and do the work unless it is done."""
        try:
            key_id = await self.keys.verify(headers, body, now=now)
        except SignatureRejected as rejected:
            self.seen.counts["rejected_signatures"] += 1
            return problem(HTTPStatus.UNAUTHORIZED, str(rejected), {"WWW-Authenticate": "X-Partner-Signature"})
        except KeysUnavailable as unavailable:
            self.seen.counts["without_keys"] += 1
            return problem(HTTPStatus.SERVICE_UNAVAILABLE, str(unavailable))
        if event is None:
            self.seen.counts["refused_bodies"] += 1
            return problem(HTTPStatus.BAD_REQUEST, "Idempotency-Key is missing, or no id of an event")
        event.signed_by(key_id)
        try:
            told = read_event(body)
            if told.id != key:
                raise NoEvent("id: is not the Idempotency-Key")  # noqa: TRY301 - one answer for every wrong body
        except NoEvent as wrong:
            self.seen.counts["refused_bodies"] += 1
            return problem(HTTPStatus.BAD_REQUEST, str(wrong))
        event.type = told.type
        return self._work(key, event, hashlib.sha256(body).digest())

    def _work(self, event_id: str, event: SeenEvent, digest: bytes) -> Response:
        """Do the work, or know that it was done: nothing can come between asking and doing."""
        if event.done and event.digest != digest:
            # https://datatracker.ietf.org/doc/html/draft-ietf-httpapi-idempotency-key-header: 422 for another body.
            self.seen.counts["refused_bodies"] += 1
            return problem(HTTPStatus.UNPROCESSABLE_ENTITY, "Idempotency-Key was used with another body")
        if event.done:
            event.duplicates += 1
            self.seen.counts["duplicates"] += 1
            return _done(event_id, HTTPStatus.OK, duplicate=True)
        event.done += 1
        event.digest = digest
        self.seen.counts["accepted"] += 1
        return _done(event_id, HTTPStatus.CREATED, duplicate=False)


def _refusal(behaviour: Behaviour) -> Response | None:
    """Return what a failing partner answers without having looked, None when it looks or does not answer."""
    later = {} if behaviour.retry_after is None else {"Retry-After": str(behaviour.retry_after)}
    if behaviour.mode is PartnerMode.TOO_MANY_REQUESTS:
        return problem(HTTPStatus.TOO_MANY_REQUESTS, "the partner was told to answer so", later)
    if behaviour.mode is PartnerMode.ERROR:
        status = behaviour.status or HTTPStatus.INTERNAL_SERVER_ERROR
        return problem(status, "the partner was told to fail", later)
    if behaviour.mode is PartnerMode.REFUSE:
        return problem(behaviour.status or HTTPStatus.UNPROCESSABLE_ENTITY, "the partner was told to refuse")
    return None


def _done(event_id: str, status: HTTPStatus, *, duplicate: bool) -> Response:
    return Response(json.dumps({"id": event_id, "duplicate": duplicate}), status, media_type="application/json")
