"""Log lines of the workers' pods in a cluster whose logs go to no log group: the local one."""

import os
from collections.abc import Iterable
from datetime import UTC, datetime

from patterns_cli.journeys.steps import LogLine
from patterns_deploy.kubernetes.kubectl import Kubectl, KubectlFailed
from patterns_deploy.place import Place
from patterns_infra.kubernetes_names import NAMESPACE

__all__ = ["read_pods", "search_pods"]

_WORKERS = "app.kubernetes.io/name in (order-worker,order-backfill)"


def read_pods(place: Place) -> tuple[list[str], str]:
    """Return the lines of all pods that there are, and why they could not be read, empty when they could.

    Lines of a pod that is gone are gone with it.
    """
    if place.kubeconfig is None:
        return [], ""
    kubectl = Kubectl(place.kubeconfig, dict(os.environ))
    try:
        text = kubectl.run("logs", f"--namespace={NAMESPACE}", f"--selector={_WORKERS}", "--tail=-1", "--timestamps")
    except KubectlFailed as failed:
        return [], str(failed)
    return text.splitlines(), ""


def search_pods(lines: Iterable[str], texts: Iterable[str]) -> list[LogLine]:
    """Return the lines that hold one of the texts; each begins with the time at which the kubelet took it."""
    wanted = tuple(texts)
    found: list[LogLine] = []
    for line in lines:
        if any(text in line for text in wanted):
            at, _, text = line.partition(" ")
            found.append(LogLine(datetime.fromisoformat(at).astimezone(UTC), text, "pods"))
    return found
