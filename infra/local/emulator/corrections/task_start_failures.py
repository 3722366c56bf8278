"""Why a task could not be started: ``stoppedReason``.

AWS begins it with the name of an error, which programs and people look for: ``CannotPullContainerError`` for an image
that is not there, ``CannotStartContainerError`` for a command that is not there. The emulator calls both a
ResourceInitializationError and quotes Docker's client.
https://docs.aws.amazon.com/AmazonECS/latest/developerguide/stopped-task-error-codes.html
"""

from functools import partial
from typing import Any

from ministack.services import ecs

__all__ = ["correct"]

_CANNOT_START = "CannotStartContainerError: "


class _CannotStart(Exception):
    """The engine refused to start the container."""


def correct() -> None:
    """Name the error."""
    ecs._run_docker_container = partial(_run, ecs._run_docker_container)
    ecs._fail_task_start = partial(_fail, ecs._fail_task_start)


def _run(original: Any, *given: Any, **settings: Any) -> Any:
    from docker.errors import APIError, NotFound  # noqa: PLC0415 - only where tasks run

    try:
        return original(*given, **settings)
    except NotFound as error:
        raise ecs._ImagePullError(error.explanation) from error
    except APIError as error:
        raise _CannotStart(_CANNOT_START + str(error.explanation)) from error


def _fail(original: Any, task: Any, engine: Any, reason: str) -> None:
    _, found, rest = reason.partition(_CANNOT_START)
    original(task, engine, found + rest if found else reason)
