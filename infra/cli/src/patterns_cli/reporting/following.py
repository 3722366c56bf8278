"""Following an execution to its end."""

import time

from patterns_cli.reporting.execution import Ended, Execution
from patterns_cli.reporting.story import Story
from patterns_deploy.progress import Progress
from patterns_infra.settings import Target

__all__ = ["follow", "pause_for"]


def pause_for(target: Target) -> float:
    """Return the seconds between two looks: AWS limits how often a history is read, in all of an account."""
    return 2.0 if target is Target.AWS else 0.25


def follow(execution: Execution, progress: Progress, *, pause: float, seconds: float | None = None) -> Ended:
    """Show what happens until the execution has ended, or for so many seconds; return how it is then."""
    story, deadline = Story(progress), None if seconds is None else time.monotonic() + seconds
    while True:
        # In this order: nothing happens after the end, so that the last look at the history sees all of it.
        found = execution.look()
        for event in execution.new_events():
            story.take(event)
        if not found.running or (deadline is not None and time.monotonic() >= deadline):
            story.close()
            return found
        time.sleep(pause)
