"""``python -m website [--serve [--port PORT]]``: build the documentation into ``.local/site/html``, and show it."""

import argparse
import functools
import sys
import threading
import time
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from typing import NoReturn

from website.building import FOLDER, REPOSITORY, BuildFailed, build

__all__ = ["argument_parser", "main"]

_SOURCES = ("README.md", "docs", "website", "shared/src")


def main(arguments: list[str] | None = None) -> int:
    """Build, and serve until Ctrl-C where that is asked for; the exit code is 1 when something is broken."""
    chosen = argument_parser().parse_args(arguments)
    done = _built()
    if not chosen.serve:
        return 0 if done else 1
    handler = functools.partial(SimpleHTTPRequestHandler, directory=str(FOLDER / "html"))
    try:
        server = ThreadingHTTPServer(("127.0.0.1", chosen.port), handler)
    except OSError as error:
        sys.stderr.write(f"docs: port {chosen.port}: {error.strerror}; choose another one with --port\n")
        return 1
    with server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        sys.stderr.write(f"docs: http://127.0.0.1:{chosen.port}/ (Ctrl-C ends it)\n")
        try:
            _follow()
        except KeyboardInterrupt:
            return 0


def argument_parser() -> argparse.ArgumentParser:
    """Return what reads the arguments."""
    parser = argparse.ArgumentParser(prog="nox -s docs --", description="Build the documentation.")
    parser.add_argument("--serve", action="store_true", help="show it on this machine, built again after each change")
    parser.add_argument("--port", type=int, default=8000, help="where (8000)")
    return parser


def _built() -> bool:
    started = time.monotonic()
    try:
        site = build()
    except BuildFailed as error:
        sys.stderr.write(f"{error}\ndocs: broken\n")
        return False
    pages = sum(1 for _ in site.rglob("*.html"))
    sys.stderr.write(f"docs: {pages} pages in {site.relative_to(REPOSITORY)}, {time.monotonic() - started:.0f} s\n")
    return True


def _follow() -> NoReturn:
    seen = _newest()
    while True:
        time.sleep(1)
        if (now := _newest()) != seen:
            seen = now
            _built()


def _newest() -> float:
    """Return when a source was changed last."""
    sources = [path for name in _SOURCES for path in (REPOSITORY / name, *(REPOSITORY / name).rglob("*"))]
    return max(path.stat().st_mtime for path in sources if path.exists())


if __name__ == "__main__":
    sys.exit(main())
