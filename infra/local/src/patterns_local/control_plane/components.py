"""The command lines of the control plane's programs, as one small cluster needs them."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from patterns_deploy.ports import HOST
from patterns_local.control_plane.identities import Identities

__all__ = ["Addresses", "Component", "api_server", "controller_manager", "etcd", "scheduler"]

_UNUSED_CONTROLLERS = (
    # Pods are processes of this machine: their addresses are loopback's, which no endpoint may have.
    *("endpoints-controller", "endpointslice-controller", "endpointslice-mirroring-controller"),
    # The one node is never replaced, has no volumes, and nobody joins the cluster.
    *("persistentvolume-binder-controller", "persistentvolume-attach-detach-controller"),
    *("persistentvolume-expander-controller", "persistentvolumeclaim-protection-controller"),
    *(
        "persistentvolume-protection-controller",
        "ephemeral-volume-controller",
        "volumeattributesclass-protection-controller",
    ),
    *("certificatesigningrequest-signing-controller", "certificatesigningrequest-approving-controller"),
    *("certificatesigningrequest-cleaner-controller", "podcertificaterequest-cleaner-controller"),
    *("resourceclaim-controller", "device-taint-eviction-controller", "ttl-controller"),
    *("replicationcontroller-controller", "legacy-serviceaccount-token-cleaner-controller"),
)


@dataclass(frozen=True, slots=True)
class Addresses:
    """Ports of this machine, chosen free.

    Attributes:
        api: the API server's.
        etcd: for its clients.
        etcd_peers: for other members, of which there are none; etcd insists on one.
        kubelet: logs are asked for here.
        identity: pods ask here for their role's credentials.
    """

    api: int
    etcd: int
    etcd_peers: int
    kubelet: int
    identity: int

    @property
    def server(self) -> str:
        """The API server's address."""
        return f"https://{HOST}:{self.api}"


@dataclass(frozen=True, slots=True)
class Component:
    """A program of the cluster: its name and how it is started."""

    name: str
    command: Sequence[str]
    environment: Mapping[str, str] = field(default_factory=dict)


def etcd(programs: Path, identities: Identities, addresses: Addresses, data: Path) -> Component:
    """Return etcd, which keeps its data in a folder and does not wait for the disk: the data is disposable."""
    clients, peers = f"https://{HOST}:{addresses.etcd}", f"https://{HOST}:{addresses.etcd_peers}"
    flags: dict[str, object] = {
        "name": "local",
        "data-dir": data,
        "listen-client-urls": clients,
        "advertise-client-urls": clients,
        "listen-peer-urls": peers,
        "initial-advertise-peer-urls": peers,
        "initial-cluster": f"local={peers}",
        "unsafe-no-fsync": "true",
        "snapshot-count": 10_000,
        "auto-compaction-mode": "periodic",
        "auto-compaction-retention": "10m",
        "log-level": "warn",
    }
    for prefix in ("", "peer-"):
        # Without certificates any user of this machine could read and write what RBAC protects.
        flags |= {
            f"{prefix}cert-file": identities.certificate("etcd"),
            f"{prefix}key-file": identities.key("etcd"),
            f"{prefix}trusted-ca-file": identities.authority,
            f"{prefix}client-cert-auth": "true",
        }
    return Component("etcd", [str(programs / "etcd"), *_flags(flags)], {"GOGC": "50"})


def api_server(
    programs: Path, identities: Identities, addresses: Addresses, *, audit_policy: Path, audit_log: Path
) -> Component:
    """Return the API server: TLS, RBAC, admission with webhooks, service accounts, an audit log; no aggregation."""
    flags: dict[str, object] = {
        "bind-address": HOST,
        "advertise-address": HOST,
        "secure-port": addresses.api,
        "tls-cert-file": identities.certificate("apiserver"),
        "tls-private-key-file": identities.key("apiserver"),
        "client-ca-file": identities.authority,
        "anonymous-auth": "false",
        "authorization-mode": "Node,RBAC",
        "enable-admission-plugins": "NodeRestriction",
        "service-account-issuer": "https://kubernetes.default.svc.cluster.local",
        "service-account-key-file": identities.tokens_public_key,
        "service-account-signing-key-file": identities.tokens_key,
        "service-cluster-ip-range": "10.0.0.0/24",
        # The API server's own address is loopback's, which no endpoint may have.
        "endpoint-reconciler-type": "none",
        "etcd-servers": f"https://{HOST}:{addresses.etcd}",
        "etcd-cafile": identities.authority,
        "etcd-certfile": identities.certificate("apiserver-client"),
        "etcd-keyfile": identities.key("apiserver-client"),
        "kubelet-certificate-authority": identities.authority,
        "kubelet-client-certificate": identities.certificate("apiserver-client"),
        "kubelet-client-key": identities.key("apiserver-client"),
        "kubelet-preferred-address-types": "InternalIP",
        "audit-policy-file": audit_policy,
        "audit-log-path": audit_log,
        "audit-log-maxsize": 100,
        "audit-log-maxbackup": 1,
        "profiling": "false",
        # The process that serves a webhook of this cluster may have ended together with it.
        "shutdown-delay-duration": "0s",
        "v": 1,
    }
    return Component("kube-apiserver", [str(programs / "kube-apiserver"), *_flags(flags)], {"GOGC": "50"})


def controller_manager(programs: Path, identities: Identities) -> Component:
    """Return the controllers that a cluster without network, volumes and further nodes has work for."""
    flags: dict[str, object] = {
        "kubeconfig": identities.kubeconfig("controller-manager"),
        "service-account-private-key-file": identities.tokens_key,
        "root-ca-file": identities.authority,
        "use-service-account-credentials": "true",
        "controllers": ",".join(["*", *(f"-{name}" for name in _UNUSED_CONTROLLERS)]),
        "leader-elect": "false",
        # Its health is seen in what it does; a port less to choose.
        "secure-port": 0,
        # 20 requests a second is the default, and thousands of objects shall not wait for it.
        "kube-api-qps": 200,
        "kube-api-burst": 400,
        "profiling": "false",
        "v": 1,
    }
    command = [str(programs / "kube-controller-manager"), *_flags(flags)]
    return Component("kube-controller-manager", command, {"GOGC": "50"})


def scheduler(programs: Path, identities: Identities, configuration: Path) -> Component:
    """Return the scheduler with its default profile.

    Args:
        programs: folder of Kubernetes' own programs.
        identities: who it is.
        configuration: its file, which is written here; the flags for the same are deprecated.
    """
    # 50 requests a second is the default, and hundreds of pods shall not wait for it.
    client = {"kubeconfig": str(identities.kubeconfig("scheduler")), "qps": 200, "burst": 400}
    chosen = {
        "apiVersion": "kubescheduler.config.k8s.io/v1",
        "kind": "KubeSchedulerConfiguration",
        "clientConnection": client,
        # There is only one; a lease would cost a write every two seconds.
        "leaderElection": {"leaderElect": False},
        "enableProfiling": False,
    }
    configuration.write_text(json.dumps(chosen))
    # Its health is seen in what it binds; a port less to choose.
    flags: dict[str, object] = {"config": configuration, "secure-port": 0, "v": 1}
    return Component("kube-scheduler", [str(programs / "kube-scheduler"), *_flags(flags)], {"GOGC": "50"})


def _flags(values: Mapping[str, object]) -> list[str]:
    return [f"--{name}={value}" for name, value in values.items()]
