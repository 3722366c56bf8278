"""Bringing definitions and operator into a cluster, and taking them away again."""

import datetime as dt
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from patterns_deploy.errors import DeployFailed
from patterns_deploy.kubernetes.earlier_layout import find_operator, remove_earlier_operator
from patterns_deploy.kubernetes.kubectl import Kubectl, KubectlFailed
from patterns_deploy.kubernetes.rendering import STAGE_LABEL, Installation, write_operator, write_orders
from patterns_deploy.kubernetes.rollout import explain, wait_for_operator
from patterns_deploy.kubernetes.webhook_certificate import WebhookCertificate, webhook_certificate
from patterns_infra.kubernetes_names import CERTIFICATE, MANIFESTS, NAMESPACE, OPERATOR, OPERATOR_NAMESPACE

__all__ = ["INSTALL_STEPS", "Installer"]

INSTALL_STEPS = 4
_DEFINITIONS = ("crd.yaml", "kopf-peerings.crd.yaml")
_PROCESSORS = "orderprocessors.patterns.example.com"
_PEERINGS = "clusterkopfpeerings.kopf.dev"
_EARLIER_PEERINGS = "kopfpeerings.kopf.dev"
_MANAGER = "--field-manager=patterns-deploy"
_USER_ROLES = tuple(f"patterns-orderprocessors-{role}" for role in ("view", "edit"))
_HOST = f"{OPERATOR}.{OPERATOR_NAMESPACE}.svc"
_RELEASE, _RELEASE_NAMESPACE = "meta.helm.sh/release-name", "meta.helm.sh/release-namespace"
"""Annotations by which Helm knows the objects of a release."""
_REACH_SECONDS = 20
_ADMISSION_SECONDS = 30.0
_DRAIN_SECONDS = 960.0
"""A little more than the operator gives a drain."""


@dataclass(frozen=True, slots=True)
class Installer:
    """Works in one cluster.

    Attributes:
        kubectl: the cluster.
        advance: is told which of the steps is done, and what is being waited for.
        hint: what to look at when the cluster cannot be reached.
    """

    kubectl: Kubectl
    advance: Callable[[int, str], None]
    hint: str = ""

    def reach(self) -> None:
        """Ask the cluster whether it serves.

        Raises:
            DeployFailed: it cannot be reached; with the hint.
        """
        try:
            self.kubectl.run("get", "--raw=/readyz", f"--request-timeout={_REACH_SECONDS}s")
        except KubectlFailed as failed:
            hint = f" ({self.hint})" if self.hint else ""
            raise DeployFailed(f"the cluster cannot be reached: {failed}{hint}", detail=failed.detail) from failed

    def install(self, wanted: Installation, *, seconds: float) -> str:
        """Apply everything, wait until it works, and return the manifest of the shop's own OrderProcessor.

        Doing it again changes what has to change: other images are rolled out, good certificates stay.

        Raises:
            DeployFailed: with what the cluster, or the operator, said.
        """
        self.advance(0, "reaching the cluster")
        self.reach()
        self._refuse_release()
        self._refuse_another_stage(wanted.stage)
        self.advance(0, "definitions")
        for name in _DEFINITIONS:
            self._apply(f"--filename={MANIFESTS / name}")
        names = (f"crd/{_PROCESSORS}", f"crd/{_PEERINGS}")
        self.kubectl.run("wait", "--for=condition=Established", "--timeout=60s", *names, seconds=90)
        if remove_earlier_operator(self.kubectl):
            self.advance(1, f"operator: from the namespace {NAMESPACE} to {OPERATOR_NAMESPACE}")
        self.advance(1, "operator")
        with _private_folder() as folder:
            host = _host_of(wanted.webhook_url) if wanted.webhook_url else _HOST
            write_operator(folder, wanted, self._certificate(host))
            self._apply(f"--kustomize={folder}")
        self.advance(2, "waiting for the operator")
        wait_for_operator(self.kubectl, seconds=seconds, say=lambda what: self.advance(2, what))
        self.advance(3, "admission")
        orders = self.orders(wanted.image)
        self._answers(orders)
        self.advance(4, "ready")
        return orders

    def orders(self, image: str) -> str:
        """Return the manifest of the shop's own OrderProcessor, with the image that was deployed."""
        with _private_folder() as folder:
            write_orders(folder, image)
            return self.kubectl.run("kustomize", str(folder))

    def remove(self) -> None:
        """Let the workers finish, then take everything away; what is gone already is fine.

        Raises:
            DeployFailed: workers do not end, or the cluster cannot be reached.
        """
        self.reach()
        self._refuse_release()
        self._drain()
        self.advance(1, "operator")
        self.kubectl.delete("validatingwebhookconfiguration", OPERATOR)
        remove_earlier_operator(self.kubectl)
        self.kubectl.delete("deployment", OPERATOR, f"--namespace={OPERATOR_NAMESPACE}", "--cascade=foreground")
        self.kubectl.delete("priorityclass", OPERATOR)
        self.kubectl.delete("clusterrolebinding,clusterrole", OPERATOR, CERTIFICATE)
        self.advance(2, "namespaces")
        self.kubectl.delete("namespace", NAMESPACE, OPERATOR_NAMESPACE, seconds=300)
        self.advance(3, "definitions")
        self.kubectl.delete("clusterrole", *_USER_ROLES)
        self.kubectl.delete(_PEERINGS, OPERATOR)
        # These kinds are kopf's: in a cluster of many, other operators may agree by them, too.
        unused = [each for each in (_PEERINGS, _EARLIER_PEERINGS) if not self.kubectl.items(each, "--all-namespaces")]
        self.kubectl.delete("crd", _PROCESSORS, *unused)
        self.advance(4, "gone")

    def _certificate(self, host: str) -> WebhookCertificate:
        secret = self.kubectl.get("secret", f"{OPERATOR}-webhook", f"--namespace={OPERATOR_NAMESPACE}")
        configuration = self.kubectl.get("validatingwebhookconfiguration", OPERATOR)
        return webhook_certificate(host, secret, configuration, now=dt.datetime.now(dt.UTC))

    def _refuse_release(self) -> None:
        """Leave an operator alone that Helm has installed, in whichever namespace: only Helm may change or remove it.

        The webhook's configuration has one name and no namespace, so that a cluster has one.
        """
        found = self.kubectl.get("validatingwebhookconfiguration", OPERATOR)
        annotations = found["metadata"].get("annotations", {}) if found else {}
        if release := annotations.get(_RELEASE):
            place = annotations[_RELEASE_NAMESPACE]
            raise DeployFailed(
                f"this cluster has the operator of the Helm release {release!r}, and room for one: first uninstall it "
                f"(helm uninstall {release} --namespace {place}), or take another cluster"
            )

    def _refuse_another_stage(self, stage: str) -> None:
        found = find_operator(self.kubectl)
        there = found and found["metadata"].get("labels", {}).get(STAGE_LABEL, stage)
        if there and there != stage:
            raise DeployFailed(
                f"this cluster has the operator of stage {there!r}, and room for one: "
                f"first destroy that one, or take another cluster for {stage!r}"
            )

    def _drain(self) -> None:
        there = self._processors()
        if not there:
            return
        self.advance(0, f"draining {', '.join(there)}")
        if find_operator(self.kubectl) is None:
            # Nobody is left to take the finalizer away, and no worker is lost by that: its messages come again.
            for name in there:
                patch = '--patch={"metadata":{"finalizers":null}}'
                self.kubectl.run("patch", _PROCESSORS, name, f"--namespace={NAMESPACE}", "--type=merge", patch)
        try:
            self.kubectl.delete(_PROCESSORS, "--all", f"--namespace={NAMESPACE}", seconds=_DRAIN_SECONDS)
        except KubectlFailed as failed:
            line = f"{', '.join(self._processors())} did not end: is the operator running? {failed}"
            raise DeployFailed(line, detail=explain(self.kubectl)) from failed

    def _processors(self) -> list[str]:
        found = self.kubectl.items(_PROCESSORS, f"--namespace={NAMESPACE}")
        return [str(each["metadata"]["name"]) for each in found]

    def _apply(self, *words: str, given: str = "") -> None:
        self.kubectl.run("apply", "--server-side", "--force-conflicts", _MANAGER, *words, given=given)

    def _answers(self, orders: str) -> None:
        """Try the webhook: without it nobody could apply an OrderProcessor, however ready the operator is."""
        deadline = time.monotonic() + _ADMISSION_SECONDS
        while True:
            try:
                self._apply("--dry-run=server", "--filename=-", given=orders)
            except KubectlFailed as failed:
                if time.monotonic() >= deadline:
                    line = f"the operator is ready, and no OrderProcessor can be applied: {failed}"
                    raise DeployFailed(line, detail=explain(self.kubectl)) from failed
                time.sleep(0.5)
            else:
                return


def _host_of(url: str) -> str:
    return url.partition("://")[2].partition("/")[0].rpartition(":")[0]


@contextmanager
def _private_folder() -> Iterator[Path]:
    """Give a folder that only this user can read, since a key is in it, and that is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="patterns-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
