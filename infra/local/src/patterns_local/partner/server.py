"""The partner as a process of the platform."""

import sys
import urllib.request

from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import HOST, listen
from patterns_local.service import Service, service_environment

__all__ = ["PartnerServer"]


class PartnerServer(Service):
    """One running partner.

    Attributes:
        url: where it takes events.
    """

    def __init__(self, folder: LocalFolder, endpoint_url: str) -> None:
        """Start it.

        Args:
            folder: the platform's files.
            endpoint_url: of the emulator, whose secrets hold the keys.

        Raises:
            ServiceFailed: it cannot be started.
        """
        with listen(folder.partner_port) as listening:
            self._base = f"http://{HOST}:{listening.getsockname()[1]}"
            self.url = f"{self._base}/events"
            program = [sys.executable, "-I", "-m", "patterns_local.partner"]
            super().__init__(
                "partner",
                [*program, f"--socket={listening.fileno()}", f"--endpoint-url={endpoint_url}"],
                log=folder.partner_log,
                environment=service_environment(),
                folder=folder.root,
                passed=[listening.fileno()],
            )

    def healthy(self) -> bool:
        """Whether it answers, however it was told to behave."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self._base}/health", timeout=2.0):
                return True
        except OSError:
            return False
