"""Who is who in one run of the control plane: certificates, keys and kubeconfigs, as files of its folder."""

import base64
import json
import os
from dataclasses import dataclass
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from patterns_deploy.kubernetes.pki import Authority, KeyPair, private_pem, public_pem
from patterns_deploy.ports import HOST

__all__ = ["NODE", "Identities", "make_identities"]

NODE = "patterns-local"
"""Name of the one node."""
_SERVICE_ADDRESS = "10.0.0.1"
_API_HOSTS = (
    *(HOST, "localhost", _SERVICE_ADDRESS),
    *("kubernetes", "kubernetes.default", "kubernetes.default.svc", "kubernetes.default.svc.cluster.local"),
)
_USERS = {
    "administrator": ("kubernetes-admin", "system:masters"),
    "controller-manager": ("system:kube-controller-manager", ""),
    "scheduler": ("system:kube-scheduler", ""),
    "kubelet": (f"system:node:{NODE}", "system:nodes"),
}
"""Users with a kubeconfig: their Kubernetes name and group."""


@dataclass(frozen=True, slots=True)
class Identities:
    """Paths of what was made.

    Attributes:
        folder: readable by this user only.
    """

    folder: Path

    @property
    def authority(self) -> Path:
        """Certificate that everybody trusts here."""
        return self.folder / "ca.crt"

    @property
    def tokens_key(self) -> Path:
        """Signs service accounts' tokens."""
        return self.folder / "service-accounts.key"

    @property
    def tokens_public_key(self) -> Path:
        """Verifies them."""
        return self.folder / "service-accounts.pub"

    def certificate(self, name: str) -> Path:
        """Certificate of a server or client."""
        return self.folder / f"{name}.crt"

    def key(self, name: str) -> Path:
        """Its key."""
        return self.folder / f"{name}.key"

    def kubeconfig(self, user: str) -> Path:
        """Kubeconfig of one of the users."""
        return self.folder / f"{user}.kubeconfig"


def make_identities(folder: Path, server: str) -> Identities:
    """Make everything anew.

    Args:
        folder: made when it is missing.
        server: address of the API server, for the kubeconfigs.
    """
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    made = Identities(folder)
    authority = Authority.make("patterns-local")
    _write(made.authority, authority.pem)
    tokens = ec.generate_private_key(ec.SECP256R1())
    _write(made.tokens_key, private_pem(tokens))
    _write(made.tokens_public_key, public_pem(tokens))
    servers = {"etcd": (HOST, "localhost"), "apiserver": _API_HOSTS, "kubelet-server": (HOST, "localhost")}
    for name, hosts in servers.items():
        _write_pair(made, name, authority.issue(name, hosts=hosts))
    # The API server is a client, too: of etcd, and of the kubelet, for logs.
    _write_pair(made, "apiserver-client", authority.issue("kube-apiserver", group="system:masters"))
    for user, (name, group) in _USERS.items():
        pair = authority.issue(name, group=group)
        _write(made.kubeconfig(user), _kubeconfig(server, authority, name, pair))
    return made


def _kubeconfig(server: str, authority: Authority, user: str, pair: KeyPair) -> bytes:
    """Return a kubeconfig; JSON is YAML, too."""
    cluster = {"server": server, "certificate-authority-data": _base64(authority.pem)}
    client = {"client-certificate-data": _base64(pair.certificate), "client-key-data": _base64(pair.key)}
    name = NODE
    config = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": name, "cluster": cluster}],
        "users": [{"name": user, "user": client}],
        "contexts": [{"name": name, "context": {"cluster": name, "user": user, "namespace": "default"}}],
        "current-context": name,
    }
    return json.dumps(config, indent=2).encode() + b"\n"


def _base64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def _write_pair(identities: Identities, name: str, pair: KeyPair) -> None:
    _write(identities.certificate(name), pair.certificate)
    _write(identities.key(name), pair.key)


def _write(path: Path, data: bytes) -> None:
    """Write a file that only this user can read, from its first byte on."""
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(data)
