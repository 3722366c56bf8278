"""A role's temporary keys as a Secret, for a cluster that gives pods no role."""

import base64
import datetime as dt
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

__all__ = ["EXPIRES", "RoleSecret", "digest_of", "read_role_secret"]

EXPIRES = "patterns.example.com/expires"
"""Annotation of such a Secret: until when its keys are good."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RoleSecret:
    """What a Secret holds.

    Attributes:
        name: its name.
        namespace: that of the pods that read it.
        variables: those by which AWS's clients find keys.
        expires: until when they are good, with a time zone.
    """

    name: str
    namespace: str
    variables: Mapping[str, str] = field(repr=False)
    expires: dt.datetime

    def lasts(self, seconds: float, *, now: dt.datetime) -> bool:
        """Whether its keys are good for so long, by their date."""
        return (self.expires - now).total_seconds() >= seconds


def read_role_secret(found: Mapping[str, object] | None) -> RoleSecret | None:
    """Return a Secret as it is in the cluster; ``None`` when there is none, or one of somebody else's making."""
    metadata, data = (found or {}).get("metadata"), (found or {}).get("data")
    if not isinstance(metadata, Mapping) or not isinstance(data, Mapping):
        return None
    try:
        expires = dt.datetime.fromisoformat(metadata["annotations"][EXPIRES])
        variables = {str(name): base64.b64decode(value).decode() for name, value in data.items()}
    except (KeyError, TypeError, ValueError):
        return None
    if expires.tzinfo is None:
        return None
    return RoleSecret(
        name=str(metadata["name"]),
        namespace=str(metadata["namespace"]),
        variables=variables,
        expires=expires,
    )


def digest_of(secrets: Sequence[RoleSecret]) -> str:
    """Return what changes with the keys and does not tell them: pods read them when they start."""
    total = hashlib.sha256(repr([sorted(each.variables.items()) for each in secrets]).encode())
    return total.hexdigest()[:16]
