"""How a process that belongs to the platform ends with it: by its lifeline, the reading end of its owner's pipe."""

import os
import signal
import threading

__all__ = ["end_with_owner"]


def end_with_owner(lifeline: int | None) -> None:
    """Kill this process and its group once the lifeline closes, for whatever reason; at once, whatever is at work.

    Args:
        lifeline: its file descriptor; without one (started by hand) the process ends by Ctrl-C only.
    """
    if lifeline is None:
        return
    os.set_inheritable(lifeline, False)  # noqa: FBT003 - the call has no names
    threading.Thread(target=_watch, args=(lifeline,), daemon=True).start()


def _watch(lifeline: int) -> None:
    while os.read(lifeline, 1):
        pass
    os.killpg(0, signal.SIGKILL)
