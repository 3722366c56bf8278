"""The mail server as a process of the platform."""

import shutil
import smtplib
import sys

from patterns_deploy.folder import LocalFolder
from patterns_deploy.ports import HOST, listen
from patterns_local.service import Service, service_environment

__all__ = ["MailServer"]


class MailServer(Service):
    """One running mail server.

    Attributes:
        address: its ``host:port``.
    """

    def __init__(self, folder: LocalFolder) -> None:
        """Start it with an empty folder: mails are kept until the next start, for whoever comes to look.

        Raises:
            ServiceFailed: it cannot be started.
        """
        shutil.rmtree(folder.mails, ignore_errors=True)
        folder.mails.mkdir(parents=True, exist_ok=True)
        with listen(folder.mail_port) as listening:
            self._port = int(listening.getsockname()[1])
            self.address = f"{HOST}:{self._port}"
            program = [sys.executable, "-I", "-m", "patterns_local.mail"]
            super().__init__(
                "mail server",
                [*program, f"--socket={listening.fileno()}", f"--folder={folder.mails}"],
                log=folder.mail_log,
                environment=service_environment(),
                folder=folder.root,
                passed=[listening.fileno()],
            )

    def healthy(self) -> bool:
        """Whether it greets."""
        try:
            with smtplib.SMTP(HOST, self._port, local_hostname="localhost", timeout=2.0) as connection:
                return connection.noop() == (250, b"OK")
        except OSError:
            return False
