"""The node: registered once, its status and its lease renewed, as a kubelet does."""

import asyncio
import datetime as dt
import platform
from http import HTTPStatus

import httpx2
from lightkube import ApiError, AsyncClient
from lightkube.models.coordination_v1 import LeaseSpec
from lightkube.models.meta_v1 import ObjectMeta, OwnerReference
from lightkube.resources.coordination_v1 import Lease
from lightkube.resources.core_v1 import Node
from lightkube.types import PatchType

from patterns_infra.kubernetes_names import PROCESS_NODE, PROCESS_NODE_LABEL
from patterns_local.kubelet.capacity import ALLOCATABLE, CAPACITY

__all__ = ["LocalNode"]

_LEASE_SECONDS = 40
_RENEW_SECONDS = 10.0
_STATUS_EVERY = 6
"""Renewals of the lease between two of the whole status."""
_LEASES = "kube-node-lease"


class LocalNode:
    """This machine as a node of the cluster.

    Attributes:
        labels: what selectors can ask for.
    """

    def __init__(self, client: AsyncClient, name: str, *, address: str, port: int, version: str) -> None:
        """Know it.

        Args:
            client: as the node.
            name: of the node.
            address: of this machine.
            port: where the kubelet's API is.
            version: Kubernetes', which the node says is its own.
        """
        self._client = client
        self._name = name
        self._address = address
        self._port = port
        self._version = version
        machine = {"x86_64": "amd64", "aarch64": "arm64"}.get(platform.machine(), platform.machine())
        self.labels = {
            "kubernetes.io/hostname": name,
            "kubernetes.io/os": platform.system().lower(),
            "kubernetes.io/arch": machine,
            PROCESS_NODE_LABEL: PROCESS_NODE,
            "topology.kubernetes.io/zone": "local",
            "topology.kubernetes.io/region": "local",
        }

    async def run(self) -> None:
        """Register the node and keep its lease and status fresh for ever."""
        uid = await self._register()
        renewed = 0
        while True:
            try:
                if renewed % _STATUS_EVERY == 0:
                    await self._send_status()
                await self._renew(uid)
            except httpx2.HTTPError:
                # The API server is being started again; then the node is not ready for that long, as on AWS.
                await asyncio.sleep(1.0)
                continue
            renewed += 1
            await asyncio.sleep(_RENEW_SECONDS)

    async def _register(self) -> str:
        while True:
            try:
                made = await self._client.create(Node(metadata=ObjectMeta(name=self._name, labels=self.labels)))
            except ApiError as error:
                if error.status.code != HTTPStatus.CONFLICT:
                    raise
                made = await self._client.get(Node, self._name)
            except httpx2.TransportError:
                await asyncio.sleep(0.2)
                continue
            return str(made.metadata.uid if made.metadata else "")

    async def _send_status(self) -> None:
        now = dt.datetime.now(dt.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        ready = {"reason": "KubeletReady", "message": "pods run as processes of this machine"}
        conditions = [{"type": "Ready", "status": "True", "lastHeartbeatTime": now, **ready}]
        for kind in ("MemoryPressure", "DiskPressure", "PIDPressure"):
            healthy = {"type": kind, "status": "False", "lastHeartbeatTime": now}
            conditions.append(healthy | {"reason": "NotWatched", "message": "this node does not look"})
        info = {
            "machineID": self._name,
            "systemUUID": self._name,
            "bootID": self._name,
            "kernelVersion": platform.release(),
            "osImage": platform.platform(terse=True),
            "containerRuntimeVersion": "process://1",
            "kubeletVersion": self._version,
            "kubeProxyVersion": "",
            "operatingSystem": platform.system().lower(),
            "architecture": platform.machine(),
        }
        status = {
            "capacity": dict(CAPACITY),
            "allocatable": dict(ALLOCATABLE),
            "conditions": conditions,
            "addresses": [
                {"type": "InternalIP", "address": self._address},
                {"type": "Hostname", "address": self._name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": self._port}},
            "nodeInfo": info,
        }
        await self._client.patch(Node.Status, self._name, {"status": status}, patch_type=PatchType.STRATEGIC)

    async def _renew(self, node_uid: str) -> None:
        now = dt.datetime.now(dt.UTC)
        spec = {"holderIdentity": self._name, "renewTime": now.isoformat(timespec="microseconds")}
        try:
            await self._client.patch(Lease, self._name, {"spec": spec}, namespace=_LEASES, patch_type=PatchType.MERGE)
        except ApiError as error:
            if error.status.code != HTTPStatus.NOT_FOUND:
                raise
            owner = OwnerReference(apiVersion="v1", kind="Node", name=self._name, uid=node_uid)
            meta = ObjectMeta(name=self._name, namespace=_LEASES, ownerReferences=[owner])
            held = LeaseSpec(holderIdentity=self._name, leaseDurationSeconds=_LEASE_SECONDS, renewTime=now)
            await self._client.create(Lease(metadata=meta, spec=held))
