"""What goes wrong in a deployment or on the local platform, each in one line that a user can act on."""

__all__ = [
    "ControlPlaneUnavailable",
    "DeployFailed",
    "EnvironmentFailed",
    "NotRunning",
    "PlatformBusy",
    "PlatformError",
    "ServiceFailed",
    "StateNotWritable",
    "WrongSwitch",
]


class PlatformError(Exception):
    """Base of this package's errors: `args[0]` is one line, `detail` more lines (the end of a log), often empty."""

    def __init__(self, line: str, *, detail: str = "") -> None:
        """Keep the line for the user, and what explains it."""
        super().__init__(line)
        self.detail = detail


class EnvironmentFailed(PlatformError):
    """The emulator's own Python environment could not be made."""


class ServiceFailed(PlatformError):
    """A process of the platform did not start, or is dead."""


class NotRunning(PlatformError):
    """A command needs the local platform, and it is not up."""


class PlatformBusy(PlatformError):
    """Another command works on this checkout's platform and did not finish in time."""


class StateNotWritable(PlatformError):
    """The folder for local state cannot be written."""


class ControlPlaneUnavailable(PlatformError):
    """Kubernetes' own programs are not on this machine and cannot be built."""


class DeployFailed(PlatformError):
    """Synthesis or a deployment failed; the line names the resource and its reason where CloudFormation gave one."""


class WrongSwitch(PlatformError):
    """The partner or the mail server cannot behave as it was told to; the line names the field."""
