"""`patterns deploy k8s --kubeconfig FILE`: from the options to the cluster, with a line for each thing that cannot be.

Nothing is started and nothing changed here; the user's file is only read.
"""

import ipaddress
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlsplit

from patterns_cli.commands.failures import WrongUse
from patterns_deploy.errors import DeployFailed
from patterns_deploy.kubernetes.earlier_layout import find_operator
from patterns_deploy.kubernetes.kubectl import Kubectl, KubectlFailed
from patterns_infra.kubernetes_names import (
    NAMESPACE,
    OPERATOR_CREDENTIALS,
    OPERATOR_NAMESPACE,
    PROCESS_NODE,
    PROCESS_NODE_LABEL,
)
from patterns_infra.registry import Pattern
from patterns_infra.settings import Target
from patterns_local.chosen_cluster import ChosenCluster
from patterns_local.chosen_image import require_programs
from patterns_local.cluster_choice import cluster_uid

__all__ = ["ClusterWish"]

_IMAGE = re.compile(r"[a-z0-9][a-zA-Z0-9._/:-]*(:[A-Za-z0-9_][A-Za-z0-9._-]*|@sha256:[a-f0-9]{64})")
"""As an OrderProcessor takes it."""
_PART_OF = ("app.kubernetes.io/part-of", "patterns")


@dataclass(frozen=True, slots=True, kw_only=True)
class ClusterWish:
    """The options, as they were given."""

    kubeconfig: str | None = None
    context: str | None = None
    image: str | None = None
    aws_endpoint: str | None = None

    def refuse_elsewhere(self, target: Target, patterns: Sequence[Pattern]) -> None:
        """Refuse options that have nothing to say.

        Raises:
            WrongUse: they are for another target or other patterns, or for a kubeconfig that is not named.
        """
        given = [f"--{each.name.replace('_', '-')}" for each in fields(self) if getattr(self, each.name) is not None]
        if not given:
            return
        if target is Target.AWS:
            raise WrongUse(f"{given[0]} is for --target local; on AWS the stack brings its own cluster")
        if not any(pattern.kubernetes for pattern in patterns):
            raise WrongUse(f"{given[0]} is for the pattern k8s, which is not among those to deploy")
        if self.kubeconfig is None:
            raise WrongUse(f"{given[0]} needs --kubeconfig: it is about that cluster")

    def find(self, stage: str) -> ChosenCluster | None:
        """Return the cluster, after a look at it; ``None`` when no kubeconfig is named.

        Raises:
            WrongUse: with the option, and what is wrong with it.
            PlatformError: the cluster cannot be reached, is somebody else's, or a program for its images is not there.
        """
        if self.kubeconfig is None:
            return None
        with TemporaryDirectory(prefix="patterns-") as folder:
            copy = Path(folder, "kubeconfig")
            context, config = self._copied(Path(self.kubeconfig).expanduser())
            copy.touch(mode=0o600)
            copy.write_text(config)
            named = ChosenCluster(
                context=context, uid="", config=config, image=self._checked_image(), aws_endpoint=self._checked_url()
            )
            self._refuse_incomplete(named)
            require_programs(named)
            return _looked_at(named, Kubectl(copy, dict(os.environ)), stage)

    def _copied(self, file: Path) -> tuple[str, str]:
        """Return the context and a kubeconfig of it alone, with the content of the files that it names."""
        try:
            file.open().close()
        except OSError as error:
            raise WrongUse(f"--kubeconfig {self.kubeconfig}: {error.strerror}") from error
        kubectl = Kubectl(file, dict(os.environ))
        try:
            known = json.loads(kubectl.run("config", "view", "--output=json"))
            context = self._checked_context(known)
            one = ("--raw", "--flatten", "--minify", f"--context={context}", "--output=json")
            return context, kubectl.run("config", "view", *one)
        except KubectlFailed as failed:
            raise WrongUse(f"--kubeconfig {self.kubeconfig}: {failed}") from failed

    def _checked_context(self, known: Mapping[str, Any]) -> str:
        names = [str(each["name"]) for each in known.get("contexts") or ()]
        there = f"there are {', '.join(names)}" if names else "there is none"
        context = self.context if self.context is not None else str(known.get("current-context") or "")
        if not context:
            raise WrongUse(f"--kubeconfig {self.kubeconfig} has no current context: name one by --context; {there}")
        if context not in names:
            raise WrongUse(f"--context {context} is not in {self.kubeconfig}; {there}")
        return context

    def _checked_image(self) -> str:
        if self.image is not None and not _IMAGE.fullmatch(self.image):
            raise WrongUse(f"--image {self.image!r} is no image with a tag or a digest")
        return self.image or ""

    def _checked_url(self) -> str:
        if self.aws_endpoint is None:
            return ""
        if not _is_address(self.aws_endpoint):
            raise WrongUse(f"--aws-endpoint {self.aws_endpoint!r} is no address like http://172.18.0.1:4566")
        return self.aws_endpoint.rstrip("/")

    @staticmethod
    def _refuse_incomplete(cluster: ChosenCluster) -> None:
        """Refuse what the context's name alone shows to be missing."""
        if not cluster.image and cluster.loader is None:
            raise WrongUse(
                f"--image is needed for {cluster.context}: a name by which its nodes can pull the image of "
                "patterns/k8s/Dockerfile; only for kind and k3d it is built and loaded here"
            )
        if cluster.loader and not cluster.aws_endpoint:
            raise WrongUse(_endpoint_needed(cluster))


def _is_address(url: str) -> bool:
    """Whether it is scheme, host and perhaps port, and no more: clients put paths of their own behind it."""
    try:
        parts = urlsplit(url)
        right = parts.scheme in {"http", "https"} and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
    return right and not (parts.path.strip("/") or parts.query or parts.fragment)


def _endpoint_needed(cluster: ChosenCluster) -> str:
    needed = f"--aws-endpoint is needed: the platform's address as pods of {cluster.context} reach it"
    if cluster.loader is None:
        return needed
    program, _ = cluster.loader
    network, host = ("kind", "docker") if program == "kind" else (cluster.context, "k3d")
    return (
        f"{needed}; with Docker Desktop http://host.{host}.internal:PORT and the platform's own port, on Linux "
        f"http://GATEWAY:PORT with the gateway that 'docker network inspect {network}' shows and any free port"
    )


def _looked_at(named: ChosenCluster, kubectl: Kubectl, stage: str) -> ChosenCluster:
    """Return the cluster with what only it can tell."""
    try:
        uid = cluster_uid(kubectl)
        processes = bool(kubectl.items("nodes", f"--selector={PROCESS_NODE_LABEL}={PROCESS_NODE}"))
        _refuse_taken(named.context, kubectl, stage)
    except KubectlFailed as failed:
        line = f"--kubeconfig: the cluster {named.context} cannot be looked at: {failed}"
        raise DeployFailed(line, detail=failed.detail) from failed
    if not processes:
        if not named.aws_endpoint:
            raise WrongUse(_endpoint_needed(named))
        if _is_the_pod(named.aws_endpoint):
            raise WrongUse(f"--aws-endpoint {named.aws_endpoint} is each pod itself in {named.context}")
    return replace(named, uid=uid, processes=processes)


def _refuse_taken(context: str, kubectl: Kubectl, stage: str) -> None:
    """Refuse what an installation, or its removal, would take away from somebody else."""
    label, ours = _PART_OF
    for name in (NAMESPACE, OPERATOR_NAMESPACE):
        namespace = kubectl.get("namespace", name)
        if namespace and namespace["metadata"].get("labels", {}).get(label) != ours:
            raise DeployFailed(f"{context} has a namespace {name!r} that is not this project's and would be taken over")
    operator = find_operator(kubectl)
    here = f"--namespace={operator['metadata']['namespace']}" if operator else ""
    if operator and kubectl.get("secret", OPERATOR_CREDENTIALS, here) is None:
        raise DeployFailed(
            f"{context} has an operator already that gets its role from its node, so it is another platform's own "
            f"cluster in use: first destroy k8s there, then deploy stage {stage!r} to it"
        )


def _is_the_pod(url: str) -> bool:
    host = urlsplit(url).hostname or ""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host == "localhost"
    return address.is_loopback or address.is_unspecified
