"""Map and Parallel: their branches, and what is known of them.

When a branch fails, AWS stops the others, the state fails at once, and the history tells of each (MapIterationFailed,
MapIterationAborted and so on) and of every state inside. A Parallel state in JSONata has Arguments, Output and Assign.
The emulator waits for all branches, tells nothing of what is inside, and ignores those three.

Corrected for inline maps; of a distributed map, whose items are executions of their own, in `workflow_map_runs`.
"""

import copy
from collections.abc import Callable, Sequence
from concurrent.futures import FIRST_EXCEPTION, Future, ThreadPoolExecutor, wait
from contextvars import copy_context
from functools import partial
from typing import Any

from ministack.core.responses import now_iso
from ministack.services import stepfunctions as sfn

from corrections.workflow_history import begin_branch
from corrections.workflow_stops import Scope, Stopped, current, in_scope

__all__ = ["correct"]

State = dict[str, Any]
Context = dict[str, Any]
Branch = Callable[[], Any]

_LAST_WORDS_SECONDS = 1.0


def correct() -> None:
    """Put these in the place of the emulator's."""
    sfn._run_sub_machine = _walk
    sfn._run_map_items = partial(_map, sfn._run_map_items)
    sfn._run_parallel_branches = _parallel


def _walk(states: dict[str, State], start_at: str, given: Any, execution: Any, ctx: Context) -> Any:
    """Go through the states of a branch, and tell of each."""
    name, data = start_at, copy.deepcopy(given)
    while name:
        current.get().sleep(0)
        state = states.get(name)
        if not state:
            raise sfn._ExecutionError("States.Runtime", f"State '{name}' not found")
        kind = state.get("Type", "")
        ctx["State"] = {"Name": name, "EnteredTime": now_iso(), "RetryCount": 0}
        _tell(execution, f"{kind}StateEntered", "stateEntered", name=name, input=sfn.json.dumps(data))
        data, following = _enter(state, kind, data, execution, ctx)
        _tell(execution, f"{kind}StateExited", "stateExited", name=name, output=sfn.json.dumps(data))
        name = following
    return data


def _enter(state: State, kind: str, data: Any, execution: Any, ctx: Context) -> Any:
    """Do one state; its output and the next one's name."""
    if kind == "Succeed":
        return sfn._apply_output_path(state, sfn._apply_input_path(state, data, ctx), ctx), None
    if kind == "Fail":
        raise sfn._ExecutionError(*sfn._fail_state_error(state, data, ctx))
    handler = getattr(sfn, f"_execute_{kind.lower()}", None)
    if handler is None:
        raise sfn._ExecutionError("States.Runtime", f"Unknown state type: {kind}")
    if kind in {"Task", "Parallel", "Map"}:
        return handler(state, data, execution, ctx)
    return handler(state, data, ctx)


def _map(original: Any, state: State, raw_input: Any, execution: Any, ctx: Context) -> Any:
    iterator = state.get("Iterator") or state.get("ItemProcessor", {})
    if (iterator.get("ProcessorConfig") or {}).get("Mode") == "DISTRIBUTED":
        return original(state, raw_input, execution, ctx)
    effective = sfn._apply_input_path(state, raw_input, ctx)
    jsonata = sfn._state_query_language(state, ctx) == "JSONata"
    if jsonata and "Items" in state:
        items = sfn._jsonata_state_field(state, "Items", "array", raw_input, ctx)
    else:
        items = sfn._resolve_path_or_ctx(state.get("ItemsPath", "$"), effective, ctx)
    items = items if isinstance(items, list) else [items]
    limit = state.get("MaxConcurrency", 0)
    if jsonata and "MaxConcurrency" in state:
        limit = sfn._jsonata_state_field(state, "MaxConcurrency", "number", raw_input, ctx)

    name = ctx["State"]["Name"]

    def iterate(index: int, item: Any) -> Any:
        inner = copy.deepcopy(ctx)
        inner["Map"] = {"Item": {"Index": index, "Value": item}}
        selector = state.get("ItemSelector") or state.get("Parameters")
        if not selector:
            selected = item
        elif jsonata:
            selected = sfn._apply_jsonata_template(selector, raw_input, inner)
        else:
            selected = sfn._resolve_params_obj(selector, effective, inner)
        return _iteration(execution, name, index, lambda: run(selected, inner))

    def run(selected: Any, inner: Context) -> Any:
        return _walk(iterator.get("States", {}), iterator.get("StartAt"), selected, execution, inner)

    _tell(execution, "MapStateStarted", "mapStateStarted", length=len(items))
    branches = [partial(iterate, index, item) for index, item in enumerate(items)]
    results = _all_or_none(execution, "Map", branches, int(limit) or len(items))
    return _leave(state, raw_input, ctx, results)


def _iteration(execution: Any, name: str, index: int, run: Branch) -> Any:
    """Run one iteration, and tell how it began and ended."""
    about = {"name": name, "index": index}
    _tell(execution, "MapIterationStarted", "mapIterationStarted", **about)
    try:
        result = run()
    except Stopped:
        _tell(execution, "MapIterationAborted", "mapIterationAborted", **about)
        raise
    except BaseException:
        _tell(execution, "MapIterationFailed", "mapIterationFailed", **about)
        raise
    _tell(execution, "MapIterationSucceeded", "mapIterationSucceeded", **about)
    return result


def _parallel(state: State, raw_input: Any, execution: Any, ctx: Context) -> Any:
    if sfn._state_query_language(state, ctx) == "JSONata":
        effective = sfn._apply_jsonata_arguments(state, raw_input, ctx)
    else:
        effective = sfn._apply_parameters(state, sfn._apply_input_path(state, raw_input, ctx), ctx)

    def run(branch: State) -> Any:
        return _walk(branch.get("States", {}), branch.get("StartAt"), effective, execution, copy.deepcopy(ctx))

    _tell(execution, "ParallelStateStarted")
    branches = [partial(run, branch) for branch in state.get("Branches", [])]
    return _leave(state, raw_input, ctx, _all_or_none(execution, "Parallel", branches, len(branches)))


def _leave(state: State, raw_input: Any, ctx: Context, results: list[Any]) -> Any:
    if sfn._state_query_language(state, ctx) == "JSONata":
        output = sfn._apply_jsonata_output(state, raw_input, ctx, result=results, default=results)
        sfn._apply_state_assign(state, raw_input, ctx, result=results)
        return output, sfn._next_or_end(state)
    selected = sfn._apply_result_selector(state, results)
    output = sfn._apply_output_path(state, sfn._apply_result_path(state, raw_input, selected), ctx)
    return output, sfn._next_or_end(state)


def _all_or_none(execution: Any, kind: str, branches: Sequence[Branch], limit: int) -> list[Any]:
    """Run the branches, so many at once; the first failure stops the others and is raised."""
    scope = Scope(current.get())
    pool = ThreadPoolExecutor(max(1, limit))
    futures = [pool.submit(copy_context().run, _in, scope, branch) for branch in branches]
    done, _ = wait(futures, return_when=FIRST_EXCEPTION)
    failure = _failure(futures, done)
    if failure is None:
        pool.shutdown()
        _tell(execution, f"{kind}StateSucceeded")
        return [future.result() for future in futures]
    pool.shutdown(wait=False, cancel_futures=True)
    scope.stop()
    # Those that can be stopped are told of before the state's own failure; a function that runs on is not waited for.
    wait([future for future in futures if not future.cancelled()], timeout=_LAST_WORDS_SECONDS)
    if isinstance(failure, Stopped):
        raise failure
    _tell(execution, f"{kind}StateFailed")
    if isinstance(failure, sfn._ExecutionError):
        raise failure
    raise sfn._ExecutionError("States.BranchFailed", str(failure)) from failure


def _in(scope: Scope, branch: Branch) -> Any:
    begin_branch()
    with in_scope(scope):
        current.get().sleep(0)
        return branch()


def _failure(futures: Sequence["Future[Any]"], done: set["Future[Any]"]) -> BaseException | None:
    """Return the first branch's failure; being stopped is none beside another."""
    failures = [error for future in futures if future in done and (error := future.exception())]
    return next((error for error in failures if not isinstance(error, Stopped)), failures[0] if failures else None)


def _tell(execution: Any, event: str, details: str = "", **about: Any) -> None:
    sfn._add_event(execution, event, {f"{details}EventDetails": about} if details else None)
