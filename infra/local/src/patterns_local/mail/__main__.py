"""The mail server's process: ``python -m patterns_local.mail --socket FD --folder PATH --lifeline FD``."""

import argparse
import asyncio
import logging
import socket
import sys
from pathlib import Path

from aiosmtpd.smtp import SMTP

from patterns_local.mail.sink import Sink
from patterns_local.orphan import end_with_owner

__all__ = ["main"]


def main(arguments: list[str] | None = None) -> int:
    """Serve until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=int, required=True, help="file descriptor of the socket that listens")
    parser.add_argument("--folder", type=Path, required=True, help="where mails are kept")
    parser.add_argument("--lifeline", type=int)
    chosen = parser.parse_args(arguments)
    end_with_owner(chosen.lifeline)
    logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(message)s")
    # aiosmtpd logs every command, and with it addresses.
    logging.getLogger("mail.log").setLevel(logging.ERROR)
    asyncio.run(_serve(socket.socket(fileno=chosen.socket), Sink(chosen.folder)))
    return 0


async def _serve(listening: socket.socket, sink: Sink) -> None:
    loop = asyncio.get_running_loop()
    # With a name given, aiosmtpd does not ask the network for this machine's.
    server = await loop.create_server(
        lambda: SMTP(sink, hostname="localhost", ident="patterns", enable_SMTPUTF8=True, loop=loop), sock=listening
    )
    await server.serve_forever()


if __name__ == "__main__":
    sys.exit(main())
