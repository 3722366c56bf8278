"""JSON logs by Powertools, the same keys in every pattern, and a net under what must not be logged."""

import json
import logging
import re
import sys
from collections.abc import Mapping
from typing import Any, TextIO

from aws_lambda_powertools.logging.logger import Logger

__all__ = ["json_line", "make_logger"]

# Bounded on the left: with an unbounded run before the @ or the dot, a long text without one takes quadratic time.
_ADDRESS = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_TOKEN = re.compile(r"eyJ[\w-]{6,512}\.[\w-]+(?:\.[\w-]*)?")
# Made once: json.dumps makes one for every call that asks for anything but its defaults.
_ENCODER = json.JSONEncoder(default=str, ensure_ascii=False, separators=(",", ":"))


def make_logger(pattern: str, stage: str) -> Logger:
    """Return the pattern's logger: level INFO unless ``POWERTOOLS_LOG_LEVEL`` says otherwise, times in UTC.

    A handler adds ``order_id`` and ``trace_id`` for one invocation with ``append_keys`` or ``append_context_keys``.
    Email addresses and JSON web tokens that reach a record by mistake, say in a library's error, are blotted out.
    """
    return Logger(
        service=pattern,
        pattern=pattern,
        stage=stage,
        utc=True,
        use_rfc3339=True,
        json_serializer=json_line,
        logger_handler=_StandardOutput(),
    )


class _StandardOutput(logging.StreamHandler[TextIO]):
    """Writes to standard output as it is at that moment, not as it was when the logger was made."""

    def __init__(self) -> None:
        logging.Handler.__init__(self)

    @property
    def stream(self) -> TextIO:  # type: ignore[override] # an attribute there, as in logging's own last-resort handler
        return sys.stdout


def json_line(record: Mapping[str, Any]) -> str:
    """Return a record as one line of JSON, with addresses and tokens blotted out."""
    text = _ENCODER.encode(record)
    if "@" in text:
        text = _ADDRESS.sub("[address]", text)
    if "eyJ" in text:
        text = _TOKEN.sub("[token]", text)
    return text
