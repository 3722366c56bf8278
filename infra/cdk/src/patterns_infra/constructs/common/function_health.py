"""What tells whether a function is well: its metrics, and alarms on crashes and throttling."""

from aws_cdk import Duration
from aws_cdk.aws_lambda import IFunction
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms

__all__ = ["FunctionHealth"]


class FunctionHealth(Construct):
    """Metrics a minute; ``iterator_age`` (milliseconds) has data for a consumer of a stream only."""

    def __init__(self, scope: Construct, construct_id: str, *, function: IFunction, name: str, alarms: Alarms) -> None:
        """``name`` is what an alarm calls the function."""
        super().__init__(scope, construct_id)
        minute = Duration.minutes(1)
        errors = function.metric_errors(period=minute)
        throttles = function.metric_throttles(period=minute)
        self.errors, self.throttles = errors.with_(label=name), throttles.with_(label=name)
        self.iterator_age = function.metric("IteratorAge", period=minute, statistic="Maximum")
        alarms.raise_when(
            self,
            "Errors",
            metric=errors,
            reaches=1,
            minutes=2,
            what_to_do=f"The function {name} crashes or times out. Its log group has the stack trace (level ERROR) "
            "with trace_id and order_id; roll back when it began with a deployment.",
        )
        alarms.raise_when(
            self,
            "Throttles",
            metric=throttles,
            reaches=1,
            minutes=5,
            what_to_do=f"Lambda refuses to start more of {name}. See the account's concurrent executions: ask for a "
            "higher quota, or find who uses it up.",
        )
