"""A cluster of the tests' own with AWS: kubectl as a user has it, and a hand on each of its programs."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Any

import psutil
from tests.waiting import eventually

from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import choose_port
from patterns_deploy.progress import Silence, Timings
from patterns_deploy.runner import Runner
from patterns_local.control_plane.programs import prepare_programs
from patterns_local.emulator import Emulator
from patterns_local.emulator_environment import prepare_environment
from patterns_local.kubernetes import Kubernetes
from patterns_local.local_aws import client_for

__all__ = ["AS_WRITTEN", "IN_SYSTEM", "NAMESPACE", "SYSTEM", "KubeCluster", "running_cluster"]

NAMESPACE, SYSTEM = "patterns", "patterns-system"
"""Where OrderProcessors live, and where their operator does; the manifests say so."""
IN_SYSTEM = f"--namespace={SYSTEM}"
"""For kubectl, in place of the namespace that it is given here."""
AS_WRITTEN = "--namespace="
"""For kubectl: each manifest's own."""
_KUBECTL = Path(sys.prefix) / "bin" / "kubectl"
_IMAGE_TAGS = ("v1", "v2")
"""Two releases of the same program, so that one can be upgraded to the other."""


@dataclass(frozen=True)
class KubeCluster:
    """A running cluster and AWS.

    Attributes:
        folder: its files: kubeconfig, logs, audit log.
        aws: the emulator's address, empty where there is none.
    """

    folder: LocalFolder
    aws: str
    _process: psutil.Process

    def client(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its client classes at run time
        """Return an AWS client that may do anything."""
        return client_for(service, self.aws)

    def kubectl(self, *arguments: str, given: str = "", fails: bool | None = False, seconds: float = 60) -> str:
        """Run kubectl as a user would and return what it printed, errors and warnings included.

        ``fails`` is whether it must fail; None if either is fine.
        """
        home = str(self.folder.root)
        done = subprocess.run(
            [_KUBECTL, f"--namespace={NAMESPACE}", *arguments],
            env={"PATH": os.defpath, "KUBECONFIG": str(self.folder.kubeconfig), "HOME": home},
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=seconds,
        )
        printed = done.stdout + done.stderr
        assert fails is None or bool(done.returncode) == fails, printed
        return printed

    def apply(self, *objects: Mapping[str, Any], fails: bool = False) -> str:
        """Apply objects, and return what kubectl said."""
        items = json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        return self.kubectl("apply", "--filename=-", given=items, fails=fails)

    def get(self, kind: str, name: str, *words: str) -> dict[str, Any] | None:
        """Return an object, None when it is not there; ``words`` are further arguments of kubectl."""
        found = self.kubectl("get", kind, name, "--output=json", "--ignore-not-found", *words)
        return json.loads(found) if found else None

    def list(self, kind: str, **labels: str) -> list[dict[str, Any]]:
        """Return the objects with these labels; ``instance`` and the like stand for Kubernetes' own."""
        selected = ",".join(f"app.kubernetes.io/{key}={value}" for key, value in labels.items())
        found: list[dict[str, Any]] = json.loads(self.kubectl("get", kind, f"--selector={selected}", "--output=json"))[
            "items"
        ]
        return found

    def signal(self, program: str, number: Signals) -> None:
        """Send a signal to a program of the control plane, such as ``etcd``, itself."""
        self.process(program).send_signal(number)

    def process(self, program: str) -> psutil.Process:
        """Return the process of one of these."""
        # What keeps it is started by the same command line, with a Python in front.
        [found] = [each for each in self._process.children(recursive=True) if _runs(each, program)]
        return found

    def wait_serving(self, seconds: float = 60) -> None:
        """Wait until the API server answers again."""
        eventually(lambda: "ok" in self.kubectl("get", "--raw=/readyz", fails=None), seconds=seconds)


def _runs(process: psutil.Process, program: str) -> bool:
    try:
        return Path(process.exe()).name == program
    except psutil.NoSuchProcess:
        return False  # a pod's, which has just ended


@contextmanager
def running_cluster(folder: LocalFolder, *, with_aws: bool = True) -> Iterator[KubeCluster]:
    """Start AWS and a cluster whose pods find it; both end with the block.

    Without AWS it is a cluster like any other: its nodes give pods neither a role nor an address.
    """
    folder.prepare()
    runner = Runner(folder.deploy_log)
    programs = prepare_programs(folder, runner, Timings(Silence()))
    images = _make_images(folder.root / "images")
    with ExitStack() as owned:
        aws = ""
        if with_aws:
            python = prepare_environment(folder, runner)
            emulator = owned.enter_context(Emulator(folder, python, choose_port(folder.port)))
            emulator.wait_ready(abandoned=lambda: False)
            aws = emulator.endpoint_url
        kubernetes = owned.enter_context(Kubernetes(folder, programs, images=images, aws_endpoint=aws))
        kubernetes.wait_ready(abandoned=lambda: False)
        yield KubeCluster(folder, aws, psutil.Process(kubernetes.process.pid))


def _make_images(folder: Path, tags: Sequence[str] = _IMAGE_TAGS) -> Path:
    """Make images whose programs are this checkout's, in this environment: what is tested is what is written."""
    for tag in tags:
        made = {
            "repository": "*patterns-k8s",
            "entrypoint": [],
            "command": ["python", "-m", "patterns_k8s.worker"],
            "environment": {"PATH": f"{Path(sys.prefix) / 'bin'}:/usr/bin:/bin"},
        }
        (folder / tag).mkdir(parents=True)
        (folder / tag / "image.json").write_text(json.dumps(made))
    return folder
