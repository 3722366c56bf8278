"""Steering the partner, and asking what it saw, from another process.

>>> partner = PartnerClient(platform.partner_url)  # doctest: +SKIP
>>> partner.behave("down", for_requests=20)  # doctest: +SKIP
>>> partner.seen()["done"]  # doctest: +SKIP
"""

from http import HTTPStatus
from typing import Any, Self

import httpx

from patterns_deploy.errors import PlatformError, WrongSwitch

__all__ = ["PartnerClient"]

_SECONDS = 30.0


class PartnerClient:
    """The interface beside the events. Every method raises PlatformError when the partner does not answer."""

    def __init__(self, partner_url: str) -> None:
        """Take the address that events are posted to."""
        # No connection is kept, so that nobody has to close this; nothing of TLS is set up for plain HTTP.
        self._http = httpx.Client(
            base_url=partner_url.removesuffix("/events"),
            trust_env=False,
            verify=False,  # noqa: S501 - as above
            timeout=_SECONDS,
            limits=httpx.Limits(max_keepalive_connections=0),
        )

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def behave(self, mode: str, **numbers: Any) -> dict[str, Any]:  # noqa: ANN401 - the partner validates
        """Let the partner behave so from now on, and return what it says of itself.

        Args:
            mode: one of `PartnerMode`.
            **numbers: fields of `control.Behaviour`: ``delay_seconds``, ``retry_after``, ``status``,
                ``clock_skew_seconds``, ``only_every``, ``share``, ``seed``, ``for_requests``.

        Raises:
            WrongSwitch: naming the field.
        """
        return self._ask("PUT", "/control", json={"mode": mode, **numbers})

    def behaviour(self) -> dict[str, Any]:
        """Return how it behaves, and the ``secret_arns`` of its keys."""
        return self._ask("GET", "/control")

    def learn(self, secret_arn: str) -> None:
        """Tell it of a secret that holds keys.

        Raises:
            WrongSwitch: it is no ARN of a secret.
        """
        self._ask("PUT", "/keys", json={"secret_arn": secret_arn})

    def seen(self) -> dict[str, Any]:
        """Return its counts."""
        return self._ask("GET", "/seen")

    def events(self) -> dict[str, dict[str, int]]:
        """Return how often each event was ``asked`` and ``done``, by its id."""
        found: dict[str, dict[str, int]] = self._ask("GET", "/seen?ids=1")["ids"]
        return found

    def event(self, event_id: str) -> dict[str, Any] | None:
        """Return what it knows of one event, None when it was never asked about it."""
        return self._ask("GET", f"/seen/{event_id}") or None

    def forget(self) -> None:
        """Let it forget all events and counts."""
        self._ask("DELETE", "/seen")

    def _ask(self, method: str, path: str, json: object = None) -> dict[str, Any]:
        try:
            answer = self._http.request(method, path, json=json)
        except httpx.TransportError as error:
            raise PlatformError(f"the partner does not answer at {self._http.base_url}: {error}") from error
        if answer.status_code == HTTPStatus.UNPROCESSABLE_ENTITY:
            raise WrongSwitch(answer.json()["detail"])
        if answer.status_code in {HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND}:
            return {}
        answer.raise_for_status()
        found: dict[str, Any] = answer.json()
        return found
