"""The detached process that owns the platform: ``python -m patterns_local.supervisor``.

It starts the emulator, the partner, the mail server and, where there is no Docker, the container engine side by side,
tells its starter, and then waits for the first of: the starter is gone without having said "stay" (its lifeline
closed), a SIGTERM from `patterns down`, or the end of any of them. Whatever it is, nothing that it started is left
afterwards. When the supervisor itself is killed, its own lifelines to them close, and each kills its process group.
What else a command needs, Kubernetes or a relay, it asks for by a signal, and that is one more of them then.
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
from collections.abc import Callable, Sequence
from pathlib import Path

from patterns_deploy.errors import PlatformError
from patterns_deploy.folder import LocalFolder
from patterns_deploy.processes import Process
from patterns_local.docker import remove_containers
from patterns_local.emulator import Emulator
from patterns_local.mail.server import MailServer
from patterns_local.partner.server import PartnerServer
from patterns_local.process_engine import ProcessEngine
from patterns_local.requested_services import START_REQUESTED, start_requested
from patterns_local.service import Service
from patterns_local.state import PlatformState

__all__ = ["STAY", "main"]

STAY = b"stay"
"""What a starter writes to the lifeline when the platform shall outlive it."""


def main(arguments: list[str] | None = None) -> int:
    """Own one run of the platform, from its start to its end."""
    parser = argparse.ArgumentParser()
    for name in ("--root", "--python", "--region", "--account"):
        parser.add_argument(name, required=True)
    parser.add_argument("--docker", default="", help="the Docker engine that runs containers, when there is one")
    for name in ("--port", "--lifeline", "--report"):
        parser.add_argument(name, type=int, required=True)
    chosen = parser.parse_args(arguments)
    folder = LocalFolder(Path(chosen.root))
    wakeup = _wake_on_signals()
    try:
        with contextlib.ExitStack() as owned:
            owned.callback(shutil.rmtree, folder.scratch, ignore_errors=True)
            mail = owned.enter_context(MailServer(folder))
            engines = [] if chosen.docker else [owned.enter_context(ProcessEngine(folder))]
            if chosen.docker:
                owned.callback(remove_containers, chosen.docker, chosen.port)
            python, containers = Path(chosen.python), chosen.docker or engines[0].url
            emulator = owned.enter_context(
                Emulator(folder, python, chosen.port, mail_server=mail.address, container_engine=containers)
            )
            partner = owned.enter_context(PartnerServer(folder, emulator.endpoint_url))
            services = (emulator, *engines, partner, mail)
            for service in services:
                service.wait_ready(abandoned=lambda: bool(select.select([chosen.lifeline], [], [], 0.0)[0]))
            state = PlatformState(
                emulator.endpoint_url,
                chosen.region,
                chosen.account,
                partner.url,
                supervisor=_myself(),
                emulator=emulator.identified(),
                others={service.name: service.identified() for service in services[1:]},
                docker=chosen.docker,
            )
            state.write(folder)
            _report(chosen.report, error="", detail="")

            def more() -> Sequence[Service]:
                nonlocal state
                requested = start_requested(folder, emulator.endpoint_url, state.others)
                added = [owned.enter_context(service) for service in requested]
                identified = {service.name: service.identified() for service in added}
                state = dataclasses.replace(state, others={**state.others, **identified})
                state.write(folder)
                return added

            failed = _watch(services, chosen.lifeline, wakeup, more)
    except PlatformError as error:
        _report(chosen.report, error=str(error), detail=error.detail)
        return 1
    if failed:
        # The file stays, so that the next command can say what happened.
        failure = f"the {failed.name} ended unexpectedly with code {failed.process.returncode}"
        dataclasses.replace(state, failure=failure, log=str(failed.log)).write(folder)
        return 1
    for path in (folder.state, folder.deployed, folder.requests):
        path.unlink(missing_ok=True)
    return 0


def _wake_on_signals() -> int:
    """Turn the signals that matter into bytes on a pipe and return its reading end."""
    reading, writing = os.pipe()
    os.set_blocking(reading, False)
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing)
    for number in (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGCHLD, START_REQUESTED):
        signal.signal(number, lambda *_: None)
    return reading


def _myself() -> Process:
    found = Process.of(os.getpid())
    if found is None:
        raise PlatformError("the supervisor does not find itself among the processes of this machine")
    return found


def _report(descriptor: int, **facts: str) -> None:
    """Tell the starter how the start went; it may be gone already."""
    with contextlib.suppress(OSError):
        os.write(descriptor, (json.dumps(facts) + "\n").encode())
        os.close(descriptor)


def _watch(
    first: Sequence[Service], lifeline: int, wakeup: int, more: Callable[[], Sequence[Service]]
) -> Service | None:
    """Wait for the reason to end; the service that ended by itself, when that is the reason.

    Args:
        first: the services that run.
        lifeline: closed when the starter is gone.
        wakeup: has the numbers of the signals that came.
        more: starts what commands have asked for and does not run.
    """
    services = list(first)
    with selectors.DefaultSelector() as events:
        events.register(lifeline, selectors.EVENT_READ)
        events.register(wakeup, selectors.EVENT_READ)
        while True:
            for key, _ in events.select():
                if key.fd == lifeline:
                    if os.read(lifeline, len(STAY)) != STAY:
                        return None
                    events.unregister(lifeline)
                    continue
                signals = set(os.read(wakeup, 64))
                if {signal.SIGTERM, signal.SIGINT, signal.SIGHUP} & signals:
                    return None
                if START_REQUESTED in signals:
                    services += more()
            for service in services:
                if service.process.poll() is not None:
                    return service


if __name__ == "__main__":
    sys.exit(main())
