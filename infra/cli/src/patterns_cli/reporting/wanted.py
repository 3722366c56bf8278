"""What a report is wanted of: a day, a file in S3 or on this machine, or several; looked at before anything starts."""

import os
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Self

from patterns_cli.reporting.deployed import DeployedBatch
from patterns_cli.reporting.errors import InputRefused
from patterns_cli.reporting.file_sets import FileSet
from patterns_cli.reporting.input_names import check_ending, check_object, is_remote

__all__ = ["Wanted", "parse_day"]


@dataclass(frozen=True, slots=True)
class Wanted:
    """One of the four.

    Attributes:
        day: of the orders table.
        address: ``s3://bucket/key`` of a file in the inbox.
        path: a file on this machine.
        several: files for one report.
    """

    day: date | None = None
    address: str = ""
    path: Path | None = None
    several: FileSet | None = None

    @classmethod
    def of_options(cls, day: str | None, given: str | None, *more: str) -> Self:
        """Read ``--date`` and every ``--input``, and look at what can be seen without a deployment.

        Raises:
            InputRefused: naming the option.
        """
        if day is not None and given is not None:
            raise InputRefused("--date and --input do not go together: a report is of a day or of a file")
        if day is not None:
            return cls(day=parse_day("--date", day))
        if given is None:
            raise InputRefused(
                "--date or --input is needed, such as --date 2026-11-22 or --input orders.csv; of many days --from and "
                "--to, or --missing"
            )
        remote = is_remote(given)
        if more or (given.endswith("/") if remote else Path(given).is_dir()):
            return cls(several=FileSet.of([given, *more]))
        wanted = cls(address=given) if remote else cls(path=_readable(given))
        check_ending(given)
        return wanted

    def check(self, batch: DeployedBatch) -> None:
        """Look at what only the deployment can tell.

        Raises:
            InputRefused: the day lies ahead; or the file is not there, or not in the inbox.
        """
        if self.day:
            today, zone = batch.today()
            if self.day > today:
                raise InputRefused(f"--date {self.day} is in the future: it is {today} in {zone}")
        elif self.address:
            check_object(batch, self.address)
        elif self.several:
            self.several.check(batch)


def parse_day(option: str, text: str | None) -> date | None:
    """Return the day that an option names, None when it was not given.

    Raises:
        InputRefused: it is none.
    """
    if text is None:
        return None
    try:
        day = date.fromisoformat(text)
    except ValueError:
        day = None
    if day is None or str(day) != text:
        raise InputRefused(f"{option} must be a day such as 2026-11-22, not {text!r}")
    return day


def _readable(name: str) -> Path:
    path = Path(name)
    try:
        with path.open("rb") as stream:
            empty = not stream.read(1)
    except OSError as error:
        raise InputRefused(f"--input {name}: {os.strerror(error.errno or 0)}") from error
    if empty:
        raise InputRefused(f"--input {name}: the file is empty")
    return path
