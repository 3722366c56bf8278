"""The whole demo: a platform, every chosen pattern's scenario, a summary, and the platform is gone again."""

import asyncio
import signal
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import replace
from importlib import import_module
from typing import cast

from patterns_cli.demo import end_to_end
from patterns_cli.demo.checks import Checks, described
from patterns_cli.demo.guest import directions, keep_guest
from patterns_cli.demo.latencies import Latencies
from patterns_cli.demo.plan import LEAST_ORDERS
from patterns_cli.demo.report import print_report
from patterns_cli.demo.scene import Scenario, Scene
from patterns_deploy.errors import PlatformError
from patterns_deploy.folder import LocalFolder
from patterns_deploy.progress import Progress, progress_for
from patterns_infra.registry import Pattern, select
from patterns_local.chosen_cluster import operators_left
from patterns_local.deployment_groups import deployment_groups
from patterns_local.platform import Platform

__all__ = ["run"]


def run(patterns: Sequence[str], *, stay: bool, seed: int, orders: int) -> int:
    """Show the patterns working and return the exit code: 0 when everything was as expected, else 1.

    Args:
        patterns: names from the registry; none means all.
        stay: leave the platform up, and tell how to use it. One that was up before stays up anyway.
        seed: decides the orders.
        orders: how many to place, at least LEAST_ORDERS.

    Raises:
        PlatformError: the platform could not be started.
        UnknownPattern: for a name that is not in the registry.
        ValueError: too few orders.
    """
    chosen = select(",".join(patterns))
    if orders < LEAST_ORDERS:
        raise ValueError(f"the demo needs at least {LEAST_ORDERS} orders, not {orders}")
    checks, latencies, guest = Checks(), Latencies(), None
    outputs: Mapping[str, Mapping[str, str | None]] = {}
    left: list[str] = []
    with (
        _every_end_an_interrupt(),
        progress_for(sys.stderr) as progress,
        deployment_groups(chosen, LocalFolder.default(), progress) as groups,
        _platform(first := next(groups), stay=stay, progress=progress) as platform,
    ):
        began = time.perf_counter()
        whole = {pattern.name for pattern in chosen} >= end_to_end.NEEDS
        every_scene = Scene(
            stage=platform.stage,
            outputs={},
            client=platform.client,
            place=platform.place,
            mails=platform.mails,
            seed=seed,
            orders=orders,
            stay=stay,
            whole=whole,
            checks=checks,
            latencies=latencies,
            progress=progress,
            left=left,
        )
        for pattern in _in_turn(chosen, first, groups, progress, checks):
            # Both know more with each group: names of another pattern, and the cluster once Kubernetes is built.
            outputs, every_scene = platform.outputs(), replace(every_scene, place=platform.place)
            scene = replace(every_scene, outputs=_published(outputs, pattern))
            asyncio.run(_play(pattern.name, pattern.demo, scene))
            if scene.guest:
                guest = scene.guest
                keep_guest(platform.folder, guest, user_pool_id=scene.outputs["user_pool_id"])
        if outputs.keys() >= end_to_end.NEEDS and whole:
            of_all = {key: value for each in chosen for key, value in _published(outputs, each).items()}
            asyncio.run(_play("the whole shop", end_to_end.SCENARIO, replace(every_scene, outputs=of_all)))
        seconds = time.perf_counter() - began
    print_report(sys.stdout, checks, latencies, seconds=seconds)
    sys.stdout.writelines(f"{line}\n" for line in left)
    if stay:
        sys.stdout.write("\n".join(["", *directions(outputs, guest), ""]))
    return 0 if checks.passed else 1


def _in_turn(
    chosen: Sequence[Pattern],
    first: Sequence[Pattern],
    groups: Iterable[Sequence[Pattern]],
    progress: Progress,
    checks: Checks,
) -> Iterator[Pattern]:
    """Yield the patterns as they are deployed: those that wait for a build come last, or are not run without it."""
    yield from first
    try:
        for group in groups:
            Platform.start([each.name for each in group], report=progress)
            yield from group
    except PlatformError as error:
        progress.say(f"{error}\n{error.detail}".strip())
        for pattern in chosen:
            if pattern not in first:
                checks.not_run(f"the demo of {pattern.name}", described(error))


@contextmanager
def _platform(patterns: Sequence[Pattern], *, stay: bool, progress: Progress) -> Iterator[Platform]:
    """Give a platform with these patterns; what was not up before is ended, unless it shall stay."""
    with Platform.start([each.name for each in patterns], report=progress) as platform:
        yield platform
        if stay:
            platform.stay()
            return
    if Platform.current(folder=platform.folder) is None:
        for line in operators_left(platform.folder):
            progress.say(line)


@contextmanager
def _every_end_an_interrupt() -> Iterator[None]:
    """Clear up when this process is told to end or its terminal is closed, just as after Ctrl-C."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.getsignal(number) for number in (signal.SIGTERM, signal.SIGHUP)}
    try:
        for number in before:
            signal.signal(number, _interrupt)
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(*_: object) -> None:
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # A shell starts its background jobs so; whoever ends one by another signal still wants it cleared up.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    signal.raise_signal(signal.SIGINT)


async def _play(name: str, scenario: str, scene: Scene) -> None:
    """Run a scenario, ``module:function``; what breaks it off is a difference in the summary."""
    module, _, function = scenario.partition(":")
    if not module:
        scene.checks.not_run(f"the demo of {name}", "it has none yet")
        return
    play = cast("Scenario", getattr(import_module(module), function))
    try:
        await play(scene)
    except Exception as error:  # noqa: BLE001 - the summary shows it, and the exit code tells
        scene.checks.not_run(f"the demo of {name}", described(error))


def _published(outputs: Mapping[str, Mapping[str, str | None]], pattern: Pattern) -> dict[str, str]:
    return {key: value for key, value in outputs.get(pattern.name, {}).items() if value is not None}
