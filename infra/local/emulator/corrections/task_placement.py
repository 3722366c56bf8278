"""How many tasks run at once.

AWS places every task on machines of its own. The emulator starts all of them at once on this one: twenty tasks that ask
for a processor each would share two, and use memory that is not there.

Corrected: a task is placed while the processors and the memory that the running ones ask for leave room for it, in the
order of their arrival; until then it is PENDING, as a task on AWS is that waits for capacity. Processors are counted
twice, since tasks also wait; of the memory a quarter is left to everybody else. A task that asks for more than there is
runs alone.
"""

import contextlib
import os
import threading
from functools import partial
from pathlib import Path
from typing import Any

from ministack.services import ecs

__all__ = ["correct"]

Task = dict[str, Any]

_OVERCOMMIT = 2
_SHARE_OF_MEMORY = 0.75
_LIMIT_OF_CONTAINER = Path("/sys/fs/cgroup/memory.max")
# Who changes a task's state does not always tell us: look again after so many seconds.
_LOOK_AGAIN = 0.5
_changed = threading.Condition()
_waiting: list[Task] = []


def correct() -> None:
    """Let a task wait for its place before its image is pulled."""
    ecs._mark_task_activating = partial(_activate_when_placed, ecs._mark_task_activating)
    ecs._mark_task_stopped = partial(_stop_and_tell, ecs._mark_task_stopped)


def _activate_when_placed(original: Any, task_arn: str, task: Task) -> Any:
    with _changed:
        _waiting.append(task)
        try:
            while ecs._task_is_active(task_arn, task) and not (_waiting[0] is task and _fits(task)):
                _changed.wait(_LOOK_AGAIN)
            return original(task_arn, task)
        finally:
            _waiting.remove(task)
            _changed.notify_all()


def _stop_and_tell(original: Any, *given: Any, **more: Any) -> Any:
    stopped = original(*given, **more)
    with _changed:
        _changed.notify_all()
    return stopped


def _fits(task: Task) -> bool:
    placed = [each for _, each in ecs._tasks.all_items() if each["lastStatus"] in {"ACTIVATING", "RUNNING"}]
    return not placed or all(
        sum(_number(each.get(what)) for each in [*placed, task]) <= there for what, there in _machine().items()
    )


def _machine() -> dict[str, float]:
    """Return what can be given to tasks, in their units: 1024 for a processor, MiB."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    with contextlib.suppress(OSError, ValueError):  # no such limit
        memory = min(memory, int(_LIMIT_OF_CONTAINER.read_text()))
    return {"cpu": 1024 * _OVERCOMMIT * (os.cpu_count() or 1), "memory": memory / 2**20 * _SHARE_OF_MEMORY}


def _number(value: Any) -> int:
    text = str(value or "")
    return int(text) if text.isdigit() else 0
