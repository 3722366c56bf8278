"""Customers to sign in as on a platform that stays up: kept in a file that only the user can read, gone with it."""

import json
import os
from collections.abc import Mapping

from patterns_cli.demo.shoppers import Shopper, sign_in
from patterns_deploy.errors import PlatformError
from patterns_deploy.folder import LocalFolder
from patterns_local.platform import Platform

__all__ = ["NoSuchGuest", "directions", "forget_password", "id_token", "keep_guest", "keep_password", "passwords_of"]

_FILE = "demo-guests.json"


class NoSuchGuest(PlatformError):
    """Nobody with this address was signed up for this platform's user."""


def keep_guest(folder: LocalFolder, guest: Shopper, *, user_pool_id: str) -> None:
    """Add somebody to the file; people of another pool, whose platform is gone, leave it."""
    keep_password(folder, guest.email, guest.password, user_pool_id=user_pool_id)


def keep_password(folder: LocalFolder, email: str, password: str, *, user_pool_id: str) -> None:
    """Add a customer and their password to the file, as `keep_guest` does."""
    _write(folder, _read(folder, user_pool_id) | {email: password}, user_pool_id=user_pool_id)


def forget_password(folder: LocalFolder, email: str, *, user_pool_id: str) -> None:
    """Take a customer out of the file."""
    kept = _read(folder, user_pool_id)
    kept.pop(email, None)
    _write(folder, kept, user_pool_id=user_pool_id)


def passwords_of(folder: LocalFolder, user_pool_id: str) -> Mapping[str, str]:
    """Return the passwords that the file has for this pool, by email address."""
    return _read(folder, user_pool_id)


def id_token(email: str, *, folder: LocalFolder | None = None) -> str:
    """Sign in a customer of the file and return their ID token.

    Raises:
        NoSuchGuest: the file does not have them, or is about an earlier platform.
        NotRunning: no platform is up.
    """
    folder = folder or LocalFolder.default()
    platform = Platform.require(folder=folder)
    names = platform.outputs().get("web_api", {})
    pool, client_id = names.get("user_pool_id") or "", names.get("user_pool_client_id") or ""
    password = _read(folder, pool).get(email)
    if password is None:
        raise NoSuchGuest(f"{email} was not signed up by this user; sign them up: patterns token --email {email}")
    return sign_in(platform.client("cognito-idp"), pool, client_id, email, password).id_token


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


def _write(folder: LocalFolder, passwords: Mapping[str, str], *, user_pool_id: str) -> None:
    path = folder.scratch / _FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = path.with_name(f".{_FILE}.new")
    aside.unlink(missing_ok=True)
    descriptor = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        json.dump({"user_pool_id": user_pool_id, "passwords": dict(passwords)}, file, indent=2)
    aside.replace(path)


def _read(folder: LocalFolder, user_pool_id: str) -> dict[str, str]:
    try:
        document = json.loads((folder.scratch / _FILE).read_text())
        people = document["passwords"] if document["user_pool_id"] == user_pool_id else {}
        return {str(email): str(password) for email, password in people.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return {}
