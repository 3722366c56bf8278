"""Asking a subject for orders, in its own process: each mode gives lines of JSON."""

import json
import os
import sys
import time
from collections.abc import Callable, Iterator
from typing import Any, TypeAlias

from benchmarks.order_event import BAD_BODIES, GOOD_BODY, LambdaContext, order_event
from benchmarks.stubbed_dynamodb import stub

__all__ = ["check", "cold", "warm"]

Handler: TypeAlias = Callable[[dict[str, Any], LambdaContext], dict[str, Any]]


def cold(handler: Handler, started: str) -> Iterator[str]:
    """Ask once: milliseconds since ``started`` on the monotonic clock, and of processor time, up to the answer."""
    stub()
    answer = handler(order_event(GOOD_BODY, key="cold"), LambdaContext())
    wall, processor = time.monotonic() - float(started), time.process_time()
    yield json.dumps({"status": answer["statusCode"], "wall": wall * 1000, "processor": processor * 1000})


def warm(handler: Handler, requests: str) -> Iterator[str]:
    """Ask ``requests`` times for each line on standard input: seconds by the clock, and of processor time."""
    stub()
    for turn, _ in enumerate(sys.stdin):
        events = [order_event(GOOD_BODY, key=f"warm-{turn}-{number}") for number in range(int(requests))]
        wall, processor = time.perf_counter(), time.process_time()
        for number, event in enumerate(events):
            # Lambda's runtime sets it for each event, and X-Ray's recorder goes by it.
            os.environ["_X_AMZN_TRACE_ID"] = (
                f"Root=1-67d0c6e0-{turn:012x}{number:012x};Parent=53995c3f42cd8ad8;Sampled=1"
            )
            answer = handler(event, LambdaContext())
            assert answer["statusCode"] == 201
        yield json.dumps({"wall": time.perf_counter() - wall, "processor": time.process_time() - processor})


def check(handler: Handler) -> Iterator[str]:
    """Ask for a good order and for every bad one: the answer, and the statuses by what is wrong."""
    stub()
    good = handler(order_event(GOOD_BODY, key="good"), LambdaContext())
    bad = {
        what: handler(order_event(body, key=f"bad-{number}"), LambdaContext())["statusCode"]
        for number, (what, body) in enumerate(BAD_BODIES.items())
    }
    yield json.dumps({"good": good, "bad": bad})
