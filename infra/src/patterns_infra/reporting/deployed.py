"""The deployed batch, by the names that its stack published."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from patterns_infra.outputs import read_outputs
from patterns_infra.place import Place
from patterns_infra.registry import PATTERNS
from patterns_infra.reporting.errors import BatchNotDeployed

__all__ = ["DeployedBatch"]


@dataclass(frozen=True, slots=True)
class DeployedBatch:
    """Where reports are made.

    Attributes:
        place: account, region and stage.
        machine: ARN of the state machine.
        inbox: the bucket of input files.
        reports: the bucket of runs and reports.
        claims: the table that says whose report it is.
        schedule: the name of the daily schedule.
    """

    place: Place
    machine: str
    inbox: str
    reports: str
    claims: str
    schedule: str

    @classmethod
    def find(cls, place: Place) -> Self:
        """Look the names up.

        Raises:
            BatchNotDeployed: there are none, or those of an older deployment.
        """
        published = read_outputs(place).get("batch", {})
        names = {key: published.get(key) for key in PATTERNS["batch"].outputs}
        where = f"{place.target} stage {place.stage}"
        if not published:
            raise BatchNotDeployed(
                f"batch is not deployed to {where}, so nothing makes reports; deploy it with: patterns deploy batch"
            )
        missing = [key for key, value in names.items() if not value]
        if missing:
            raise BatchNotDeployed(
                f"batch in {where} publishes no {missing[0]}: deploy it again with: patterns deploy batch"
            )
        known = {key: str(value) for key, value in names.items()}
        return cls(
            place=place,
            machine=known["state_machine_arn"],
            inbox=known["inbox_bucket"],
            reports=known["report_bucket"],
            claims=known["claims_table"],
            schedule=known["schedule_name"],
        )

    def today(self) -> tuple[date, str]:
        """Return the date in the shop's time zone, and that zone, as the schedule has it."""
        schedule = self.place.client("scheduler").get_schedule(Name=self.schedule)
        zone = schedule.get("ScheduleExpressionTimezone", "UTC")
        return datetime.now(UTC).astimezone(ZoneInfo(zone)).date(), zone
