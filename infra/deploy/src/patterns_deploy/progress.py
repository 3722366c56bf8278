"""Showing what a command is at: live bars on a terminal, plain lines elsewhere, always on standard error."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Protocol, Self, TextIO

from patterns_deploy.node_cdk import ResourceEvent

if TYPE_CHECKING:
    from rich.progress import Progress as Bars
    from rich.progress import TaskID

__all__ = ["PlainProgress", "Progress", "ResourceCount", "RichProgress", "Silence", "Timings", "progress_for"]


class Progress(Protocol):
    """Is told what happens. Steps may overlap and are told of from several threads."""

    def begin(self, step: str, total: int | None) -> None:
        """A step begins; ``total`` is its size when it can be counted."""

    def advance(self, step: str, done: int, note: str) -> None:
        """``done`` of the step's total is done; the note names the part."""

    def end(self, step: str, seconds: float, note: str) -> None:
        """The step succeeded."""

    def fail(self, step: str) -> None:
        """The step failed; the error itself is shown by whoever catches it."""

    def say(self, line: str) -> None:
        """Something else the user should know now."""


class Silence:
    """Shows nothing."""

    def begin(self, step: str, total: int | None) -> None:
        """Show nothing."""

    def advance(self, step: str, done: int, note: str) -> None:
        """Show nothing."""

    def end(self, step: str, seconds: float, note: str) -> None:
        """Show nothing."""

    def fail(self, step: str) -> None:
        """Show nothing."""

    def say(self, line: str) -> None:
        """Show nothing."""


@dataclass(slots=True)
class PlainProgress:
    """One line when a step begins and one when it ends: for logs and pipes."""

    stream: TextIO = field(default_factory=lambda: sys.stderr)

    def begin(self, step: str, total: int | None) -> None:
        """Name the step and its size."""
        self.say(f"{step} …" if total is None else f"{step} (0/{total}) …")

    def advance(self, step: str, done: int, note: str) -> None:
        """Show nothing: a log has no use for every part."""

    def end(self, step: str, seconds: float, note: str) -> None:
        """Say how long it took."""
        self.say(f"{step}: done in {seconds:.1f} s{f', {note}' if note else ''}")

    def fail(self, step: str) -> None:
        """Name the step that failed."""
        self.say(f"{step}: failed")

    def say(self, line: str) -> None:
        """Write the line at once."""
        self.stream.write(line + "\n")
        self.stream.flush()


class RichProgress:
    """A bar or a spinner for every step, with its time and what it is at."""

    def __init__(self) -> None:
        """Draw from the first step on."""
        from rich.console import Console  # noqa: PLC0415 - rich is slow to import and not needed for --help
        from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn  # noqa: PLC0415

        console = Console(stderr=True)
        columns = (
            SpinnerColumn(finished_text="[green]✓"),
            TextColumn("{task.description}"),
            BarColumn(bar_width=24),
            TextColumn("{task.fields[count]}"),
            TimeElapsedColumn(),
            TextColumn("[dim]{task.fields[note]}"),
        )
        self._bars: Bars = Progress(*columns, console=console)
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Self:
        self._bars.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._bars.stop()

    def begin(self, step: str, total: int | None) -> None:
        """Add the step's bar."""
        count = "" if total is None else f"0/{total}"
        self._tasks[step] = self._bars.add_task(step, total=total, count=count, note="")

    def advance(self, step: str, done: int, note: str) -> None:
        """Move its bar."""
        task = self._tasks[step]
        total = self._bars.tasks[task].total
        count = f"{done}" if total is None else f"{min(done, int(total))}/{int(total)}"
        self._bars.update(task, completed=min(done, total or done), count=count, note=note[:60])

    def end(self, step: str, seconds: float, note: str) -> None:
        """Fill its bar."""
        del seconds  # the bar has its own clock
        task = self._tasks[step]
        total = self._bars.tasks[task].total or 1
        count = self._bars.tasks[task].fields["count"] and f"{int(total)}/{int(total)}"
        self._bars.update(task, total=total, completed=total, count=count, note=note)

    def fail(self, step: str) -> None:
        """Leave the bar where it stopped."""
        self._bars.update(self._tasks[step], description=f"[red]{step}", note="failed")
        self._bars.stop_task(self._tasks[step])

    def say(self, line: str) -> None:
        """Write a line above the bars."""
        self._bars.console.print(line, highlight=False, markup=False)


@contextmanager
def progress_for(stream: TextIO) -> Iterator[Progress]:
    """Give the display that fits: bars when a person is watching the stream."""
    if stream.isatty():
        with RichProgress() as live:
            yield live
    else:
        yield PlainProgress(stream)


@dataclass(slots=True)
class Timings:
    """How long each step took, in seconds, in the order in which they ended; steps may have overlapped."""

    report: Progress
    seconds: dict[str, float] = field(default_factory=dict)
    _began: float = field(default_factory=time.perf_counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @contextmanager
    def step(self, name: str, total: int | None = None) -> Iterator[Callable[[str], None]]:
        """Time and show one step; call what is yielded with a note for its end."""
        notes: list[str] = []
        self.report.begin(name, total)
        began = time.perf_counter()
        try:
            yield notes.append
        except BaseException:
            self.report.fail(name)
            raise
        took = time.perf_counter() - began
        with self._lock:
            self.seconds[name] = took
        self.report.end(name, took, ", ".join(notes))

    @property
    def elapsed(self) -> float:
        """Seconds since the first of it."""
        return time.perf_counter() - self._began


class ResourceCount:
    """Counts a deployment's resources as the CDK tells of them; its own count includes the stack itself."""

    def __init__(self, report: Progress, step: str) -> None:
        """Count for one step of the display."""
        self._report, self._step = report, step
        self._done: set[str] = set()

    def __call__(self, event: ResourceEvent) -> None:
        """Take one event of the deployment."""
        if event.kind == "AWS::CloudFormation::Stack":
            return
        if event.status.endswith("_COMPLETE"):
            self._done.add(event.name)
        self._report.advance(self._step, len(self._done), event.name)
