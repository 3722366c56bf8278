"""When a state machine's work ends before it is done.

AWS ends an execution that is stopped, or that takes longer than its ``TimeoutSeconds`` (TIMED_OUT, without error and
cause), and a task that takes longer than its own (``States.Timeout`` with an empty cause); and what was under way for
it, say a task of ECS, is stopped. The emulator ignores the execution's limit, refuses a task's limit that is an
expression, and lets everything that is under way go on.

Corrected by a scope for each execution, each branch of it and each task with a limit: what waits, waits in its scope,
and is interrupted when the scope is stopped.
"""

import contextlib
import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from concurrent.futures import TimeoutError as TookTooLong
from contextvars import ContextVar, copy_context
from datetime import UTC, datetime
from functools import partial
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as sfn

__all__ = ["Scope", "Stopped", "correct", "current", "in_scope"]

Execution = dict[str, Any]


class Stopped(BaseException):
    """Nobody wants what is under way here any more; neither Retry nor Catch may see it."""


class Scope:
    """What can be stopped together: itself, and the scopes inside of it.

    Attributes:
        execution: the emulator's record of the execution that it belongs to.
    """

    def __init__(self, outer: "Scope | None" = None, execution: Execution | None = None) -> None:
        self.execution = outer.execution if outer and execution is None else execution
        self._stopped = threading.Event()
        self._inner: list[Scope] = []
        if outer is not None:
            outer._inner.append(self)
            if outer._stopped.is_set():
                self._stopped.set()

    def stop(self) -> None:
        """Interrupt what waits in here."""
        self._stopped.set()
        for scope in list(self._inner):
            scope.stop()

    def sleep(self, seconds: float) -> None:
        """Wait, or raise `Stopped` as soon as the scope is."""
        if self._stopped.wait(max(0.0, seconds)):
            raise Stopped


current: ContextVar[Scope] = ContextVar("scope", default=Scope())  # noqa: B039 - never stopped
_of_executions: dict[str, Scope] = {}


@contextlib.contextmanager
def in_scope(scope: Scope) -> Iterator[None]:
    """Have what runs here belong to a scope."""
    token = current.set(scope)
    try:
        yield
    finally:
        current.reset(token)


def correct() -> None:
    """Put scopes round executions and tasks, and wait in them."""
    sfn._scaled_sleep = lambda seconds: current.get().sleep(seconds * sfn._SFN_WAIT_SCALE)
    sfn._sleep_until = _sleep_until
    sfn._run_execution = partial(_run, sfn._run_execution)
    sfn._fail_execution = partial(_fail, sfn._fail_execution)
    sfn._stop_execution = partial(_stop, sfn._stop_execution)
    sfn._invoke_resource_with_timeout = _invoke
    sfn._execute_task = partial(_execute, sfn._execute_task)


def _sleep_until(moment: str) -> None:
    until = datetime.fromisoformat(moment)
    sfn._scaled_sleep((until - datetime.now(UTC)).total_seconds())


def _run(original: Callable[[str], None], arn: str) -> None:
    execution = sfn._executions.get(arn)
    scope = Scope(execution=execution)
    _of_executions[arn] = scope
    try:
        with _limited(execution, scope), in_scope(scope), contextlib.suppress(Stopped):
            original(arn)
    finally:
        _of_executions.pop(arn, None)


@contextlib.contextmanager
def _limited(execution: Execution | None, scope: Scope) -> Iterator[None]:
    """Time an execution out after its state machine's limit, where it has one."""
    seconds = _limit(execution)
    timer = threading.Timer(seconds, copy_context().run, (_time_out, execution, scope))
    timer.daemon = True
    if seconds:
        timer.start()
    try:
        yield
    finally:
        timer.cancel()


def _limit(execution: Execution | None) -> float:
    machine = sfn._state_machines.get(execution["stateMachineArn"]) if execution else None
    try:
        seconds = json.loads(machine["definition"]).get("TimeoutSeconds") if machine else None
    except ValueError:
        seconds = None
    return min(float(seconds or 0.0), threading.TIMEOUT_MAX)


def _time_out(execution: Execution, scope: Scope) -> None:
    if execution["status"] == "RUNNING":
        execution |= {"status": "TIMED_OUT", "stopDate": now_iso()}
        sfn._add_event(execution, "ExecutionTimedOut", {"executionTimedOutEventDetails": {}})
        sfn._emit_execution_status_event(execution)
    scope.stop()


def _fail(original: Callable[..., None], execution: Execution, *reason: str) -> None:
    """Leave an execution alone that was stopped meanwhile."""
    if execution["status"] == "RUNNING":
        original(execution, *reason)


def _stop(original: Callable[..., Any], request: Any) -> Any:
    answer = original(request)
    scope = _of_executions.get(request.get("executionArn"))
    if scope:
        scope.stop()
    return answer


def _execute(original: Callable[..., Any], state: dict[str, Any], raw_input: Any, *more: Any) -> Any:
    """Evaluate a limit that is an expression."""
    *_, ctx = more
    if isinstance(state.get("TimeoutSeconds"), str):
        seconds = sfn._jsonata_state_field(state, "TimeoutSeconds", "number", raw_input, ctx)
        state = {**state, "TimeoutSeconds": seconds}
    return original(state, raw_input, *more)


def _invoke(resource: str, request: Any, seconds: float) -> Any:
    """Do a task's work inside its limit, while its own scope can be stopped from outside."""
    scope = Scope(current.get())
    pool = ThreadPoolExecutor(1)
    future = pool.submit(copy_context().run, _invoke_in, scope, resource, request)
    pool.shutdown(wait=False)
    return _result(future, scope, time.monotonic() + float(seconds))


def _invoke_in(scope: Scope, resource: str, request: Any) -> Any:
    with in_scope(scope):
        return sfn._invoke_resource(resource, request)


def _result(future: "Future[Any]", scope: Scope, deadline: float) -> Any:
    try:
        return future.result(max(0.0, deadline - time.monotonic()))
    except TookTooLong:
        scope.stop()
        raise sfn._ExecutionError("States.Timeout", "") from None
