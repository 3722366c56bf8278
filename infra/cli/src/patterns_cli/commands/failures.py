"""From what went wrong to one clear line and an exit code; `--debug` or PATTERNS_DEBUG shows the traceback too."""

import os
import sys
import traceback
from collections.abc import Iterator
from contextlib import contextmanager

import typer

from patterns_cli.queues.directory import CannotRedrive, UnknownQueue
from patterns_cli.reporting.errors import InputRefused, ReportingError
from patterns_deploy.errors import PlatformError, WrongSwitch
from patterns_deploy.gateway_logs_role import NoLogsRole
from patterns_deploy.mail_sender import SenderNotVerified
from patterns_deploy.real_aws import AwsUnavailable
from patterns_infra.registry import UnknownPattern
from patterns_infra.settings import SettingsError
from patterns_infra.workspace import BundleError

__all__ = ["FAILED", "INTERRUPTED", "WRONG_ARGUMENTS", "CommandError", "WrongUse", "one_line_errors"]

FAILED = 1
WRONG_ARGUMENTS = 2
INTERRUPTED = 130


class CommandError(Exception):
    """A command cannot go on; the text is one line."""


class WrongUse(CommandError):
    """A command was given what it cannot work with; the text is one line."""


@contextmanager
def one_line_errors() -> Iterator[None]:
    """Turn every error inside into a line on standard error and a non-zero exit."""
    try:
        yield
    except (UnknownPattern, UnknownQueue, SettingsError, WrongSwitch, WrongUse, InputRefused) as error:
        _fail(str(error), WRONG_ARGUMENTS)
    except PlatformError as error:
        _fail(str(error), FAILED, detail=error.detail)
    except (
        CommandError,
        AwsUnavailable,
        NoLogsRole,
        SenderNotVerified,
        CannotRedrive,
        BundleError,
        ReportingError,
    ) as error:
        _fail(str(error), FAILED)
    except typer.TyperException as error:
        _fail(" ".join(error.format_message().split()).rstrip(".") + "; see: patterns --help", error.exit_code)
    except (KeyboardInterrupt, typer.Abort):
        _fail("interrupted; what this command started is ended", INTERRUPTED)
    except BrokenPipeError:
        # Whoever read the output has seen enough; the interpreter would complain once more when it flushes.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(FAILED)
    except Exception as error:  # noqa: BLE001 - the last place: a traceback is for --debug
        text = " ".join(str(error).split())
        _fail(f"{type(error).__name__}: {text} (--debug shows where)", FAILED)


def _fail(line: str, code: int, *, detail: str = "") -> None:
    if os.environ.get("PATTERNS_DEBUG"):
        traceback.print_exc()
    sys.stderr.write(f"patterns: {line}\n")
    if detail:
        sys.stderr.write("".join(f"  {part}\n" for part in detail.splitlines()))
    sys.exit(code)
