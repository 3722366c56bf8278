"""What became of a container, in Kubernetes' terms."""

import datetime as dt
from dataclasses import dataclass

__all__ = ["ContainerRecord", "Running", "State", "Terminated", "Waiting", "timestamp"]

_SIGNALED = 128


@dataclass(frozen=True, slots=True)
class Waiting:
    """It does not run now, and why."""

    reason: str
    message: str = ""


@dataclass(frozen=True, slots=True)
class Running:
    """It runs since then (seconds since the epoch)."""

    since: float


@dataclass(frozen=True, slots=True)
class Terminated:
    """It has ended.

    Attributes:
        exit_code: its own, 128 + n when signal n ended it.
        since: when it started, seconds since the epoch.
        until: when it ended.
        reason: Kubernetes' word; by default what follows from the exit code.
        message: more about it.
    """

    exit_code: int
    since: float
    until: float
    reason: str = ""
    message: str = ""

    @property
    def word(self) -> str:
        """The reason that is shown."""
        return self.reason or ("Error" if self.exit_code else "Completed")


State = Waiting | Running | Terminated


@dataclass(slots=True)
class ContainerRecord:
    """One container of a pod, from the kubelet's view.

    Attributes:
        name: in the pod.
        image: as the pod names it.
        state: now.
        last: how it ended the time before.
        restarts: how often it was started again.
        ready: its readiness probe says so, or it has none and has started.
        started: its startup probe has succeeded, or it has none and has started.
        run: identifies the run that goes on or was last; empty before the first.
    """

    name: str
    image: str
    state: State = Waiting("PodInitializing")
    last: Terminated | None = None
    restarts: int = 0
    ready: bool = False
    started: bool = False
    run: str = ""

    @property
    def succeeded(self) -> bool:
        """Whether it has ended well."""
        return isinstance(self.state, Terminated) and self.state.exit_code == 0

    @property
    def failed(self) -> bool:
        """Whether it has ended badly."""
        return isinstance(self.state, Terminated) and self.state.exit_code != 0


def timestamp(seconds: float) -> dt.datetime:
    """Return a moment as Kubernetes has it, without fractions."""
    return dt.datetime.fromtimestamp(int(seconds), dt.UTC)
