"""The keys that requests may be signed with: those that the secrets of the deployed stacks hold just now."""

import asyncio
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from patterns_shared.adapters.partner_signature import MalformedKeys, SignatureRejected, SigningKey, SigningKeys, verify

__all__ = ["KeysUnavailable", "KnownKeys", "SecretGone"]

_MAX_AGE = 2.0
"""Seconds that keys are believed, so that a key that was withdrawn is refused soon."""


class KeysUnavailable(Exception):
    """There are no keys to check a signature with. The text holds none."""


class SecretGone(Exception):
    """The secret does not exist any more: its stack was destroyed."""


@dataclass(slots=True)
class _Kept:
    keys: Mapping[str, SigningKey]
    looked_at: float


class KnownKeys:
    """Keys of one or more secrets: each stage that is deployed here has its own, and their key ids may be equal."""

    def __init__(self, read: Callable[[str], bytes], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take how to read a secret by its ARN: from any thread, raising SecretGone when there is none."""
        self._read = read
        self._clock = clock
        self._secrets: dict[str, _Kept | None] = {}
        self._looking = asyncio.Lock()

    def learn(self, secret_arn: str) -> None:
        """Take this secret's keys, too; it is read when the first request comes."""
        self._secrets[secret_arn] = None

    @property
    def secret_arns(self) -> list[str]:
        """The secrets that are known."""
        return list(self._secrets)

    async def verify(self, headers: Mapping[str, str], body: bytes, *, now: float) -> str:
        """Return the id of the key that signed the request.

        A request that no known key fits is checked once more against the secrets as they are now: they may have been
        rotated.

        Raises:
            SignatureRejected: as `partner_signature.verify` says.
            KeysUnavailable: no secret is known, or none can be read.
        """
        asked_at = self._clock()
        try:
            return _verify_with_any(await self._keys(asked_at - _MAX_AGE), headers, body, now)
        except SignatureRejected:
            return _verify_with_any(await self._keys(asked_at), headers, body, now)

    async def _keys(self, since: float) -> list[Mapping[str, SigningKey]]:
        """Return every secret's keys as they were at that time or later."""
        async with self._looking:
            problem = "the partner was told of no keys yet"
            for secret_arn, kept in list(self._secrets.items()):
                if kept is None or kept.looked_at < since:
                    problem = await self._look(secret_arn) or problem
            found = [kept.keys for kept in self._secrets.values() if kept]
        if not found:
            raise KeysUnavailable(problem)
        return found

    async def _look(self, secret_arn: str) -> str:
        """Read one secret; what was wrong, empty when nothing was."""
        looked_at = self._clock()
        try:
            keys = SigningKeys.from_secret(await asyncio.to_thread(self._read, secret_arn)).by_id()
        except SecretGone:
            del self._secrets[secret_arn]
            return "the secret that the partner was told of is gone"
        except MalformedKeys as error:
            self._secrets[secret_arn] = None
            return str(error)
        except KeysUnavailable as error:
            return str(error)
        self._secrets[secret_arn] = _Kept(keys, looked_at)
        return ""


def _verify_with_any(
    secrets: list[Mapping[str, SigningKey]], headers: Mapping[str, str], body: bytes, now: float
) -> str:
    rejected = SignatureRejected("no key is known")
    for keys in secrets:
        try:
            return verify(headers, body, keys=keys, now=now)
        except SignatureRejected as error:
            rejected = error
    raise rejected
