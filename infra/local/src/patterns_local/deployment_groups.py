"""Patterns in the groups in which they can be deployed: those that need no Kubernetes do not wait for its build."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import Future
from contextlib import contextmanager
from pathlib import Path

from patterns_deploy.folder import LocalFolder
from patterns_deploy.progress import Progress, Timings
from patterns_deploy.runner import Runner
from patterns_infra.registry import Pattern
from patterns_local.chosen_cluster import ChosenCluster, read_chosen
from patterns_local.control_plane.programs import prepare_programs, programs_are_ready
from patterns_local.platform import LOCAL_STAGE, Platform

__all__ = ["deployment_groups", "start_in_groups"]

_END_SECONDS = 5.0


@contextmanager
def deployment_groups(
    chosen: Sequence[Pattern],
    folder: LocalFolder,
    report: Progress,
    *,
    stage: str = LOCAL_STAGE,
    cluster: ChosenCluster | None = None,
) -> Iterator[Iterator[Sequence[Pattern]]]:
    """Give all patterns as one group, or as two where Kubernetes must be built before the second.

    The build runs beside the block from its beginning, at a lower priority, and ends with it. Taking the second group
    waits for it.

    Args:
        chosen: which patterns, in the order of their deployment.
        folder: the platform's files.
        report: shows the build's progress.
        stage: the deployment's name.
        cluster: of the user's own, which needs no build; else the remembered one counts.

    Raises:
        ControlPlaneUnavailable: taking the second group, when the programs could not be built.
    """
    first = tuple(pattern for pattern in chosen if not pattern.kubernetes)
    second = tuple(pattern for pattern in chosen if pattern.kubernetes)
    if not (first and second) or cluster or read_chosen(folder, stage) or programs_are_ready(folder):
        yield iter([chosen])
        return
    folder.prepare()
    runner = Runner(folder.kubernetes_logs / "build.log")
    built: Future[Path] = Future()
    # Nobody waits for this thread where the command ends: it may be waiting for the build of another checkout.
    building = threading.Thread(target=_build, args=(built, folder, runner, report), daemon=True)
    building.start()
    try:
        yield _groups(first, second, built, report)
    finally:
        runner.end_all()
        building.join(_END_SECONDS)


def start_in_groups(
    chosen: Sequence[Pattern],
    report: Progress,
    *,
    folder: LocalFolder | None = None,
    stage: str = LOCAL_STAGE,
    port: int | None = None,
    cluster: ChosenCluster | None = None,
    settings: Mapping[str, str] | None = None,
) -> Platform:
    """Bring the platform up with the patterns, group by group, and leave it running; see `Platform.start`.

    Raises:
        PlatformError: a group could not be deployed; those before it stay.
    """
    folder = folder or LocalFolder.default()
    platform: Platform | None = None
    timings: dict[str, float] = {}
    with deployment_groups(chosen, folder, report, stage=stage, cluster=cluster) as groups:
        for group in groups:
            if platform:
                # Ended by another command meanwhile, it is not started again for the rest.
                Platform.require(stage=stage, folder=folder)
            platform = Platform.start(
                [pattern.name for pattern in group],
                detach=True,
                report=report,
                stage=stage,
                port=port,
                folder=folder,
                cluster=cluster,
                settings=settings,
            )
            total = timings.get("total", 0.0) + platform.timings.get("total", 0.0)
            timings = {**timings, **platform.timings, "total": total}
    if platform is None:
        raise ValueError("no pattern was chosen")
    platform.timings = timings
    return platform


def _build(built: "Future[Path]", folder: LocalFolder, runner: Runner, report: Progress) -> None:
    try:
        built.set_result(prepare_programs(folder, runner, Timings(report)))
    except BaseException as error:  # noqa: BLE001 - raised where the result is taken
        built.set_exception(error)


def _groups(
    first: Sequence[Pattern], second: Sequence[Pattern], built: "Future[Path]", report: Progress
) -> Iterator[Sequence[Pattern]]:
    yield first
    if not built.done():
        report.say(f"{_names(first)}: deployed; {_names(second)}: waits until Kubernetes is built")
    built.result()
    yield second


def _names(patterns: Sequence[Pattern]) -> str:
    return ", ".join(pattern.name for pattern in patterns)
