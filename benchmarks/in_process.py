"""The program of a measured process: ``python in_process.py MODE MODULE …``, where ``MODULE`` has a ``lambda_handler``.

It imports the subject first, so that the subject finds nothing imported that it would have to import itself.
A mode is a function of this package, such as ``asking.warm``. What the subject prints is thrown away.
"""

import os
import sys
from importlib import import_module


def main(mode: str, module: str, *rest: str) -> None:
    """Import the subject, and ask it as the mode says."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    handler = import_module(module).lambda_handler
    asking, _, function = mode.rpartition(".")
    for line in getattr(import_module(f"benchmarks.{asking}"), function)(handler, *rest):
        out.write(line + "\n")


if __name__ == "__main__":
    main(*sys.argv[1:])
