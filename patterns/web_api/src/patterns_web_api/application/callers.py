"""Who is calling, from the claims of an ID token whose signature and expiry the gateway has checked."""

import re
from collections.abc import Mapping
from dataclasses import dataclass

__all__ = ["Caller", "NotSignedIn", "caller_from_claims"]

OPERATORS = "operators"
"""The user pool group that may see every customer's orders."""

_GROUP = re.compile(r"[^\s,\[\]]+")


class NotSignedIn(Exception):
    """The request has no authenticated caller. The text says what is missing, never the token."""


@dataclass(frozen=True, slots=True)
class Caller:
    """A signed-in person. ``customer_id`` is the user pool's ``sub``."""

    customer_id: str
    email: str
    is_operator: bool = False


def caller_from_claims(claims: object, *, audience: str) -> Caller:
    """Return the caller.

    The gateway's authorizer accepts every token of the pool; which kind of token, and for which client, is
    checked here. Groups reach us as a list, or as text: ``a,b`` or ``[a b]``, depending on the gateway.

    Raises:
        NotSignedIn: there are no claims, or they are not those of an ID token made for ``audience``.
    """
    if not isinstance(claims, Mapping):
        raise NotSignedIn("sign in and send the ID token in the Authorization header")
    if claims.get("token_use") != "id":
        raise NotSignedIn("an ID token is needed, not an access token")
    if claims.get("aud") != audience:
        raise NotSignedIn("the token was made for another application")
    groups = claims.get("cognito:groups")
    names = _GROUP.findall(groups) if isinstance(groups, str) else groups
    return Caller(
        customer_id=_text(claims, "sub"),
        email=_text(claims, "email"),
        is_operator=isinstance(names, list | tuple) and OPERATORS in names,
    )


def _text(claims: Mapping[str, object], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not value:
        raise NotSignedIn(f"the token has no claim {name!r}")
    return value
