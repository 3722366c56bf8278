"""`patterns report rejects RUN`: the bad rows of a run, on standard output."""

import sys
from collections.abc import Sequence

from patterns_cli.commands.failures import WrongUse
from patterns_cli.commands.looking import place_of
from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.rejects import rejects_of
from patterns_deploy.place import Place
from patterns_infra.settings import Target

__all__ = ["report_rejects", "write_rejects"]


def report_rejects(words: Sequence[str], target: Target, stage: str | None, region: str | None) -> None:
    """Write the bad rows of the run that ``rejects RUN`` names, by the execution's name or ARN.

    Raises:
        WrongUse: the words are others.
    """
    match words:
        case ["rejects", run]:
            write_rejects(place_of(target, stage, region), run.rpartition(":")[2])
        case _:
            raise WrongUse(f"report takes options, or rejects RUN, not {' '.join(words)!r}")


def write_rejects(place: Place, run: str) -> None:
    """Write the bad rows of a run.

    Raises:
        ReportingError: there is no batch, or no such run.
    """
    batch = DeployedBatch.find(place)
    for piece in rejects_of(place.client("s3"), batch.reports, run):
        sys.stdout.buffer.write(piece)
