"""One run of the cluster: which parts there are, in which order they start, and what it leaves behind."""

import asyncio
import shutil
import socket
import sys
from contextlib import ExitStack
from dataclasses import fields
from pathlib import Path

from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import HOST
from patterns_local.control_plane.components import (
    Addresses,
    Component,
    api_server,
    controller_manager,
    etcd,
    scheduler,
)
from patterns_local.control_plane.identities import NODE, Identities, make_identities
from patterns_local.control_plane.keeper import keep
from patterns_local.control_plane.not_enforced import policies
from patterns_local.control_plane.readiness import ClusterApi
from patterns_local.kubelet.leftovers import end_leftovers

__all__ = ["Cluster"]


class Cluster:
    """etcd, kube-apiserver, kube-controller-manager, kube-scheduler and one node."""

    def __init__(self, folder: LocalFolder, *, programs: Path, images: Path, aws_endpoint: str) -> None:
        """Begin with nothing.

        Args:
            folder: the platform's files.
            programs: folder of Kubernetes' own programs.
            images: what pods can run.
            aws_endpoint: where pods find AWS, empty for nowhere.
        """
        self._folder = folder
        self._own = folder.control_plane
        self._programs = programs
        self._images = images
        self._aws_endpoint = aws_endpoint

    async def run(self) -> None:
        """Start everything and keep it running until cancelled; nothing but logs is left then.

        Raises:
            ExceptionGroup: of `ComponentFailed`, when a part cannot be kept running.
        """
        self._clear()
        addresses = _free_addresses()
        identities = make_identities(self._own / "identities", addresses.server)
        try:
            async with asyncio.TaskGroup() as parts:
                for part in (self._etcd(identities, addresses), self._api_server(identities, addresses)):
                    self._keep(parts, part)
                await self._complete(parts, identities, addresses)
        finally:
            self._folder.kubeconfig.unlink(missing_ok=True)
            self._clear()

    def _clear(self) -> None:
        """Leave nothing of a run but its logs."""
        end_leftovers(self._folder.pods)
        shutil.rmtree(self._own, ignore_errors=True)

    async def _complete(self, parts: asyncio.TaskGroup, identities: Identities, addresses: Addresses) -> None:
        """Start what needs the API server, and say that the cluster is ready: by its kubeconfig."""
        api = ClusterApi(identities, addresses.server)
        await api.serves()
        self._keep(parts, controller_manager(self._programs, identities))
        self._keep(parts, scheduler(self._programs, identities, self._own / "scheduler.json"))
        self._keep(parts, self._kubelet(identities, addresses, await api.version()))
        for path, wanted in policies():
            await api.apply(path, wanted)
        await api.has_controllers()
        await api.has_node(NODE)
        await api.close()
        aside = self._own / "kubeconfig"
        shutil.copy(identities.kubeconfig("administrator"), aside)
        aside.replace(self._folder.kubeconfig)

    def _keep(self, parts: asyncio.TaskGroup, component: Component) -> None:
        log = self._folder.kubernetes_logs / f"{component.name}.log"
        parts.create_task(keep(component, folder=self._own, log=log))

    def _etcd(self, identities: Identities, addresses: Addresses) -> Component:
        return etcd(self._programs, identities, addresses, self._own / "etcd")

    def _api_server(self, identities: Identities, addresses: Addresses) -> Component:
        policy = self._folder.control_plane_project / "audit-policy.yaml"
        return api_server(
            self._programs,
            identities,
            addresses,
            audit_policy=policy,
            audit_log=self._folder.kubernetes_logs / "audit.log",
        )

    def _kubelet(self, identities: Identities, addresses: Addresses, version: str) -> Component:
        options = {
            "identities": identities.folder,
            "port": addresses.kubelet,
            "identity-port": addresses.identity,
            "server": addresses.server,
            "version": version,
            "images": self._images,
            "folder": self._folder.pods,
            "aws-endpoint": self._aws_endpoint,
        }
        flags = [f"--{name}={value}" for name, value in options.items()]
        return Component("kubelet", [sys.executable, "-m", "patterns_local.kubelet", *flags])


def _free_addresses() -> Addresses:
    """Choose free ports, all different, since all are held until the last is chosen."""
    with ExitStack() as held:
        ports: list[int] = []
        for _ in fields(Addresses):
            probe = held.enter_context(socket.socket())
            probe.bind((HOST, 0))
            ports.append(int(probe.getsockname()[1]))
    return Addresses(*ports)
