"""The detached process that owns the platform: ``python -m patterns_infra.local.supervisor``.

It starts the emulator, tells its starter, and then waits for the first of: the starter is gone without having
said "stay" (its lifeline closed), a SIGTERM from `patterns down`, or the end of the emulator. Whatever it is,
nothing that it started is left afterwards. When the supervisor itself is killed, its own lifeline to the
emulator closes, and the emulator's launcher kills its process group.
"""

import argparse
import contextlib
import dataclasses
import json
import os
import select
import selectors
import shutil
import signal
import sys
from pathlib import Path

from patterns_infra.local.emulator import Emulator
from patterns_infra.local.errors import PlatformError
from patterns_infra.local.folder import LocalFolder
from patterns_infra.local.processes import Process, end_group
from patterns_infra.local.state import PlatformState

__all__ = ["STAY", "main"]

STAY = b"stay"
"""What a starter writes to the lifeline when the platform shall outlive it."""


def main(arguments: list[str] | None = None) -> int:
    """Own one run of the platform, from its start to its end."""
    parser = argparse.ArgumentParser()
    for name in ("--root", "--python", "--region", "--account"):
        parser.add_argument(name, required=True)
    for name in ("--port", "--lifeline", "--report"):
        parser.add_argument(name, type=int, required=True)
    chosen = parser.parse_args(arguments)
    folder = LocalFolder(Path(chosen.root))
    wakeup = _wake_on_signals()
    emulator: Emulator | None = None
    try:
        emulator = Emulator(folder, Path(chosen.python), chosen.port)
        emulator.wait_ready(abandoned=lambda: bool(select.select([chosen.lifeline], [], [], 0.0)[0]))
        state = _state(emulator, chosen.region, chosen.account)
        state.write(folder)
        _report(chosen.report, error="", detail="")
        failure = _watch(emulator, chosen.lifeline, wakeup)
    except PlatformError as error:
        _report(chosen.report, error=str(error), detail=error.detail)
        return 1
    finally:
        if emulator is not None:
            end_group(emulator.process.pid, grace=0.0)
            emulator.process.wait()
        shutil.rmtree(folder.scratch, ignore_errors=True)
    if failure:
        # The file stays, so that the next command can say what happened.
        dataclasses.replace(state, failure=failure).write(folder)
        return 1
    for path in (folder.state, folder.deployed):
        path.unlink(missing_ok=True)
    return 0


def _wake_on_signals() -> int:
    """Turn the signals that matter into bytes on a pipe and return its reading end."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD):
        signal.signal(number, lambda *_: None)
    return reading


def _state(emulator: Emulator, region: str, account: str) -> PlatformState:
    supervisor, child = Process.of(os.getpid()), Process.of(emulator.process.pid)
    if supervisor is None or child is None:
        raise PlatformError("the emulator ended while it started")
    return PlatformState(emulator.endpoint_url, region, account, supervisor, child)


def _report(descriptor: int, **facts: str) -> None:
    """Tell the starter how the start went; it may be gone already."""
    with contextlib.suppress(OSError):
        os.write(descriptor, (json.dumps(facts) + "\n").encode())
        os.close(descriptor)


def _watch(emulator: Emulator, lifeline: int, wakeup: int) -> str:
    """Wait for the reason to end; the text is not empty when it is a failure."""
    with selectors.DefaultSelector() as events:
        events.register(lifeline, selectors.EVENT_READ)
        events.register(wakeup, selectors.EVENT_READ)
        while True:
            for key, _ in events.select():
                if key.fd == lifeline:
                    if os.read(lifeline, len(STAY)) != STAY:
                        return ""
                    events.unregister(lifeline)
                elif {signal.SIGTERM, signal.SIGINT, signal.SIGHUP} & set(os.read(wakeup, 64)):
                    return ""
            code = emulator.process.poll()
            if code is not None:
                return f"the emulator ended unexpectedly with code {code}"


if __name__ == "__main__":
    sys.exit(main())
