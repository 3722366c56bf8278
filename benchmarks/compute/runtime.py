"""Lambda's runtime as a process: ``python runtime.py MODULE`` calls its ``lambda_handler`` for each line of JSON.

The standard library only, and run by its path: a function finds nothing imported that it would have to import itself.
What the function prints is thrown away, as Lambda takes it from the process.
"""

import json
import os
import sys
from importlib import import_module


class Context:
    """The context object that Lambda passes with the event."""

    function_name = "compute"
    function_version = "1"
    invoked_function_arn = "arn:aws:lambda:us-east-1:123456789012:function:compute:1"
    memory_limit_in_mb = 512
    aws_request_id = "6f1a2b3c-4d5e-4f60-8a7b-9c0d1e2f3a4b"
    log_group_name = "/aws/lambda/compute"
    log_stream_name = "2026/11/30/[1]0123456789abcdef"
    tenant_id = None

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        """Return the milliseconds that are left."""
        return 900_000


def main(module: str) -> None:
    """Answer each line by a line."""
    out = os.fdopen(os.dup(1), "w", buffering=1)
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    handler = import_module(module).lambda_handler
    for line in sys.stdin:
        out.write(json.dumps(handler(json.loads(line), Context())) + "\n")


if __name__ == "__main__":
    main(sys.argv[1])
