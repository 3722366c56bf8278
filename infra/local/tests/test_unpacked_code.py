"""The correction that unpacks a function's code once is still needed, and works."""

import concurrent.futures
import json
from typing import Any

import pytest

# The fixtures' class, which importlib's mode keeps out of reach as an import.
Emulator = Any

pytestmark = pytest.mark.integration

HANDLER = """
import os, time

def handler(event, context):
    time.sleep(event["seconds"])
    return [os.getpid(), os.path.realpath(os.environ["LAMBDA_TASK_ROOT"]), %r]
"""


def _environments(emulator: Emulator, name: str, requests: int) -> list[tuple[int, str, str]]:
    """Return process, folder and text of each answer to requests that come at once."""
    client = emulator.client("lambda")

    def invoke(_: int) -> tuple[int, str, str]:
        answer = client.invoke(FunctionName=name, Payload=json.dumps({"seconds": 1}))["Payload"]
        pid, folder, text = json.loads(answer.read())
        return pid, folder, text

    with concurrent.futures.ThreadPoolExecutor(requests) as pool:
        return list(pool.map(invoke, range(requests)))


def test_environments_share_code_that_is_unpacked_once(corrected: Emulator, uncorrected: Emulator) -> None:
    """The emulator unpacks it for each environment, which takes long while it has requests to answer."""
    for emulator in (corrected, uncorrected):
        emulator.function("shared", HANDLER % "first", Timeout=30)
    one = _environments(corrected, "shared", 3)
    assert len({pid for pid, _, _ in one}) == 3
    assert len({folder for _, folder, _ in one}) == 1
    assert len({folder for _, folder, _ in _environments(uncorrected, "shared", 3)}) == 3


def test_new_code_is_not_mixed_with_the_old(corrected: Emulator) -> None:
    """A function of other code has a folder of its own."""
    corrected.function("old", HANDLER % "old", Timeout=30)
    corrected.function("new", HANDLER % "new", Timeout=30)
    [(_, old_folder, old)], [(_, new_folder, new)] = (_environments(corrected, name, 1) for name in ("old", "new"))
    assert (old, new) == ("old", "new")
    assert old_folder != new_folder
