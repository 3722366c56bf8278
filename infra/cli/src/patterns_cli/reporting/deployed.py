"""The deployed batch, by the names that its stack published."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Self
from zoneinfo import ZoneInfo

from patterns_cli.reporting.errors import BatchNotDeployed
from patterns_deploy.outputs import read_outputs
from patterns_deploy.place import Place

__all__ = ["DeployedBatch"]

_PUBLISHED = {
    "machine": "state_machine_arn",
    "reports": "report_bucket",
    "inbox": "inbox_bucket",
    "claims": "claims_table",
    "schedule": "schedule_name",
}


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
        where = f"{place.target} stage {place.stage}"
        if not published:
            raise BatchNotDeployed(
                f"batch is not deployed to {where}, so nothing makes reports; deploy it with: patterns deploy batch"
            )
        missing = [key for key in _PUBLISHED.values() if not published.get(key)]
        if missing:
            raise BatchNotDeployed(
                f"batch in {where} publishes no {missing[0]}: deploy it again with: patterns deploy batch"
            )
        return cls(place=place, **{field: str(published[key]) for field, key in _PUBLISHED.items()})

    def today(self) -> tuple[date, str]:
        """Return the date in the shop's time zone, and that zone, as the schedule has it."""
        schedule = self.place.client("scheduler").get_schedule(Name=self.schedule)
        zone = schedule.get("ScheduleExpressionTimezone", "UTC")
        return datetime.now(UTC).astimezone(ZoneInfo(zone)).date(), zone
