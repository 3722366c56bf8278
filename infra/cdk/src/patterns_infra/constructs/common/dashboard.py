"""The stack at a glance: traffic, errors, latency, the outbox's lag, dead letters, and every alarm."""

from collections.abc import Mapping, Sequence

from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms

__all__ = ["Dashboard"]


class Dashboard(Construct):
    """Alarms first, then one graph for each title."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        alarms: Alarms,
        graphs: Mapping[str, Sequence[cloudwatch.IMetric]],
    ) -> None:
        """``graphs`` are the metrics of each graph by its title."""
        super().__init__(scope, construct_id)
        board = cloudwatch.Dashboard(self, "Board")
        board.add_widgets(cloudwatch.AlarmStatusWidget(title="Alarms", alarms=list(alarms.raised), width=24, height=4))
        board.add_widgets(
            *(
                cloudwatch.GraphWidget(title=title, left=list(metrics), width=8, height=6)
                for title, metrics in graphs.items()
            )
        )
