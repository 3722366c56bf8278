"""The pattern's part of a deployment that CloudFormation does not know: the operator in the stack's cluster."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from patterns_deploy.files import write_atomically
from patterns_deploy.kubernetes.installing import INSTALL_STEPS, Installer
from patterns_deploy.kubernetes.kubectl import Kubectl
from patterns_deploy.kubernetes.rendering import Installation
from patterns_deploy.ports import HOST, choose_port
from patterns_deploy.progress import Timings
from patterns_infra.kubernetes_names import OPERATOR

__all__ = ["ClusterAccess", "deploy_operator", "reached_locally", "remove_operator"]

_STEP = "operator k8s"


@dataclass(frozen=True, slots=True)
class ClusterAccess:
    """A cluster to install into.

    Attributes:
        kubectl: reaches it.
        seconds: how long the operator may take to be ready: nodes may have to come first.
        orders: file for the manifest of the shop's own OrderProcessor.
        hint: what to look at when it cannot be reached.
    """

    kubectl: Kubectl
    seconds: float
    orders: Path
    hint: str = ""


def deploy_operator(access: ClusterAccess, wanted: Installation, timings: Timings) -> None:
    """Install the operator, wait until it works, and leave the manifest of an OrderProcessor for the user.

    Raises:
        DeployFailed: with what the cluster, or the operator, said.
    """
    with timings.step(_STEP, INSTALL_STEPS) as note:
        orders = Installer(access.kubectl, _shown(timings, _STEP), access.hint).install(wanted, seconds=access.seconds)
        access.orders.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(access.orders, orders)
        note(f"ready; orders wait until: kubectl apply -f {access.orders}")


def remove_operator(access: ClusterAccess, timings: Timings) -> None:
    """Let the workers finish, and take everything out of the cluster.

    Raises:
        DeployFailed: workers do not end, or the cluster cannot be reached.
    """
    step = f"remove {_STEP}"
    with timings.step(step, INSTALL_STEPS):
        Installer(access.kubectl, _shown(timings, step), access.hint).remove()
        access.orders.unlink(missing_ok=True)


def reached_locally(kubectl: Kubectl, wanted: Installation, *, remembered: Path) -> Installation:
    """Return the installation for a control plane on this machine, which calls the operator at a port of its own.

    It is the port that it has in the cluster already, else last time's while that is free, else a free one.
    """
    found = kubectl.get("validatingwebhookconfiguration", OPERATOR)
    url = found["webhooks"][0]["clientConfig"].get("url", "") if found else ""
    port = urlsplit(url).port or choose_port(remembered)
    return replace(
        wanted,
        settings={**wanted.settings, "WEBHOOK_HOST": HOST, "WEBHOOK_PORT": str(port)},
        webhook_url=f"https://{HOST}:{port}/validate",
    )


def _shown(timings: Timings, step: str) -> Callable[[int, str], None]:
    return lambda done, what: timings.report.advance(step, done, what)
