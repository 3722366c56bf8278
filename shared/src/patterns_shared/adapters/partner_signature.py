"""How a request to the partner is signed, and how the partner checks it: both sides of one contract.

``X-Partner-Signature: v1=<hex>`` is HMAC-SHA256, under the key that ``X-Partner-Key-Id`` names, over the text of
``X-Partner-Timestamp`` (seconds since 1970), a dot, and the body's bytes. The key id lets two keys be good at once,
so that a key is rotated without a request being refused: the partner learns the new one, then we sign with it.
"""

import hmac
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field

__all__ = ["MAX_SKEW", "MalformedKeys", "SignatureRejected", "SigningKey", "SigningKeys", "sign", "verify"]

KEY_ID = "X-Partner-Key-Id"
TIMESTAMP = "X-Partner-Timestamp"
SIGNATURE = "X-Partner-Signature"

MAX_SKEW = 300
"""Seconds that the two clocks may differ, and that a recorded request can be played again."""

_TIMESTAMP = re.compile(r"[0-9]{1,12}")
_KEY_ID = re.compile(r"[\x21-\x7e]{1,64}")


class SignatureRejected(Exception):
    """A request was not signed by us, or not now. The text says what is wrong, never what would be right."""


class MalformedKeys(Exception):
    """The secret cannot be read as keys. Neither the text nor the cause shows any of it."""


@dataclass(frozen=True, slots=True)
class SigningKey:
    """One key, under the name that goes with every signature."""

    key_id: str
    secret: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class SigningKeys:
    """The key to sign with, and the one before it, which is still good for what is under way."""

    current: SigningKey
    previous: SigningKey | None = None

    @classmethod
    def from_secret(cls, value: bytes) -> "SigningKeys":
        """Read ``{"current": {"key_id", "secret"}, "previous": {…} | null}``.

        ``{"key_id", "secret"}`` alone is a current key that has none before it: the form that CloudFormation generates.

        Raises:
            MalformedKeys: it is something else.
        """
        try:
            document = json.loads(value)
            previous = document.get("previous")
            return cls(_key(document.get("current") or document), _key(previous) if previous else None)
        except (ValueError, LookupError, TypeError, AttributeError):
            raise MalformedKeys("the secret is not of the form {current: {key_id, secret}, previous: …}") from None

    def by_id(self) -> Mapping[str, SigningKey]:
        """Return the keys that a signature may be made with."""
        return {key.key_id: key for key in (self.previous, self.current) if key}


def sign(key: SigningKey, body: bytes, *, timestamp: int) -> dict[str, str]:
    """Return the headers that sign the body at this time, in seconds since 1970."""
    return {KEY_ID: key.key_id, TIMESTAMP: str(timestamp), SIGNATURE: f"v1={_digest(key, str(timestamp), body)}"}


def verify(
    headers: Mapping[str, str], body: bytes, *, keys: Mapping[str, SigningKey], now: float, max_skew: float = MAX_SKEW
) -> str:
    """Return the id of the key that signed this request; header names may come in any case.

    Raises:
        SignatureRejected: a header is missing or malformed, the key is unknown, the time is too far from ``now``,
            or the signature is not that of this body at this time.
    """
    given = {name.lower(): value for name, value in headers.items()}
    key_id, timestamp, signature = (given.get(name.lower(), "") for name in (KEY_ID, TIMESTAMP, SIGNATURE))
    if not _TIMESTAMP.fullmatch(timestamp):
        raise SignatureRejected(f"{TIMESTAMP} is not a time in seconds")
    if key_id not in keys:
        raise SignatureRejected(f"{KEY_ID} names no key that is known here")
    # First the signature, then the time: only who holds the key learns how far the clocks are apart.
    expected = f"v1={_digest(keys[key_id], timestamp, body)}"
    if not hmac.compare_digest(expected.encode(), signature.encode("utf-8", "replace")):
        raise SignatureRejected(f"{SIGNATURE} does not fit the body and the time")
    if abs(now - int(timestamp)) > max_skew:
        raise SignatureRejected(f"{TIMESTAMP} is {round(abs(now - int(timestamp)))} seconds away from now")
    return key_id


def _digest(key: SigningKey, timestamp: str, body: bytes) -> str:
    return hmac.new(key.secret, timestamp.encode() + b"." + body, "sha256").hexdigest()


def _key(document: Mapping[str, str]) -> SigningKey:
    key_id, secret = document["key_id"], document["secret"]
    if not (secret and _KEY_ID.fullmatch(key_id)):
        raise ValueError("key")
    return SigningKey(key_id, secret.encode())
