"""Somebody to sign in as on a platform that stays up: kept in a file that only the user can read, gone with it."""

import json
import os
from collections.abc import Mapping
from typing import Any

from patterns_infra.demo.shoppers import Shopper, sign_in
from patterns_infra.local.errors import PlatformError
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.platform import Platform

__all__ = ["NoSuchGuest", "directions", "id_token", "keep_guest"]

_FILE = "demo-guests.json"


class NoSuchGuest(PlatformError):
    """Nobody with this address was signed up for this platform's user."""


def keep_guest(folder: LocalFolder, guest: Shopper, *, user_pool_id: str) -> None:
    """Add somebody to the file; people of another pool, whose platform is gone, leave it."""
    path = folder.scratch / _FILE
    kept = _read(folder, user_pool_id) | {guest.email: guest.password}
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{_FILE}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"user_pool_id": user_pool_id, "passwords": kept}, file, indent=2)
    aside.replace(path)


def id_token(email: str, *, folder: LocalFolder | None = None) -> str:
    """Sign this person in and return their ID token.

    Raises:
        NoSuchGuest: the file does not have them, or is about an earlier platform.
        NotRunning: no platform is up.
    """
    folder = folder or LocalFolder.default()
    platform = Platform.require(folder=folder)
    names = platform.outputs().get("web_api", {})
    pool, client_id = names.get("user_pool_id") or "", names.get("user_pool_client_id") or ""
    people = _read(folder, pool)
    if email not in people:
        known = f"; there is {', '.join(people)}" if people else ""
        raise NoSuchGuest(f"nobody signed up as {email} for you to use{known}; sign somebody up: patterns demo --stay")
    cognito: Any = platform.client("cognito-idp")
    return sign_in(cognito, pool, client_id, email, people[email]).id_token


def directions(outputs: Mapping[str, Mapping[str, str | None]], guest: Shopper | None) -> list[str]:
    """Return the lines that tell how to go on with a platform that stays up."""
    lines = ["The platform stays up."]
    api_url = outputs.get("web_api", {}).get("api_url")
    if api_url:
        lines += [f"  API      {api_url}", f"  docs     {api_url}/docs"]
    if guest:
        token = f"uv run patterns token {guest.email}"
        lines += [
            f"  sign in  {guest.email} with the password {guest.password}",
            f"  token    {token}",
            f'  orders   curl -H "Authorization: Bearer $({token})" {api_url}/orders',
        ]
    kubeconfig = outputs.get("k8s", {}).get("kubeconfig")
    if kubeconfig:
        lines.append(f"  kubectl  KUBECONFIG={kubeconfig} uv run kubectl get orderprocessors,pods --namespace patterns")
    return [*lines, '  AWS CLI  eval "$(uv run patterns env)"', "  end it   uv run patterns down"]


def _read(folder: LocalFolder, user_pool_id: str) -> dict[str, str]:
    try:
        document = json.loads((folder.scratch / _FILE).read_text())
        people = document["passwords"] if document["user_pool_id"] == user_pool_id else {}
        return {str(email): str(password) for email, password in people.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
