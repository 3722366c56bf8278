"""A secret from Secrets Manager, read when it is first needed and kept for a while."""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING

from patterns_shared.adapters.client_errors import transient_as_unavailable
from patterns_shared.domain.errors import TemporarilyUnavailable

if TYPE_CHECKING:  # the stubs exist for the type checker only
    from mypy_boto3_secretsmanager import SecretsManagerClient

__all__ = ["CachedSecret"]

_RETRY_AFTER = 30.0


class CachedSecret:
    """One secret, read again once it is older than ``max_age`` seconds."""

    def __init__(
        self,
        client: "SecretsManagerClient",
        secret_id: str,
        max_age: float = 300.0,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Keep the client and the secret's name or ARN; nothing is called yet."""
        self._client = client
        self._secret_id = secret_id
        self._max_age = max_age
        self._clock = clock
        self._value: bytes | None = None
        self._fresh_until = 0.0

    def __repr__(self) -> str:
        """Name the secret and never show it."""
        return f"{type(self).__name__}({self._secret_id!r})"

    def value(self) -> bytes:
        """Return the secret's bytes (a text in UTF-8).

        While Secrets Manager is down, a value that was read before is used on: an old key is better than no service.

        Raises:
            TemporarilyUnavailable: it was never read, and cannot be now.
        """
        now = self._clock()
        if self._value is not None and now < self._fresh_until:
            return self._value
        try:
            self._value = self._read()
        except TemporarilyUnavailable:
            if self._value is None:
                raise
            self._fresh_until = now + min(_RETRY_AFTER, self._max_age)
        else:
            self._fresh_until = now + self._max_age
        return self._value

    def _read(self) -> bytes:
        with transient_as_unavailable("secrets"):
            answer = self._client.get_secret_value(SecretId=self._secret_id)
        # Only one of the two is in the answer, whatever the stubs say.
        text: str | None = answer.get("SecretString")
        return answer["SecretBinary"] if text is None else text.encode()
