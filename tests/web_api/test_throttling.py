"""The gateway stops a flood before it costs a function call."""

import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest
from tests.invocations import InvocationCounter
from tests.problems import is_problem

pytestmark = pytest.mark.integration

BURST, RATE = 20, 10
"""What the stack allows ``GET /health``: at once, and a second."""


def test_what_is_over_a_methods_limit_gets_429_and_costs_no_call(
    api: httpx.Client, invocations: InvocationCounter
) -> None:
    """Of sixty requests at once a burst passes; the rest are 429 problems that say when to come back, uncalled."""
    before = invocations()
    started = time.monotonic()
    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lambda _: api.get("/health"), range(60)))
    took = time.monotonic() - started
    statuses = Counter(answer.status_code for answer in answers)
    assert set(statuses) == {200, 429}, statuses
    assert BURST <= statuses[200] <= BURST + RATE * (took + 1), (statuses, took)
    for answer in answers:
        if answer.status_code == 429:
            assert is_problem(answer, 429, "too-many-requests")
            assert int(answer.headers["retry-after"]) >= 1
    assert invocations() - before == statuses[200]
    assert api.get("/products").status_code == 200
    time.sleep(1)
    assert api.get("/health").status_code == 200
