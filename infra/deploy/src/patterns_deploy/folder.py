"""Where one checkout keeps its platform: every path below `.local/`, named once."""

import hashlib
import os
import tempfile
from dataclasses import dataclass
from pathlib import Path

from patterns_deploy.errors import StateNotWritable
from patterns_infra.paths import LOCAL_STATE, REPOSITORY

__all__ = ["LocalFolder"]

_LONGEST_SOCKET = 100
"""Bytes of a Unix socket's path; macOS takes 104 and Linux 108."""


@dataclass(frozen=True, slots=True)
class LocalFolder:
    """The folder of one platform. Deleting it loses nothing but time.

    Attributes:
        root: `.local/` of the checkout; ``PATTERNS_LOCAL_STATE`` names another one, so that tests
            never touch the platform that somebody works with.
    """

    root: Path

    @classmethod
    def default(cls) -> "LocalFolder":
        """Return the checkout's folder, or the one that the environment names."""
        named = os.environ.get("PATTERNS_LOCAL_STATE")
        return cls(Path(named).absolute() if named else LOCAL_STATE)

    def prepare(self) -> None:
        """Make the folder.

        Raises:
            StateNotWritable: it cannot be made or written.
        """
        try:
            self.root.mkdir(parents=True, exist_ok=True)
            probe = self.root / f".probe-{os.getpid()}"
            probe.touch()
            probe.unlink()
        except OSError as error:
            raise StateNotWritable(f"cannot write {self.root}: {error.strerror or error}") from error

    @property
    def state(self) -> Path:
        """The running platform: address and processes."""
        return self.root / "platform.json"

    @property
    def deployed(self) -> Path:
        """Digest of every deployed stack, valid for one run of the platform."""
        return self.root / "deployed.json"

    @property
    def port(self) -> Path:
        """The port that was used last, taken again while it is free, so that addresses stay the same."""
        return self.root / "port"

    @property
    def partner_port(self) -> Path:
        """The same for the partner."""
        return self.root / "partner-port"

    @property
    def mail_port(self) -> Path:
        """The same for the mail server."""
        return self.root / "mail-port"

    @property
    def mails(self) -> Path:
        """Every mail that was sent in this run, one file each, and the mail server's switch."""
        return self.root / "mail"

    @property
    def reports(self) -> Path:
        """Pages of reports that were asked for, for a browser to open."""
        return self.root / "reports"

    @property
    def lock(self) -> Path:
        """Held by the one command that changes the platform."""
        return self.root / "lock"

    @property
    def emulator_log(self) -> Path:
        """What the emulator and the Lambda functions print."""
        return self.root / "logs" / "emulator.log"

    @property
    def partner_log(self) -> Path:
        """One line for each event that the partner was told of."""
        return self.root / "logs" / "partner.log"

    @property
    def mail_log(self) -> Path:
        """One line for each mail."""
        return self.root / "logs" / "mail.log"

    @property
    def supervisor_log(self) -> Path:
        """What the supervisor prints, normally nothing."""
        return self.root / "logs" / "supervisor.log"

    @property
    def relay_log(self) -> Path:
        """What relays print, normally nothing."""
        return self.root / "logs" / "relay.log"

    @property
    def engine_log(self) -> Path:
        """What the container engine prints, normally nothing; containers have logs of their own."""
        return self.root / "logs" / "containers.log"

    @property
    def control_plane(self) -> Path:
        """Everything of one run of Kubernetes: certificates, etcd's data, the audit log, pods' files."""
        return self.root / "control-plane"

    @property
    def pods(self) -> Path:
        """A folder for each pod of that run."""
        return self.control_plane / "pods"

    @property
    def requests(self) -> Path:
        """What the supervisor is to start beside the rest, and how, written by the commands that need it."""
        return self.root / "requests.json"

    @property
    def kubernetes_logs(self) -> Path:
        """A log for each of Kubernetes' programs; pods have logs of their own."""
        return self.root / "logs" / "kubernetes"

    @property
    def kubeconfig(self) -> Path:
        """For kubectl, as the cluster's administrator; there while Kubernetes runs."""
        return self.root / "kubeconfig"

    @property
    def webhook_port(self) -> Path:
        """Where the cluster's API server asks the operator, the port that was used last."""
        return self.root / "webhook-port"

    def orders_manifest(self, target: str, stage: str) -> Path:
        """The OrderProcessor that a deployment leaves for the user to apply."""
        return self.root / "kubernetes" / f"{target}-{stage}" / "orders.yaml"

    def chosen_cluster(self, stage: str) -> Path:
        """What is known of the cluster of the user's own that a stage uses; its kubeconfig is beside it."""
        return self.root / "kubernetes" / f"local-{stage}" / "cluster.json"

    def cluster_kubeconfig(self, account: str, region: str, stage: str) -> Path:
        """For kubectl and a cluster of EKS."""
        return self.root / "kubernetes" / f"{account}-{region}-{stage}" / "kubeconfig"

    @property
    def control_plane_project(self) -> Path:
        """The Go modules that Kubernetes' programs are built from, part of the repository."""
        return REPOSITORY / "infra" / "local" / "control_plane"

    @property
    def deploy_log(self) -> Path:
        """Output of the last synthesis and deployment."""
        return self.root / "logs" / "deploy.log"

    @property
    def scratch(self) -> Path:
        """Temporary files of the emulator: unpacked functions; removed when it ends."""
        return self.root / "emulator" / "tmp"

    @property
    def containers(self) -> Path:
        """The containers' own files, removed with the rest."""
        return self.scratch / "containers"

    @property
    def engine_socket(self) -> Path:
        """Where the container engine listens: with the rest, or in a short place when that path is too long."""
        path = self.scratch / "containers.sock"
        if len(os.fsencode(path)) < _LONGEST_SOCKET:
            return path
        name = hashlib.sha256(os.fsencode(self.root)).hexdigest()[:16]
        return Path(tempfile.gettempdir()) / f"patterns-{os.getuid()}" / f"{name}.sock"

    @property
    def images(self) -> Path:
        """What stands for container images where there is no Docker; like bundles a cache of the checkout."""
        return LOCAL_STATE / "images"

    @property
    def cdk_home(self) -> Path:
        """The CDK command line's cache, kept out of the user's home."""
        return self.root / "cdk-home"

    def assembly(self, target: str, stage: str) -> Path:
        """The synthesized templates of a target and stage; like the environment a cache of the checkout."""
        return LOCAL_STATE / "cdk.out" / f"{target}-{stage}"

    @property
    def assembly_lock(self) -> Path:
        """Held while templates are synthesized."""
        return LOCAL_STATE / "cdk.out" / "lock"

    @property
    def emulator_venv(self) -> Path:
        """The emulator's environment; a cache of the checkout, whichever folder is used."""
        return LOCAL_STATE / "emulator" / "venv"

    @property
    def emulator_project(self) -> Path:
        """Its project file, lock file and launcher, which are part of the repository."""
        return REPOSITORY / "infra" / "local" / "emulator"
