"""Files that a command reads, of which ``-`` is standard input."""

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from patterns_cli.commands.failures import WrongUse

__all__ = ["open_input"]


@contextmanager
def open_input(name: str) -> Iterator[IO[bytes]]:
    """Open a file for reading bytes.

    Raises:
        WrongUse: it cannot be read.
    """
    if name == "-":
        yield sys.stdin.buffer
        return
    try:
        stream = Path(name).open("rb")  # noqa: SIM115 - closed below; only opening it is the user's mistake
    except OSError as error:
        raise WrongUse(f"cannot read {name}: {os.strerror(error.errno or 0)}") from error
    with stream:
        yield stream
