"""The emulator of AWS as a process of the platform."""

import urllib.request
from pathlib import Path

from patterns_deploy.folder import LocalFolder
from patterns_deploy.node_cdk import node_path
from patterns_deploy.ports import HOST
from patterns_local.service import Service

__all__ = ["Emulator"]


class Emulator(Service):
    """One running emulator, in a process group of its own that also holds the Lambda functions."""

    def __init__(
        self,
        folder: LocalFolder,
        python: Path,
        port: int,
        *,
        corrected: bool = True,
        mail_server: str = "",
        container_engine: str = "",
    ) -> None:
        """Start it.

        Args:
            folder: the platform's files.
            python: of the emulator's environment.
            port: to serve on.
            corrected: with our corrections; without them only in tests, which show that they are needed.
            mail_server: ``host:port`` that SES sends mails to; without one they go nowhere.
            container_engine: what runs the tasks of ECS, as ``DOCKER_HOST`` has it; without one they never end.

        Raises:
            ServiceFailed: it cannot be started.
        """
        self.endpoint_url = f"http://{HOST}:{port}"
        folder.scratch.mkdir(parents=True, exist_ok=True)
        launcher = folder.emulator_project / "launcher.py"
        super().__init__(
            "emulator",
            [str(python), "-I", str(launcher), *([] if corrected else ["--uncorrected"])],
            log=folder.emulator_log,
            environment=_environment(folder, port) | _given(SMTP_HOST=mail_server, DOCKER_HOST=container_engine),
            folder=folder.scratch,
        )

    def healthy(self) -> bool:
        """Whether it answers."""
        opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
        try:
            with opener.open(f"{self.endpoint_url}/_ministack/health", timeout=2.0):
                return True
        except OSError:
            return False


def _environment(folder: LocalFolder, port: int) -> dict[str, str]:
    """Return all of the emulator's environment: every Lambda function inherits it, so nothing of the user's is in it.

    Above all no AWS_ENDPOINT_URL, which the emulator would hand to functions in place of its own address.
    """
    return {
        "PATH": f"{node_path().parent}:/usr/bin:/bin",  # AppSync's resolvers are JavaScript, which node runs
        "HOME": str(folder.scratch),
        "TMPDIR": str(folder.scratch),
        "LANG": "C.UTF-8",
        "TZ": "UTC",
        "GATEWAY_PORT": str(port),
        "BIND_HOST": HOST,
        "AUTH": "true",
        "IOT_MTLS_ENABLED": "0",
        "PERSIST_STATE": "0",
        "STATE_DIR": str(folder.scratch / "state"),
        "S3_DATA_DIR": str(folder.scratch / "s3"),
    }


def _given(**variables: str) -> dict[str, str]:
    """Return the variables that have a value. The launcher takes DOCKER_HOST out again: no function inherits it."""
    return {name: value for name, value in variables.items() if value}
