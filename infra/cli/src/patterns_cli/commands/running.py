"""`patterns up` and `patterns down`."""

import sys
from contextlib import suppress

from patterns_cli.commands.given_settings import local_settings
from patterns_cli.commands.shown import show_timings, show_urls
from patterns_deploy.errors import PlatformBusy
from patterns_deploy.folder import LocalFolder
from patterns_deploy.lock import exclusive
from patterns_deploy.progress import PlainProgress, progress_for
from patterns_infra.registry import select
from patterns_local.chosen_cluster import operators_left
from patterns_local.deployment_groups import start_in_groups
from patterns_local.platform import Platform
from patterns_local.state import end, read_state

__all__ = ["down", "up"]

_WAIT_FOR_OTHERS = 10.0


def up(patterns: list[str], *, timings: bool, port: int | None, settings: list[str]) -> None:
    """Bring the platform up with the patterns and leave it running."""
    chosen = select(",".join(patterns))
    given = local_settings(settings, chosen)
    with progress_for(sys.stderr) as report:
        platform = start_in_groups(chosen, report, port=port, settings=given)
    show_urls(platform.outputs(), platform.mails)
    if timings:
        show_timings(platform.timings)


def down() -> None:
    """End everything that `up` started and remove its state."""
    folder = LocalFolder.default()
    if not folder.root.is_dir():
        sys.stderr.write("nothing is running\n")
        return
    # A command that hangs is what somebody wants to end: wait for it only a little.
    with suppress(PlatformBusy), exclusive(folder.lock, seconds=_WAIT_FOR_OTHERS, waiting=PlainProgress().say):
        pass
    platform = Platform.current(folder=folder)
    known = read_state(folder)
    end(folder)
    for line in operators_left(folder):
        sys.stderr.write(f"{line}\n")
    if platform:
        sys.stderr.write("the local platform is down\n")
    else:
        sys.stderr.write("cleaned up after a platform that had ended\n" if known else "nothing is running\n")
