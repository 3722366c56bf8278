"""From a container's manifest to the command that runs on this machine."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lightkube.models.core_v1 import Container

from patterns_local.container_engine.images import ImageNotFound, find_image
from patterns_local.kubelet.environment import NotConfigured, PodFacts, expand, variables_of
from patterns_local.kubelet.leftovers import mark_of
from patterns_local.kubelet.mounts import SERVICE_ACCOUNT_PATH, Mounts
from patterns_local.kubelet.surroundings import NotReadyToRun
from patterns_local.kubelet.termination import begin_termination_log, termination_log_path
from patterns_local.workloads.workload import Command

__all__ = ["Launch"]


@dataclass(frozen=True, slots=True)
class Launch:
    """What all containers of a node are started with.

    Attributes:
        images: folder of what can be run.
        node_variables: for every container: where the API server and AWS are.
        server: its address.
    """

    images: Path
    node_variables: Mapping[str, str]
    server: str

    def command(
        self,
        container: Container,
        *,
        facts: PodFacts,
        folder: Path,
        volumes: Path,
        hostname: str,
        data: Mapping[tuple[str, str], Mapping[str, str]],
        identity: Mapping[str, str],
    ) -> Command:
        """Return the command of one run.

        Args:
            container: its manifest.
            facts: of its pod.
            folder: its own.
            volumes: holds the pod's volumes.
            hostname: the pod's.
            data: of config maps and secrets by kind and name.
            identity: variables by which AWS's clients find the pod's role.

        Raises:
            NotReadyToRun: the image or something that it refers to is missing.
        """
        try:
            image = find_image(self.images, container.image or "")
        except ImageNotFound as missing:
            raise NotReadyToRun("ErrImagePull", str(missing)) from missing
        work = folder / "work"
        work.mkdir(parents=True, exist_ok=True)
        try:
            declared = variables_of(container, facts, lambda kind, name: data.get((kind, name)))
        except NotConfigured as missing:
            raise NotReadyToRun("CreateContainerConfigError", str(missing)) from missing
        files = {termination_log_path(container): begin_termination_log(folder)}
        mounts = Mounts(container.volumeMounts or (), volumes, declared, files)
        # What the machine's temporary folder would keep is gone with the pod.
        own = {"PATH": os.defpath, "LANG": "C.UTF-8", "HOSTNAME": hostname, "HOME": str(work), "TMPDIR": str(work)}
        given = own | dict(image.environment) | dict(self.node_variables) | dict(identity)
        given |= self._account(mounts, folder)
        given |= {name: mounts.rewrite(value) for name, value in declared.items()} | mark_of(folder)
        # As with Docker: a command of the manifest's own drops the image's arguments, too.
        program = list(container.command or image.entrypoint)
        arguments = container.args if container.args is not None else ([] if container.command else image.command)
        words = [mounts.rewrite(expand(word, declared)) for word in (*program, *arguments)]
        where = Path(mounts.rewrite(container.workingDir)) if container.workingDir else work
        return Command(words, given, where if where.is_dir() else work)

    def _account(self, mounts: Mounts, folder: Path) -> dict[str, str]:
        """Let clients find the pod's service account: they look for it under a path that is not theirs here."""
        account = mounts.path(SERVICE_ACCOUNT_PATH)
        if account is None:
            return {}
        kubeconfig = folder / "kubeconfig"
        namespace = (account / "namespace").read_text() if (account / "namespace").is_file() else "default"
        kubeconfig.write_text(
            f"""apiVersion: v1
kind: Config
current-context: pod
clusters: [{{name: local, cluster: {{server: "{self.server}", certificate-authority: "{account / "ca.crt"}"}}}}]
users: [{{name: pod, user: {{tokenFile: "{account / "token"}"}}}}]
contexts: [{{name: pod, context: {{cluster: local, user: pod, namespace: {namespace}}}}}]
"""
        )
        return {"KUBECONFIG": str(kubeconfig)}
