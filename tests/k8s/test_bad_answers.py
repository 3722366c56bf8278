"""An API server that refuses, throttles, conflicts or forgets: the operator asks again, with pauses."""

import time
from collections.abc import Callable

import pytest
from tests.fault_table import FaultTable
from tests.faulty_api_server import Asked, Fault, FaultyApiServer, Refusal, pass_on
from tests.operator_trials import Trial
from tests.operators import Operators, measured

pytestmark = pytest.mark.faults

_CALLS_A_SECOND = 60.0
"""More than that for each second of a fault is a hot loop: six OrderProcessors have about fifty children and states."""


def conflict_once() -> Fault:
    """Refuse the first change of every object, as after a concurrent one."""
    seen: set[Asked] = set()

    def fault(asked: Asked) -> Refusal | None:
        if not asked.writes or "kopfpeerings" in asked.path or asked in seen:
            return None
        seen.add(asked)
        return Refusal(409, "Conflict")

    return fault


def refuse(status: int, reason: str, *, writes_only: bool = False, retry_after: str = "") -> Callable[[], Fault]:
    """Refuse everything, or every change."""
    refusal = Refusal(status, reason, {"Retry-After": retry_after} if retry_after else {})
    return lambda: lambda asked: refusal if asked.writes or not writes_only else None


def expire_new_watches() -> Fault:
    """End every new watch at once: it is too old."""
    return lambda asked: Refusal(410, "Expired", in_stream=True) if asked.verb == "WATCH" else None


FAULTS = {
    "409 for the first change of every object": (conflict_once, 10.0),
    "410 at once for every watch": (expire_new_watches, 10.0),
    "429 for everything, come back in 1 s": (refuse(429, "TooManyRequests", retry_after="1"), 15.0),
    "500 for every change": (refuse(500, "InternalError", writes_only=True), 15.0),
    "500 for everything": (refuse(500, "InternalError"), 30.0),
    "503 for everything": (refuse(503, "ServiceUnavailable"), 30.0),
    "403 for every change": (refuse(403, "Forbidden", writes_only=True), 10.0),
}


@pytest.mark.parametrize("name", FAULTS)
def test_the_api_server_answers_badly(
    name: str,
    operators: Operators,
    api_server: FaultyApiServer,
    trial: Trial,
    operator_faults: FaultTable,
) -> None:
    """While it does the operator asks again, with pauses; afterwards it goes on where it was."""
    make_fault, seconds = FAULTS[name]
    with operators.running(server=api_server.url) as operator:
        trial.declare()
        trial.wait_converged()
        asked, api_server.refused = len(api_server.asked), 0
        with measured(operator) as share:
            api_server.fault = make_fault()
            api_server.expire_watches()
            trial.disturb()
            time.sleep(seconds)
            api_server.fault = pass_on
        asked = len(api_server.asked) - asked
        assert api_server.refused
        assert asked < _CALLS_A_SECOND * seconds, f"{asked} requests within {seconds:g} s"
        ended = time.monotonic()
        trial.wait_converged()
        took = time.monotonic() - ended
        operator_faults.add(
            name,
            meanwhile=f"for {seconds:g} s: changes, damage, one more, one less",
            API_calls=f"{asked}, {api_server.refused} refused",
            processor=share(),
            converged_in=f"{took:.1f} s afterwards",
            told_twice=f"{trial.wait_told()} of {trial.sent}",
            at_rest=trial.rest(),
        )


def test_every_watch_is_too_old(
    operators: Operators,
    api_server: FaultyApiServer,
    trial: Trial,
    operator_faults: FaultTable,
) -> None:
    """410 in the middle of the streams, three times: what happened in between is found by listing again."""
    with operators.running(server=api_server.url) as operator:
        trial.declare()
        trial.wait_converged()
        began, asked = time.monotonic(), len(api_server.asked)
        with measured(operator) as share:
            for _ in range(3):
                trial.disturb()
                assert api_server.expire_watches() >= 6
                time.sleep(1)
        trial.wait_converged()
        row = trial.row(began, len(api_server.asked) - asked)
        operator_faults.add("410 in every watch", meanwhile="3 times, with changes", processor=share(), **row)
