"""The engine as a program: ``python -m patterns_local.container_engine``.

It ends with the one that holds the other end of its lifeline, and its containers end with it: see `deploy/tether.py`.
"""

import argparse
import asyncio
import socket
from pathlib import Path

import uvicorn

from patterns_local.container_engine.api import create_app
from patterns_local.container_engine.collection import Collection
from patterns_local.orphan import end_with_owner

__all__: list[str] = []


def main() -> None:
    """Serve until the owner is gone or a signal comes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=int, required=True, help="file descriptor of the socket that listens")
    parser.add_argument("--images", type=Path, required=True, help="what can be started, one folder a tag")
    parser.add_argument("--folder", type=Path, required=True, help="of the containers' own files")
    parser.add_argument("--lifeline", type=int)
    chosen = parser.parse_args()
    end_with_owner(chosen.lifeline)
    chosen.folder.mkdir(parents=True, exist_ok=True)
    app = create_app(Collection(chosen.images, chosen.folder))
    # Nothing is to be written or told when the platform is gone, so nobody is waited for.
    config = uvicorn.Config(app, log_level="warning", access_log=False, lifespan="off", timeout_graceful_shutdown=0)
    with socket.socket(fileno=chosen.socket) as listening:
        asyncio.run(uvicorn.Server(config).serve(sockets=[listening]))


if __name__ == "__main__":
    main()
