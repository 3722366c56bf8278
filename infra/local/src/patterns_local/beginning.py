"""Where a deployment gets addresses from: of a platform that is up, or of one that begins when they are asked for."""

import os
from collections.abc import Callable
from dataclasses import dataclass

from patterns_deploy.errors import ServiceFailed
from patterns_deploy.ports import choose_port
from patterns_deploy.processes import tail
from patterns_local.deployment import Addresses, LocalDeployment
from patterns_local.docker import find_docker
from patterns_local.emulator_environment import prepare_environment
from patterns_local.lifeline import Supervised
from patterns_local.local_aws import ACCOUNT, REGION
from patterns_local.state import clear, read_state

__all__ = ["Beginning", "Found"]


@dataclass(slots=True)
class Found:
    """Gives the addresses of a platform that is up, after starting what it has not needed so far."""

    addresses: Addresses
    more: Callable[[], None] | None

    def __call__(self) -> Addresses:
        """Return them."""
        if self.more:
            self.more()
        return self.addresses


@dataclass(slots=True)
class Beginning:
    """Starts the platform when the deployment first asks for its addresses, and can undo that."""

    deployment: LocalDeployment
    port: int | None
    more: Callable[[], None] | None = None
    supervised: Supervised | None = None
    _addresses: Addresses | None = None

    def __call__(self) -> Addresses:
        """Return them; the first call starts it."""
        if self._addresses is None:
            self._addresses = self._start()
        return self._addresses

    def _start(self) -> Addresses:
        folder, timings = self.deployment.folder, self.deployment.timings
        with timings.step("environment"):
            docker = find_docker(os.environ)
            python = prepare_environment(folder, self.deployment.runner)
        with timings.step("emulator") as note:
            port = choose_port(folder.port, self.port)
            self.supervised = Supervised.start(
                folder, python=python, port=port, region=REGION, account=ACCOUNT, docker=docker.url if docker else ""
            )
            state = read_state(folder)
            if state is None:
                raise ServiceFailed("the platform ended as soon as it was up", detail=tail(folder.supervisor_log))
            note(state.endpoint_url)
        if self.more:
            self.more()
        return Addresses(state.endpoint_url, state.partner_url, state.docker)

    def undo(self) -> None:
        """End what was started, and leave nothing of it."""
        if self.supervised:
            self.supervised.end()
        clear(self.deployment.folder)
