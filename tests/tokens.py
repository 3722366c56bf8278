"""Tokens that must not be accepted, made from one that is."""

import base64
import hashlib
import hmac
import json
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa

__all__ = ["claims_of", "forged_tokens"]


def claims_of(token: str) -> dict[str, Any]:
    """Return the claims, unverified."""
    claims: dict[str, Any] = json.loads(_decode(token.split(".")[1]))
    return claims


def forged_tokens(token: str, **changed: object) -> dict[str, str]:
    """Return forgeries of a valid token by the way they are made; ``changed`` are claims that they change."""
    header = json.loads(_decode(token.split(".", maxsplit=1)[0]))
    claims = claims_of(token) | changed
    good_header, good_body, good_signature = token.split(".")
    return {
        "no algorithm": _unsigned({**header, "alg": "none"}, claims) + ".",
        "no algorithm, old signature": f"{_unsigned({**header, 'alg': 'none'}, claims)}.{good_signature}",
        "changed claims, old signature": f"{good_header}.{_encode_json(claims)}.{good_signature}",
        "cut signature": f"{good_header}.{good_body}.{good_signature[:-8]}",
        "signed with another key": _signed(header, claims),
        "signed with a key of no name": _signed({**header, "kid": "bm9uZQ=="}, claims),
        "symmetric algorithm": _symmetric({**header, "alg": "HS256"}, claims),
    }


def _signed(header: dict[str, Any], claims: dict[str, Any]) -> str:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    text = _unsigned(header, claims)
    return f"{text}.{_encode(key.sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()))}"


def _symmetric(header: dict[str, Any], claims: dict[str, Any]) -> str:
    text = _unsigned(header, claims)
    return f"{text}.{_encode(hmac.digest(str(header['kid']).encode(), text.encode(), hashlib.sha256))}"


def _unsigned(header: dict[str, Any], claims: dict[str, Any]) -> str:
    return f"{_encode_json(header)}.{_encode_json(claims)}"


def _encode_json(value: dict[str, Any]) -> str:
    return _encode(json.dumps(value, separators=(",", ":")).encode())


def _encode(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


def _decode(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
