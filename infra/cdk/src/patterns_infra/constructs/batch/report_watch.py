"""What tells that a report failed, took too long, did not come, or came without the orders that it should have."""

from aws_cdk import Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_stepfunctions as sfn
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms
from patterns_infra.settings import Settings

__all__ = ["ReportWatch"]

_MINUTE, _DAY = Duration.minutes(1), Duration.days(1)
_NAMESPACE = "Patterns"
"""Of the programs' own metrics, in embedded metric format on their logs."""


class ReportWatch(Construct):
    """Alarms, and the metrics of the dashboard."""

    def __init__(
        self, scope: Construct, construct_id: str, *, settings: Settings, machine: sfn.StateMachine, alarms: Alarms
    ) -> None:
        """Raise the alarms."""
        super().__init__(scope, construct_id)
        failed, late = (metric(period=_MINUTE) for metric in (machine.metric_failed, machine.metric_timed_out))
        missed = _measured(settings, "MissedOrders", _MINUTE)
        self.executions = [machine.metric_started(period=_MINUTE), machine.metric_succeeded(period=_MINUTE)]
        self.executions += [failed, late]
        self.duration = machine.metric_time(period=_MINUTE, statistic="Maximum")
        self.orders = [_measured(settings, name, _DAY) for name in ("Orders", "RowsRejected", "MissedOrders")]
        alarms.raise_when(
            self,
            "Failures",
            metric=failed,
            reaches=1,
            what_to_do="A report failed. Its execution's cause says why, as does its item in the claims table. Bad "
            "input: mend the file and drop it again. Else start the state machine again with the same input.",
        )
        alarms.raise_when(
            self,
            "TooLong",
            metric=late,
            reaches=1,
            what_to_do="A report took over four hours and was ended. See in its execution which step took so long; "
            "then start the state machine again with the same input.",
        )
        alarms.raise_when(
            self,
            "Empty",
            metric=missed,
            reaches=1,
            what_to_do="A day's report has no orders, though the same weekday a week before had some. See whether the "
            "shop took orders that day. If it did, its table or the time zone of this stack is another one; then make "
            'the report again by an execution with {"date": "YYYY-MM-DD", "again": true}.',
        )
        alarms.raise_when_missing(
            self,
            "Late",
            # Of days alone: a file's report, or an older day's, does not stand in for the night's.
            metric=_measured(settings, "ReportsOfYesterday", _DAY, step="publish"),
            what_to_do="No report of the day before was published for a day. See whether the schedule is enabled, its "
            "dead letters, and the last execution; make up for what is missing with: patterns report --missing",
        )


def _measured(settings: Settings, name: str, period: Duration, *, step: str = "merge") -> cloudwatch.Metric:
    """Return what a step of the program measures: no data for as long as it does not come to its end."""
    return cloudwatch.Metric(
        namespace=_NAMESPACE,
        metric_name=name,
        dimensions_map={"service": "batch", "stage": settings.stage, "step": step},
        statistic="Sum",
        period=period,
    )
