"""Operators as processes of this machine, with the rights of the operator's ServiceAccount and of its role.

A process can be killed at any moment, be one of several, and reach the API server by another way.
"""

import contextlib
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from signal import SIGKILL, SIGTERM, Signals
from types import TracebackType
from typing import Any, Self

import psutil
from tests.kube_cluster import IN_SYSTEM, NAMESPACE, KubeCluster
from tests.operator_install import OPERATOR, SETTINGS, Installation, free_port
from tests.pod_roles import keys_of
from tests.waiting import eventually

from patterns_deploy.ports import HOST
from patterns_infra.paths import REPOSITORY

__all__ = ["OperatorProcess", "Operators", "measured"]


class OperatorProcess:
    """One operator. Its log is there when it has ended, too."""

    def __init__(self, environment: Mapping[str, str], log: Path, *, module: str = "patterns_k8s.operator") -> None:
        """Start it, or another program in its place; `wait_ready` says when it works."""
        self.log = log
        self._status_port = environment["STATUS_PORT"]
        with log.open("w") as output:
            self._process = subprocess.Popen(
                [sys.executable, "-m", module],
                cwd=REPOSITORY,
                env=dict(environment),
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def wait_ready(self, seconds: float = 30) -> Self:
        """Wait until it says that it is ready."""
        eventually(self._is_ready, seconds=seconds)
        return self

    def metrics(self) -> str:
        """Return its metrics as Prometheus reads them."""
        with urllib.request.urlopen(f"http://{HOST}:{self._status_port}/metrics", timeout=5) as answer:
            text: str = answer.read().decode()
        return text

    def usage(self) -> tuple[float, float]:
        """Return the seconds of processor time and the megabytes of memory that it has used."""
        process = psutil.Process(self.pid)
        times = process.cpu_times()
        return times.user + times.system, process.memory_info().rss / 1e6

    def signal(self, number: Signals) -> None:
        """Send it a signal."""
        self._process.send_signal(number)

    def kill(self) -> None:
        """Kill it as a machine dies."""
        self._process.kill()
        self._process.wait()

    def end(self) -> int:
        """Ask it to end, and return its exit code."""
        self._process.send_signal(SIGTERM)
        return self._process.wait(30)

    def _is_ready(self) -> bool:
        assert self._process.poll() is None, self.log.read_text()
        with contextlib.suppress(OSError):
            urllib.request.urlopen(f"http://{HOST}:{self._status_port}/readyz", timeout=2).close()
            return True
        return False

    def __enter__(self) -> Self:
        """Return it."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Leave no process behind."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, SIGKILL)
        self._process.wait()


class Operators:
    """Starts operators; only the first of those that run at once answers admission reviews."""

    def __init__(self, cluster: KubeCluster, installation: Installation, folder: Path) -> None:
        """Take the rights of the operator's account and of its role."""
        self._cluster = cluster
        self._installation = installation
        self._folder = folder
        self._numbers = iter(range(1_000_000))
        self._token = cluster.kubectl("create", "token", OPERATOR, "--duration=8h", IN_SYSTEM).strip()
        self._keys = keys_of(cluster, OPERATOR)

    @contextlib.contextmanager
    def running(
        self,
        *,
        server: str = "",
        webhook: bool = True,
        module: str = "",
        ready: bool = True,
        settings: Mapping[str, str] = SETTINGS,
    ) -> Iterator[OperatorProcess]:
        """Run one until the block ends.

        Args:
            server: another way to the API server.
            webhook: whether it answers admission reviews.
            module: another program in its place.
            ready: whether to wait until it says that it is.
            settings: of the operator.
        """
        with self.start(server=server, webhook=webhook, module=module, settings=settings) as operator:
            yield operator.wait_ready() if ready else operator

    def start(
        self, *, server: str = "", webhook: bool = True, module: str = "", settings: Mapping[str, str] = SETTINGS
    ) -> OperatorProcess:
        """Start one, as above."""
        number = next(self._numbers)
        environment = {
            "PATH": os.defpath,
            "HOME": str(self._folder),
            "KUBECONFIG": str(self._kubeconfig(server, number)),
            "NAMESPACE": NAMESPACE,
            "POD_IP": HOST,
            "LIVENESS_PORT": str(free_port()),
            "STATUS_PORT": str(free_port()),
            "AWS_ENDPOINT_URL": self._cluster.aws,
            "PYTHONUNBUFFERED": "1",
            **self._keys.variables(),
            **settings,
        }
        if webhook:
            environment |= {
                "WEBHOOK_CERTIFICATES": str(self._installation.certificates),
                "WEBHOOK_PORT": str(self._installation.webhook_port),
            }
        log = self._folder / f"operator-{number}.log"
        return OperatorProcess(environment, log, module=module or "patterns_k8s.operator")

    def _kubeconfig(self, server: str, number: int) -> Path:
        """Write a kubeconfig of the operator's account."""
        config: dict[str, Any] = json.loads(self._cluster.folder.kubeconfig.read_text())
        if server:
            config["clusters"][0]["cluster"] = {"server": server}
        config["users"][0]["user"] = {"token": self._token}
        path = self._folder / f"operator-{number}.kubeconfig"
        path.write_text(json.dumps(config))
        return path


@contextlib.contextmanager
def measured(operator: OperatorProcess) -> Iterator[Callable[[], str]]:
    """Give what tells, after the block, the share of a processor that the operator took within it."""
    began, (used, _) = time.monotonic(), operator.usage()
    share: list[float] = []
    yield lambda: f"{share[0]:.0%}"
    share.append((operator.usage()[0] - used) / (time.monotonic() - began))
    assert share[0] < 0.8, f"the operator took {share[0]:.0%} of a processor"
