"""What tells whether the API is well: its metrics, and alarms on server errors and slow answers."""

from aws_cdk import Duration
from aws_cdk.aws_apigateway import RestApi
from constructs import Construct

from patterns_infra.constructs.common.alarms import Alarms

__all__ = ["GatewayHealth"]


class GatewayHealth(Construct):
    """Requests and latencies (milliseconds) a minute, for the dashboard, and two alarms."""

    def __init__(self, scope: Construct, construct_id: str, *, api: RestApi, alarms: Alarms) -> None:
        """Watch the API's only stage."""
        super().__init__(scope, construct_id)
        minute = Duration.minutes(1)
        server_errors = api.metric_server_error(period=minute, statistic="Sum")
        p95 = api.metric_latency(period=minute, statistic="p95")
        self.requests = [
            api.metric_count(period=minute, statistic="Sum"),
            api.metric_client_error(period=minute, statistic="Sum"),
            server_errors,
        ]
        self.latencies = [api.metric_latency(period=minute, statistic="p50"), p95]
        alarms.raise_when(
            self,
            "ServerErrors",
            metric=server_errors,
            reaches=5,
            minutes=2,
            what_to_do="Clients get 5xx. The access log names the route and the integration's status; then the api "
            "function's log (level ERROR). A 503 with Retry-After is DynamoDB or Secrets Manager being unavailable.",
        )
        alarms.raise_when(
            self,
            "SlowAnswers",
            metric=p95,
            reaches=1000,
            minutes=5,
            what_to_do="One request in twenty takes over a second. Compare the integration's latency with the whole in "
            "the access log: cold starts after a deployment, DynamoDB retries, or a function short of memory.",
        )
