"""What stops a task, and what is known of a stopped one.

On AWS StopTask answers at once with a desired status of STOPPED; every container gets SIGTERM, and SIGKILL after its
``stopTimeout`` (30 seconds when it has none); then the task is STOPPED, with the exit codes that its containers ended
with. When an essential container ends, the others are stopped in the same way.
https://docs.aws.amazon.com/AmazonECS/latest/APIReference/API_StopTask.html

The emulator says STOPPED with exit code 0 at once, waits 5 seconds at most, and leaves the other containers running. It
also has other words than AWS for why a task stopped, which programs read.

Corrected. Ended containers are left where they are, so that what they printed last still reaches the log.
"""

import threading
from contextvars import ContextVar
from functools import partial
from typing import Any

from ministack.core.concurrency import resource_lock, spawn_background
from ministack.core.responses import json_response
from ministack.services import ecs, ecs_metadata

__all__ = ["correct", "stop_task"]

Task = dict[str, Any]

_DEFAULT_SECONDS = 30
_WORDS = {"Essential container exited": "Essential container in task exited"}
_ending: ContextVar[Task | None] = ContextVar("ending", default=None)
_is_active = ecs._task_is_active
_answer_stop = ecs._stop_task


def correct() -> None:
    """Stop in AWS's way and words."""
    ecs._task_is_active = _is_active_or_ending
    ecs._stop_task = ecs._ACTION_MAP["StopTask"] = _stop
    ecs._cleanup_task_resources = partial(_clean_up, ecs._cleanup_task_resources)
    ecs._mark_task_stopped = partial(_mark_stopped, ecs._mark_task_stopped)


def stop_task(task: Task, reason: str, code: str) -> None:
    """Begin to stop a task; nothing happens when it is stopping already."""
    with resource_lock("ecs-task", task["taskArn"]):
        if not _is_active(task["taskArn"], task):
            return
        ecs._bump_task_version(task)
        task["desiredStatus"] = "STOPPED"
        task["stoppingAt"] = ecs._iso()
    ecs_metadata.set_task_status(task["taskArn"], desired_status="STOPPED")
    spawn_background(_end, task, reason, code, thread_name="patterns-ecs-stop")


def _stop(request: dict[str, Any]) -> Any:
    cluster = ecs._resolve_cluster_name(request.get("cluster", "default"))
    task = ecs._resolve_task(request.get("task", ""), cluster) if cluster else None
    if not task or task["lastStatus"] == "STOPPED":
        return _answer_stop(request)
    stop_task(task, request.get("reason") or "Task stopped by user", "UserInitiated")
    return json_response({"task": ecs._sanitize(task)})


def _end(task: Task, reason: str, code: str) -> None:
    _stop_containers(task, _container_ids(task))
    token = _ending.set(task)
    try:
        ecs._mark_task_stopped(task["taskArn"], task, reason, code)
    finally:
        _ending.reset(token)


def _is_active_or_ending(task_arn: str, task: Task) -> bool:
    """Let the one who ends a task mark it; for all others it is not active any more."""
    if _ending.get() is task:
        return bool(task["lastStatus"] != "STOPPED")
    return bool(_is_active(task_arn, task))


def _container_ids(task: Task) -> list[str]:
    with resource_lock("ecs-task", task["taskArn"]):
        return list(task.get("_docker_ids") or [])


def _stop_containers(task: Task, ids: list[str]) -> None:
    """Stop what runs, all at once, and keep the exit codes."""
    threads = [threading.Thread(target=_stop_container, args=(task, *each)) for each in enumerate(ids)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _stop_container(task: Task, index: int, container_id: str) -> None:
    definition = ecs._task_defs[ecs._resolve_td_key(task["taskDefinitionArn"])]["containerDefinitions"][index]
    container = ecs._get_docker().containers.get(container_id)
    if container.status == "running":
        container.stop(timeout=int(definition.get("stopTimeout") or _DEFAULT_SECONDS))
        container.reload()
    with resource_lock("ecs-task", task["taskArn"]):
        task["containers"][index]["exitCode"] = container.attrs["State"]["ExitCode"]


def _clean_up(original: Any, task: Task, engine: Any, *more: Any) -> None:
    """Stop the others when an essential container has ended; the emulator forgets them."""
    if engine is None:
        # Not here: the one who asks may be a client's request.
        spawn_background(_stop_containers, task, _container_ids(task), thread_name="patterns-ecs-stop-others")
    original(task, engine, *more)


def _mark_stopped(original: Any, task_arn: str, task: Task, reason: str, code: str, **_: Any) -> Any:
    """Mark a task, without the exit code that the emulator gives to a container that did not end by itself."""
    return original(task_arn, task, _WORDS.get(reason, reason), code)
