"""Pattern 1: API Gateway, Lambda, Cognito and DynamoDB."""

from aws_cdk import Aws, Duration
from aws_cdk import aws_cloudwatch as cloudwatch
from constructs import Construct

from patterns_infra.bundles import LambdaRuntime, build_bundle
from patterns_infra.constructs.common.acknowledgement import acknowledge
from patterns_infra.constructs.common.alarmed_queue import AlarmedQueue
from patterns_infra.constructs.common.dashboard import Dashboard
from patterns_infra.constructs.common.dead_letter_queue import DeadLetterQueue
from patterns_infra.constructs.common.generated_secret import GeneratedSecret
from patterns_infra.constructs.common.order_event_rule import OrderEventRule
from patterns_infra.constructs.common.published_names import PublishedNames
from patterns_infra.constructs.common.python_function import PythonFunction
from patterns_infra.constructs.common.queue_consumer import QueueConsumer
from patterns_infra.constructs.web_api.api_firewall import ApiFirewall
from patterns_infra.constructs.web_api.customers import Customers
from patterns_infra.constructs.web_api.event_archive import EventArchive
from patterns_infra.constructs.web_api.orders_table import OrdersTable
from patterns_infra.constructs.web_api.private_access import PrivateAccess
from patterns_infra.constructs.web_api.rest_gateway import RestGateway
from patterns_infra.constructs.web_api.stream_consumer import StreamConsumer
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings
from patterns_infra.stacks.pattern_stack import PatternStack
from patterns_infra.stacks.web_api_routes import web_api_routes

__all__ = ["WebApiStack"]


class WebApiStack(PatternStack):
    """Orders come in through the gateway and go to the table; its stream tells the others; outcomes come back.

    The grants are all here: what each function may do, action by action.
    """

    def __init__(self, scope: Construct, construct_id: str, *, pattern: Pattern, settings: Settings) -> None:
        """Compose the pattern."""
        super().__init__(scope, construct_id, pattern=pattern, settings=settings)
        self._bundle = build_bundle(pattern.package, runtime=LambdaRuntime.of(settings))

        customers = Customers(self, "Customers", settings=settings)
        orders = OrdersTable(self, "Orders", settings=settings, alarms=self._alarms)
        api = self._api_function(customers, orders)
        gateway = self._gateway(pattern, api, customers)
        relay = self._relay(orders)
        outcome = self._outcome(orders)
        archive = EventArchive(self, "Events", bus_arn=self._bus, source=self._source)

        PublishedNames(
            self,
            "Names",
            settings=settings,
            pattern=pattern,
            values={
                "api_url": gateway.url,
                "user_pool_id": customers.pool.user_pool_id,
                "user_pool_client_id": customers.client.user_pool_client_id,
                "orders_table": orders.table.table_name,
                "event_archive": archive.name,
            },
        )
        Dashboard(
            self,
            "Dashboard",
            alarms=self._alarms,
            graphs={
                "Requests": gateway.health.requests,
                "Latency (ms)": gateway.health.latencies,
                "Function errors": [x.health.errors for x in (api, relay, outcome)],
                "Function throttles": [x.health.throttles for x in (api, relay, outcome)],
                "Relay lag (ms)": [relay.health.iterator_age],
                "Throttled table requests": orders.throttles,
            },
        )

    def _api_function(self, customers: Customers, orders: OrdersTable) -> PythonFunction:
        cursor_key = GeneratedSecret(
            self,
            "CursorKey",
            purpose="Signs the cursors of lists",
            not_rotated="Open cursors would become invalid for nothing: it signs page positions, not access.",
        ).secret
        api = self._function(
            "Api",
            entrypoint="api",
            description="Serves the shop's HTTP API",
            environment={
                "ORDERS_TABLE": orders.table.table_name,
                "USER_POOL_CLIENT_ID": customers.client.user_pool_client_id,
                "CURSOR_SECRET_ARN": cursor_key.secret_arn,
                "SITE_ORIGIN": self._settings.browser_origin,
                "PYDANTIC_DISABLE_PLUGINS": "__all__",
            },
            snap_start=self._settings.on_aws,
        )
        # A transaction is authorised as the requests inside it, so placing an order is PutItem.
        api.allow(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"], orders.table.table_arn)
        api.allow(["dynamodb:Query"], *orders.index_arns)
        api.allow(["secretsmanager:GetSecretValue"], cursor_key.secret_arn)
        self._alarms.raise_when(
            api,
            "UnreadableOrders",
            metric=cloudwatch.Metric(
                namespace="Patterns",
                metric_name="OrdersUnreadable",
                dimensions_map={"service": "web_api", "stage": self._settings.stage},
                statistic="Sum",
                period=Duration.minutes(1),
            ),
            reaches=1,
            what_to_do="Orders in the table cannot be read: they are left out of their customers' lists, and asking "
            "for one is a 500. The function's log names each and why (`unreadable_order`); correct it in the table.",
        )
        return api

    def _gateway(self, pattern: Pattern, api: PythonFunction, customers: Customers) -> RestGateway:
        private = (
            PrivateAccess(self, "Private", settings=self._settings, key=self._key)
            if self._settings.private_api
            else None
        )
        gateway = RestGateway(
            self,
            "Gateway",
            settings=self._settings,
            routes=web_api_routes(pattern, settings=self._settings),
            handler=api.target,
            customers=customers.pool,
            key=self._key,
            alarms=self._alarms,
            private=private,
        )
        if self._settings.on_aws:
            ApiFirewall(self, "WebAcl", settings=self._settings, stage_arn=gateway.api.deployment_stage.stage_arn)
        return gateway

    def _relay(self, orders: OrdersTable) -> PythonFunction:
        dead_letters = DeadLetterQueue(
            self,
            "RelayDeadLetters",
            settings=self._settings,
            alarms=self._alarms,
            what_to_do="Order changes that never became events: malformed records with their reason, or batches that "
            "the bus refused for 20 hours. Read why with `patterns dead-letters Relay`; fix the cause; put the "
            "missing events on the bus with `patterns relay --from-table ORDER…`.",
        )
        acknowledge(dead_letters, "AwsSolutions-SQS3", "This is itself the dead-letter queue, of the table's stream.")
        relay = self._function(
            "Relay",
            entrypoint="relay",
            description="Puts the orders table's changes on the event bus",
            environment={"EVENT_SOURCE": self._source, "RELAY_DEAD_LETTER_URL": dead_letters.queue.queue_url},
            timeout=Duration.seconds(30),
        )
        StreamConsumer(
            self,
            "Outbox",
            alarms=self._alarms,
            table=orders,
            consumer=relay,
            dead_letters=dead_letters,
            key_prefix="ORDER#",
        )
        as_itself = {"StringEquals": {"events:source": self._source}}
        relay.allow(["events:PutEvents"], self._bus, conditions=as_itself)
        relay.allow(["sqs:SendMessage"], dead_letters.queue.queue_arn)
        return relay

    def _outcome(self, orders: OrdersTable) -> PythonFunction:
        timeout = Duration.seconds(10)
        outcomes = AlarmedQueue(
            self,
            "Outcomes",
            settings=self._settings,
            alarms=self._alarms,
            visibility=Duration.seconds(6 * timeout.to_seconds()),
        )
        outcome = self._function(
            "Outcome",
            entrypoint="outcome",
            description="Takes orders' outcomes from the event bus",
            environment={
                "ORDERS_TABLE": orders.table.table_name,
                "QUEUE_URL": outcomes.queue.queue_url,
                "DEAD_LETTER_URL": outcomes.dead_letters.queue.queue_url,
                "MAX_RECEIVES": str(outcomes.max_receives),
            },
            timeout=timeout,
        )
        OrderEventRule(
            self,
            "OrderOutcome",
            description="Orders that were fulfilled or rejected",
            source=self._source,
            event_types=["OrderFulfilled", "OrderRejected"],
            queue=outcomes,
        )
        QueueConsumer(self, "Inbox", queue=outcomes, consumer=outcome)
        outcome.allow(["dynamodb:UpdateItem"], orders.table.table_arn)
        outcome.allow(["sqs:SendMessage"], outcomes.dead_letters.queue.queue_arn)
        outcome.allow(["sqs:ChangeMessageVisibility"], outcomes.queue.queue_arn)
        return outcome

    @property
    def _bus(self) -> str:
        return f"arn:{Aws.PARTITION}:events:{self.region}:{self.account}:event-bus/default"

    @property
    def _source(self) -> str:
        return f"patterns.{self._settings.stage}"

    def _function(
        self,
        name: str,
        *,
        entrypoint: str,
        description: str,
        environment: dict[str, str],
        timeout: Duration | None = None,
        snap_start: bool = False,
    ) -> PythonFunction:
        return PythonFunction(
            self,
            name,
            settings=self._settings,
            bundle=self._bundle,
            handler=f"patterns_web_api.entrypoints.{entrypoint}.lambda_handler",
            description=description,
            environment=environment,
            key=self._key,
            alarms=self._alarms,
            timeout=timeout,
            snap_start=snap_start,
        )
