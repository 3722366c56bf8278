"""Kubernetes as a process of the platform: the control plane and its node, see `local/control_plane`."""

import sys
from pathlib import Path

from patterns_deploy.folder import LocalFolder
from patterns_deploy.processes import end_group
from patterns_local.service import Service, service_environment

__all__ = ["NAME", "Kubernetes"]

NAME = "Kubernetes cluster"
_END_SECONDS = 10.0


class Kubernetes(Service):
    """A running cluster. It is ready when its kubeconfig is there."""

    def __init__(self, folder: LocalFolder, programs: Path, *, images: Path, aws_endpoint: str = "") -> None:
        """Start it; `wait_ready` says when it serves.

        Args:
            folder: the platform's files.
            programs: folder of Kubernetes' own programs.
            images: what pods can run.
            aws_endpoint: where pods find AWS, empty for nowhere.

        Raises:
            ServiceFailed: it cannot be started.
        """
        self._kubeconfig = folder.kubeconfig
        self._kubeconfig.unlink(missing_ok=True)
        options = {"folder": folder.root, "programs": programs, "images": images, "aws-endpoint": aws_endpoint}
        flags = [f"--{name}={value}" for name, value in options.items()]
        super().__init__(
            NAME,
            [sys.executable, "-m", "patterns_local.control_plane", *flags],
            log=folder.kubernetes_logs / "cluster.log",
            environment=service_environment(),
            folder=folder.root,
        )

    def healthy(self) -> bool:
        """Whether it was ready once: its parts are watched, and started again, by the cluster itself."""
        return self._kubeconfig.exists()

    def end(self) -> None:
        """End its parts in order; what does not end in time is killed with the cluster's own process."""
        end_group(self.process.pid, grace=_END_SECONDS)
        super().end()
