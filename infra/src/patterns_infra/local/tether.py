"""Run one command that never outlives the program that wanted it: ``python tether.py COMMAND…``.

Standard input is the tether. While the wanting program lives it holds the other end open; when it dies, even by
kill -9, the end closes and the command's whole process group is killed. Nothing but the standard library is
imported, and little of that: this runs before every step of a deployment.
"""

import os
import signal
import subprocess
import sys
import threading

__all__: list[str] = []


def main(command: list[str]) -> int:
    """Run the command in a process group of its own and return its exit code (128 + n when signal n ended it)."""
    process = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)

    def end(*_: object) -> None:
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except OSError:
            return

    def watch() -> None:
        while os.read(0, 1):
            pass
        end()

    signal.signal(signal.SIGTERM, end)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    threading.Thread(target=watch, daemon=True).start()
    code = process.wait()
    end()
    return code if code >= 0 else 128 - code


if __name__ == "__main__":
    # Threads may still be reading the tether: leave without waiting for them.
    sys.stdout.flush()
    os._exit(main(sys.argv[1:]))
