"""Credentials for the cluster, found as its usual clients find them."""

import dataclasses
import os
from pathlib import Path

import kopf
import yaml

__all__ = ["NoCluster", "connect"]


class NoCluster(Exception):
    """There are no credentials for a cluster."""

    def __init__(self) -> None:
        """Say where they would have been found."""
        super().__init__("no cluster: set KUBECONFIG, or run in a pod with a service account")


def connect(settings: kopf.OperatorSettings) -> kopf.ConnectionInfo:
    """Return credentials: of a kubeconfig, if ``KUBECONFIG`` names one, else of the pod's service account.

    Raises:
        NoCluster: there is neither.
    """
    info = kopf.login_with_kubeconfig(settings=settings)
    if info is not None:
        return _with_token_file(info)
    info = kopf.login_with_service_account(settings=settings)
    if info is None:
        raise NoCluster
    return info


def _with_token_file(info: kopf.ConnectionInfo) -> kopf.ConnectionInfo:
    """Return the credentials with the token of a ``tokenFile``, which kopf does not read."""
    if info.token or info.certificate_path or info.certificate_data or info.username:
        return info
    path = os.environ.get("KUBECONFIG", "").split(os.pathsep)[0]
    if not path:
        return info
    config = yaml.safe_load(Path(path).read_text(encoding="utf-8"))
    contexts = {each["name"]: each["context"] for each in config.get("contexts", ())}
    users = {each["name"]: each.get("user") or {} for each in config.get("users", ())}
    token_file = users.get(contexts[config["current-context"]]["user"], {}).get("tokenFile")
    return dataclasses.replace(info, token=Path(token_file).read_text(encoding="utf-8").strip()) if token_file else info
