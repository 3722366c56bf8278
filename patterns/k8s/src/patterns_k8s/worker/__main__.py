"""``python -m patterns_k8s.worker [--backfill FROM TO]``.

Exit codes: 0 done, 2 bad input, 75 try again, 1 lanes that did not end in time; anything else is a bug.
"""

import argparse
import os
import signal
import sys
import threading
from datetime import UTC, datetime

from botocore.exceptions import BotoCoreError, ClientError

from patterns_k8s.worker.backfill import InvalidRange, day_range
from patterns_k8s.worker.bootstrap import make_worker, run_backfill
from patterns_k8s.worker.settings import WorkerSettings
from patterns_k8s.worker.work_queue import NoDeadLetterQueue
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.environment import InvalidSetting, MissingSetting

__all__ = ["main"]

_BAD_INPUT = 2
_TRY_AGAIN = 75


def main(arguments: list[str] | None = None) -> int:
    """Work the fulfilment queue until SIGTERM or SIGINT, or fill a range of days."""
    parser = argparse.ArgumentParser(prog="python -m patterns_k8s.worker", description=main.__doc__)
    parser.add_argument(
        "--backfill",
        nargs=2,
        metavar=("FROM", "TO"),
        help="publish the outcomes of orders placed on these days (UTC, both included) that were never decided",
    )
    days = parser.parse_args(arguments).backfill
    try:
        return _fill(*days) if days else _work()
    except (MissingSetting, InvalidSetting, InvalidRange, NoDeadLetterQueue) as error:
        return _give_up(error, _BAD_INPUT)
    except (TemporarilyUnavailable, ClientError, BotoCoreError, OSError) as error:
        return _give_up(error, _TRY_AGAIN)


def _work() -> int:
    stop = threading.Event()
    # Waited for in a thread, and not handled: a handler may not touch the lock that its own thread may be holding.
    ends = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, ends)

    def wait_for_the_end() -> None:
        signal.sigwait(ends)
        stop.set()

    threading.Thread(target=wait_for_the_end, name="signals", daemon=True).start()
    settings = WorkerSettings.from_environment(os.environ)
    return 0 if make_worker(settings, stop).run(settings.health_host, settings.health_port) else 1


def _fill(first: str, last: str) -> int:
    filled = run_backfill(os.environ, *day_range(first, last, today=datetime.now(UTC).date()))
    sys.stderr.write(
        f"{filled.decided} orders decided, {filled.malformed} unreadable, {filled.refused} refused by the topic, "
        f"{filled.unsent} not sent yet\n"
    )
    if filled.unsent:
        return _TRY_AGAIN
    return _BAD_INPUT if filled.malformed or filled.refused else 0


def _give_up(error: Exception, code: int) -> int:
    sys.stderr.write(f"patterns_k8s.worker: {error}\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
