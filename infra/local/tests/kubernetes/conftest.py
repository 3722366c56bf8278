"""One cluster for these tests, and a namespace of its own for each."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

import pytest

from patterns_deploy.folder import LocalFolder
from patterns_deploy.progress import Silence, Timings
from patterns_deploy.runner import Runner
from patterns_local.control_plane.programs import prepare_programs
from patterns_local.kubernetes import Kubernetes

Emulator = Any

PROGRAM = Path(__file__).with_name("pod_program.py")
KUBECTL = Path(sys.prefix) / "bin" / "kubectl"


@dataclass(frozen=True)
class Namespace:
    """One test's part of the cluster.

    Attributes:
        name: of the namespace.
        kubeconfig: of the cluster's administrator.
        eventually: waits.
    """

    name: str
    kubeconfig: Path
    eventually: Callable[..., Any]

    def kubectl(self, *arguments: str, given: str = "", fails: bool = False) -> str:
        """Run kubectl as a user would; what it printed, errors and warnings included."""
        done = subprocess.run(
            [KUBECTL, f"--namespace={self.name}", *arguments],
            env=self._environment,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=120,
        )
        printed = done.stdout + done.stderr
        assert bool(done.returncode) == fails, printed
        return printed

    @contextmanager
    def following(self, *arguments: str) -> Iterator[IO[str]]:
        """Run kubectl beside the block, and give what it prints as it comes."""
        with subprocess.Popen(
            [KUBECTL, f"--namespace={self.name}", *arguments], env=self._environment, stdout=subprocess.PIPE, text=True
        ) as running:
            assert running.stdout
            try:
                yield running.stdout
            finally:
                running.kill()

    @property
    def _environment(self) -> dict[str, str]:
        return {"PATH": os.defpath, "KUBECONFIG": str(self.kubeconfig), "HOME": str(self.kubeconfig.parent)}

    def apply(self, *objects: Mapping[str, Any]) -> str:
        """Apply objects."""
        return self.kubectl(
            "apply", "-f", "-", given=json.dumps({"apiVersion": "v1", "kind": "List", "items": objects})
        )

    def get(self, kind: str, name: str = "", **labels: str) -> Any:  # noqa: ANN401 - whatever the API server has
        """Return an object, or a list of objects with these labels."""
        selected = [f"--selector={key}={value}" for key, value in labels.items()]
        return json.loads(self.kubectl("get", kind, *([name] if name else []), *selected, "--output=json"))

    def pods(self, **labels: str) -> list[Any]:
        """Return the pods with these labels, those that are ending left out."""
        return [pod for pod in self.get("pods", **labels)["items"] if "deletionTimestamp" not in pod["metadata"]]

    def ready(self, count: int, **labels: str) -> list[Any]:
        """Wait until exactly so many pods are there, all of them ready."""

        def answer() -> list[Any] | None:
            pods = self.pods(**labels)
            return pods if len(pods) == count and all(map(_is_ready, pods)) else None

        found: list[Any] = self.eventually(answer)
        assert found, self.kubectl("get", "pods,events")
        return found


def _is_ready(pod: Mapping[str, Any]) -> bool:
    return any(each["type"] == "Ready" and each["status"] == "True" for each in pod["status"].get("conditions", ()))


@pytest.fixture(scope="session")
def programs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of Kubernetes' programs; without them these tests fail, they are never skipped."""
    folder = LocalFolder(tmp_path_factory.mktemp("programs"))
    return prepare_programs(folder, Runner(folder.deploy_log), Timings(Silence()))


@pytest.fixture(scope="session")
def images(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one image, ``test/program:v1``: a small program that does as it is told."""
    folder = tmp_path_factory.mktemp("images")
    image = {
        "repository": "test/program",
        "entrypoint": [sys.executable, str(PROGRAM)],
        "command": ["serve"],
        "environment": {"FROM_IMAGE": "yes"},
    }
    (folder / "v1").mkdir()
    (folder / "v1" / "image.json").write_text(json.dumps(image))
    return folder


@pytest.fixture(scope="session")
def cluster(
    tmp_path_factory: pytest.TempPathFactory, programs: Path, images: Path, corrected: Emulator
) -> Iterator[LocalFolder]:
    """Return the folder of a running cluster, whose pods find the emulator's AWS."""
    folder = LocalFolder(tmp_path_factory.mktemp("cluster"))
    with Kubernetes(folder, programs, images=images, aws_endpoint=corrected.endpoint_url) as kubernetes:
        kubernetes.wait_ready(abandoned=lambda: False)
        yield folder


@pytest.fixture
def namespace(cluster: LocalFolder, eventually: Callable[..., Any]) -> Iterator[Namespace]:
    """Return a namespace, deleted with all that is in it."""
    made = Namespace(f"test-{uuid4().hex[:8]}", cluster.kubeconfig, eventually)
    made.kubectl("create", "namespace", made.name)
    assert eventually(lambda: "default" in made.kubectl("get", "serviceaccounts"))
    yield made
    made.kubectl("delete", "namespace", made.name, "--wait=false")


@pytest.fixture
def default_namespace(eventually: Callable[..., Any]) -> Callable[[LocalFolder], Namespace]:
    """Return the namespace that every cluster has, for tests that have a cluster of their own."""
    return lambda folder: Namespace("default", folder.kubeconfig, eventually)


@pytest.fixture
def family() -> Sequence[str]:
    """Return a command that has a child in its process group, and one with a session of its own."""
    return "sh", "-c", "sleep 3600 & setsid sleep 3600 & wait"


@pytest.fixture
def deployment() -> Callable[..., dict[str, Any]]:
    """Return a maker of Deployments of the test's program, named ``web``."""

    def make(*, replicas: int = 1, container: Mapping[str, Any] | None = None, **pod: Any) -> dict[str, Any]:  # noqa: ANN401 - a manifest
        spec = {"containers": [_container(container or {})], **pod}
        labels = {"app": "web"}
        return {
            "apiVersion": "apps/v1",
            "kind": "Deployment",
            "metadata": {"name": "web"},
            "spec": {
                "replicas": replicas,
                "selector": {"matchLabels": labels},
                "template": {"metadata": {"labels": labels}, "spec": spec},
            },
        }

    return make


@pytest.fixture
def job() -> Callable[..., dict[str, Any]]:
    """Return a maker of Jobs of the test's program, which is not started again."""

    def make(name: str, *arguments: str, container: Mapping[str, Any] | None = None, **pod: Any) -> dict[str, Any]:  # noqa: ANN401 - a manifest
        contained = _container({"args": list(arguments), **(container or {})})
        spec = {"restartPolicy": "Never", "containers": [contained], **pod}
        return {
            "apiVersion": "batch/v1",
            "kind": "Job",
            "metadata": {"name": name},
            "spec": {"backoffLimit": 0, "template": {"spec": spec}},
        }

    return make


def _container(changed: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "name": "main",
        "image": "test/program:v1",
        "env": [{"name": "POD_IP", "valueFrom": {"fieldRef": {"fieldPath": "status.podIP"}}}],
        "ports": [{"name": "http", "containerPort": 8080}],
        **changed,
    }
