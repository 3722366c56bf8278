"""A cluster's add-ons after an upgrade of the cluster: they stay as they were until somebody updates them."""

import time
from collections.abc import Callable

from patterns_deploy.errors import DeployFailed
from patterns_deploy.place import AwsClient

__all__ = ["update_addons"]

_SECONDS = 1200.0
_POLL = 5.0
_WRONG = {"CREATE_FAILED", "UPDATE_FAILED", "DEGRADED", "DELETE_FAILED"}


def update_addons(
    eks: AwsClient,
    cluster: str,
    *,
    version: str,
    say: Callable[[str], None],
    sleep: Callable[[float], None] = time.sleep,
) -> list[str]:
    """Bring every add-on to the version that EKS has by default for this version of Kubernetes, one after the other.

    Settings that somebody gave it in the cluster stay. One that is there already is left alone.

    Args:
        eks: a client.
        cluster: its name.
        version: of Kubernetes, as ``1.36``.
        say: is told of each one that changes.
        sleep: how to wait.

    Returns:
        What was changed, as ``name version``.

    Raises:
        DeployFailed: an add-on does not become healthy; with its own words.
    """
    changed = []
    for page in eks.get_paginator("list_addons").paginate(clusterName=cluster):
        for name in page["addons"]:
            has = eks.describe_addon(clusterName=cluster, addonName=name)["addon"]["addonVersion"]
            wanted = _default_version(eks, name, version)
            if wanted in {None, has}:
                continue
            say(f"add-on {name}: {has} to {wanted}")
            eks.update_addon(clusterName=cluster, addonName=name, addonVersion=wanted, resolveConflicts="PRESERVE")
            _wait(eks, cluster, name, sleep)
            changed.append(f"{name} {wanted}")
    return changed


def _default_version(eks: AwsClient, name: str, version: str) -> str | None:
    pages = eks.get_paginator("describe_addon_versions").paginate(addonName=name, kubernetesVersion=version)
    for page in pages:
        for addon in page["addons"]:
            for each in addon["addonVersions"]:
                if any(x["clusterVersion"] == version and x["defaultVersion"] for x in each["compatibilities"]):
                    return str(each["addonVersion"])
    return None


def _wait(eks: AwsClient, cluster: str, name: str, sleep: Callable[[float], None]) -> None:
    waited = 0.0
    while True:
        addon = eks.describe_addon(clusterName=cluster, addonName=name)["addon"]
        if addon["status"] == "ACTIVE":
            return
        if addon["status"] in _WRONG or waited >= _SECONDS:
            issues = "; ".join(x["message"] for x in addon.get("health", {}).get("issues", ())) or "no reason given"
            raise DeployFailed(f"the add-on {name} of {cluster} is {addon['status']}: {issues}")
        sleep(_POLL)
        waited += _POLL
