"""The key that requests to the partner are signed with, as Secrets Manager has it now or had it lately."""

import math
import time
from collections.abc import Callable

from patterns_shared.adapters.partner_signature import SigningKey, SigningKeys
from patterns_shared.adapters.secret import CachedSecret

__all__ = ["PartnerKeys"]

_LOOK_AGAIN_AFTER = 30.0
"""Seconds after a refused signature's look at the secret that found no other key: a flood of them is none of looks."""


class PartnerKeys:
    """The current signing key.

    The secret is read again when it is old, and once out of turn when the partner refuses a signature: the key may
    have been rotated, and the old one withdrawn, while this environment still signed with it.
    """

    def __init__(self, secret: Callable[[], CachedSecret], *, clock: Callable[[], float] = time.monotonic) -> None:
        """Take how to make a secret that has not been read; nothing is called yet."""
        self._make_secret = secret
        self._clock = clock
        self._secret: CachedSecret | None = None
        self._looked_in_vain_at = -math.inf

    def current(self) -> SigningKey:
        """Return the key to sign with.

        Raises:
            TemporarilyUnavailable: the secret was never read, and cannot be now.
            MalformedKeys: the secret holds something else.
        """
        if self._secret is None:
            self._secret = self._make_secret()
        return SigningKeys.from_secret(self._secret.value()).current

    def another_than(self, refused: SigningKey) -> SigningKey | None:
        """Return the current key if it is another one than the partner refused, None when there is no other."""
        now = self._clock()
        looks = now - self._looked_in_vain_at >= _LOOK_AGAIN_AFTER
        if looks:
            self._secret = None
        key = self.current()
        if key != refused:
            return key
        if looks:
            self._looked_in_vain_at = now
        return None
