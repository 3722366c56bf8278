"""How many environments of one function run at once.

AWS gives every concurrent request an environment of its own, on its own machines. The emulator does the same on this
machine: a burst of 60 requests starts 60 interpreters at once, and on two cores all of them are still importing half
a minute later.

Corrected: a function has a few environments, as many as this machine can start quickly, and further requests wait for
one to be free. Concurrency limits are checked before that and refuse as they do on AWS.
"""

import os
import threading
from typing import Any

from ministack.core import lambda_runtime
from ministack.services import lambda_svc

__all__ = ["correct"]

LIMIT = max(4, 2 * (os.cpu_count() or 1))
# A function that invokes itself would wait for itself: after this long it gets one more environment.
_LONGEST_WAIT = 20.0

_acquire = lambda_svc.acquire_worker
_release = lambda_svc.release_worker
_freed = threading.Condition()


def correct() -> None:
    """Wait for an environment where the emulator would start one more."""
    lambda_svc.acquire_worker = _acquire_or_wait
    lambda_svc.release_worker = _release_and_tell


def _acquire_or_wait(func_name: str, config: Any, code_zip: bytes, qualifier: str = "$LATEST", **more: Any) -> Any:
    key = lambda_runtime._worker_key(func_name, config, qualifier)
    with _freed:
        _freed.wait_for(lambda: _busy(key) < LIMIT, timeout=_LONGEST_WAIT)
        return _acquire(func_name, config, code_zip, qualifier=qualifier, **more)


def _release_and_tell(worker: Any) -> None:
    _release(worker)
    with _freed:
        _freed.notify_all()


def _busy(key: str) -> int:
    with lambda_runtime._lock:
        return sum(worker.in_use for worker in lambda_runtime._workers.get(key, ()))
