"""The relay's process: ``python -m patterns_local.relay --socket FD --host HOST --port PORT --lifeline FD``."""

import argparse
import asyncio
import socket
import sys
from contextlib import suppress

from patterns_local.orphan import end_with_owner

__all__ = ["main"]

_BYTES = 65536


def main(arguments: list[str] | None = None) -> int:
    """Relay until it is ended."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--socket", type=int, required=True, help="file descriptor of the socket that listens")
    parser.add_argument("--host", required=True, help="of whom it speaks for")
    parser.add_argument("--port", type=int, required=True, help="of that host")
    parser.add_argument("--lifeline", type=int)
    chosen = parser.parse_args(arguments)
    end_with_owner(chosen.lifeline)
    asyncio.run(_serve(socket.socket(fileno=chosen.socket), chosen.host, chosen.port))
    return 0


async def _serve(listening: socket.socket, host: str, port: int) -> None:
    async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            there, answers = await asyncio.open_connection(host, port)
        except OSError:
            # As whoever is not there: the client knows what to make of it.
            writer.transport.abort()
            return
        await asyncio.gather(_pass_on(reader, answers), _pass_on(there, writer))
        for each in (writer, answers):
            each.close()

    server = await asyncio.start_server(relay, sock=listening, limit=_BYTES)
    await server.serve_forever()


async def _pass_on(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass on what comes, and that no more comes; a side that breaks off breaks off the other."""
    try:
        while received := await reader.read(_BYTES):
            writer.write(received)
            await writer.drain()
        with suppress(OSError):
            writer.write_eof()
    except OSError:
        writer.transport.abort()


if __name__ == "__main__":
    sys.exit(main())
