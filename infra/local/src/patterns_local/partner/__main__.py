"""The partner's process: ``python -m patterns_local.partner --socket FD --endpoint-url URL --lifeline FD``."""

import argparse
import logging
import socket
import sys

from patterns_local.orphan import end_with_owner

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Serve until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=int, required=True, help="file descriptor of the socket that listens")
    parser.add_argument("--endpoint-url", required=True, help="of the emulator, whose secrets hold the keys")
    parser.add_argument("--lifeline", type=int)
    chosen = parser.parse_args(arguments)
    end_with_owner(chosen.lifeline)
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    _serve(socket.socket(fileno=chosen.socket), chosen.endpoint_url)
    return 0


def _serve(listening: socket.socket, endpoint_url: str) -> None:
    import uvicorn  # noqa: PLC0415 - the lifeline is watched before anything slow happens

    from patterns_local.partner.app import create_app  # noqa: PLC0415 - as above
    from patterns_local.partner.hanging_up import HangingUp  # noqa: PLC0415
    from patterns_local.partner.keys import KnownKeys  # noqa: PLC0415
    from patterns_local.partner.partner import Partner  # noqa: PLC0415
    from patterns_local.partner.secret_reader import secret_reader  # noqa: PLC0415

    app = create_app(Partner(KnownKeys(secret_reader(endpoint_url))))
    config = uvicorn.Config(app, http=HangingUp, ws="none", lifespan="off", log_config=None, access_log=False)
    uvicorn.Server(config).run(sockets=[listening])


if __name__ == "__main__":
    sys.exit(main())
