"""What the pods of the tests run: a small server, or a command that ends.

``serve`` answers on the pod's own address; ``show`` prints what it was given; ``exit CODE`` ends so; ``stubborn``
only says so when it is asked to end; ``hold MEBIBYTES`` takes so much memory, and waits.
"""

import json
import os
import signal
import sys
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import urlsplit


class Handler(BaseHTTPRequestHandler):
    """Answers 200 to everything but what it was told is bad; ``/crash`` ends the program."""

    bad: set[str] = set()  # noqa: RUF012 - one program, one set

    def do_GET(self) -> None:
        """Answer, and change the answers to come: ``/bad?/path``, ``/good?/path``."""
        asked = urlsplit(self.path)
        if asked.path == "/crash":
            os._exit(7)
        if asked.path == "/bad":
            self.bad.add(asked.query)
        if asked.path == "/good":
            self.bad.discard(asked.query)
        self.send_response(503 if asked.path in self.bad else 200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Print nothing: the log is what tests read."""


def main() -> int:
    """Do what the first argument says."""
    what, *more = sys.argv[1:]
    print(f"{what} in pod {os.environ.get('HOSTNAME')}", flush=True)  # noqa: T201 - read by kubectl logs
    if what == "exit":
        return int(more[0])
    if what == "show":
        files = {path: Path(path).read_text() for path in more}
        shown = {"environment": dict(os.environ), "arguments": more, "files": files}
        print(json.dumps(shown), flush=True)  # noqa: T201 - as above
        return 0
    if what == "hold":
        held = b"x" * (int(more[0]) << 20)
        print(f"holding {len(held)} bytes", flush=True)  # noqa: T201 - as above
        time.sleep(600)
    if what == "stubborn":
        signal.signal(signal.SIGTERM, lambda *_: print("not yet", flush=True))  # noqa: T201 - as above
        print("ready", flush=True)  # noqa: T201 - as above
        time.sleep(600)
        return 0
    signal.signal(signal.SIGTERM, finish)
    ThreadingHTTPServer((os.environ["POD_IP"], 8080), Handler).serve_forever()
    return 0


def finish(*_: object) -> None:
    """End as a worker does that finishes what it holds."""
    print("finishing", flush=True)  # noqa: T201 - as above
    time.sleep(0.3)
    print("finished", flush=True)  # noqa: T201 - as above
    os._exit(0)


if __name__ == "__main__":
    sys.exit(main())
