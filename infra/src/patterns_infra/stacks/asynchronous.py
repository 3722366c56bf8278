"""Pattern 4: SNS, SQS, Lambda, DynamoDB, a partner over HTTP, and mail."""

from collections.abc import Mapping

from aws_cdk import Aws, CfnParameter
from constructs import Construct

from patterns_infra.bundles import LambdaRuntime, build_bundle
from patterns_infra.constructs.dashboard import Dashboard
from patterns_infra.constructs.event_receiver import EventReceiver
from patterns_infra.constructs.keyed_table import KeyedTable
from patterns_infra.constructs.message_counts import message_counts
from patterns_infra.constructs.order_events import OrderEvents
from patterns_infra.constructs.partner_key import PartnerKey
from patterns_infra.constructs.published_names import PublishedNames
from patterns_infra.receivers import Receiver, read_receivers
from patterns_infra.registry import Pattern
from patterns_infra.settings import Settings
from patterns_infra.stacks.pattern_stack import PatternStack

__all__ = ["AsyncStack"]

_LOCAL_PARTNER = "http://127.0.0.1:8080/events"


class AsyncStack(PatternStack):
    """What became of an order comes in by one topic and goes out to four receivers, each with a queue of its own.

    The grants are all here: what each receiver may do beside reading its queue and setting dead letters aside.
    """

    def __init__(self, scope: Construct, construct_id: str, *, pattern: Pattern, settings: Settings) -> None:
        """Compose the pattern."""
        super().__init__(scope, construct_id, pattern=pattern, settings=settings)
        self._bundle = build_bundle(pattern.package, runtime=LambdaRuntime.of(settings))
        self._tables: list[KeyedTable] = []
        self._receivers: dict[str, EventReceiver] = {}
        self._declared = read_receivers()

        self._events = OrderEvents(self, "OrderEvents", settings=settings)
        books = self._ledger()
        circuit = self._partner()
        self._notify()
        self._outcome()
        if settings.operator_email:
            self._events.subscribe_email(settings.operator_email, event_types=["OrderRejected"])

        PublishedNames(
            self,
            "Names",
            settings=settings,
            pattern=pattern,
            values={
                "topic_arn": self._events.topic.topic_arn,
                "ledger_table": books.table.table_name,
                "circuit_table": circuit.table.table_name,
                "partner_url": self._partner_url,
                **self._queue_urls(),
            },
        )
        self._dashboard()

    def add_receiver(self, name: str, receiver: Receiver, environment: Mapping[str, str]) -> EventReceiver:
        """Add a receiver of the topic's events, which may read its queue and set dead letters aside."""
        self._receivers[name] = EventReceiver(
            self,
            name.title(),
            settings=self._settings,
            events=self._events,
            receiver=receiver,
            bundle=self._bundle,
            environment=environment,
            key=self._key,
            alarms=self._alarms,
        )
        return self._receivers[name]

    def _ledger(self) -> KeyedTable:
        books = self._table("Books", key="event_id", items="ledger entries", kept=True, index="order_id")
        ledger = self._receiver("ledger", {"LEDGER_TABLE": books.table.table_name})
        # Inserting never overwrites, and this is all that the role may do: the books are append-only by permission.
        ledger.consumer.allow(["dynamodb:PartiQLInsert"], books.table.table_arn)
        return books

    def _partner(self) -> KeyedTable:
        circuit = self._table("Circuit", key="circuit", items="the partner's circuit")
        signing_key = PartnerKey(self, "PartnerKey").secret
        self._partner_url = self._partner_address()
        partner = self._receiver(
            "partner",
            {
                "PARTNER_URL": self._partner_url,
                "PARTNER_SECRET_ARN": signing_key.secret_arn,
                "CIRCUIT_TABLE": circuit.table.table_name,
            },
        )
        partner.consumer.allow(["dynamodb:GetItem", "dynamodb:PutItem"], circuit.table.table_arn)
        partner.consumer.allow(["secretsmanager:GetSecretValue"], signing_key.secret_arn)
        partner.hides_messages()
        return circuit

    def _notify(self) -> None:
        mails = self._table("Mails", key="order_id", items="mails", expires_by="expires_at").table
        sender = self._settings.mail_sender
        notify = self._receiver("notify", {"NOTIFICATIONS_TABLE": mails.table_name, "SENDER_EMAIL": sender})
        notify.consumer.allow(["dynamodb:UpdateItem"], mails.table_arn)
        # SES knows the address itself or its whole domain.
        identities = [self.format_arn(service="ses", resource="identity", resource_name=x) for x in _identities(sender)]
        notify.consumer.allow(["ses:SendEmail"], *identities)
        notify.hides_messages()

    def _outcome(self) -> None:
        source = f"patterns.{self._settings.stage}"
        outcome = self._receiver("outcome", {"EVENT_SOURCE": source})
        bus = f"arn:{Aws.PARTITION}:events:{self.region}:{self.account}:event-bus/default"
        outcome.consumer.allow(["events:PutEvents"], bus, conditions={"StringEquals": {"events:source": source}})

    def _receiver(self, name: str, environment: Mapping[str, str]) -> EventReceiver:
        return self.add_receiver(name, self._declared[name], environment)

    def _table(
        self,
        name: str,
        *,
        key: str,
        items: str,
        kept: bool = False,
        expires_by: str | None = None,
        index: str | None = None,
    ) -> KeyedTable:
        table = KeyedTable(
            self,
            name,
            settings=self._settings,
            alarms=self._alarms,
            key=key,
            items=items,
            kept=kept,
            expires_by=expires_by,
            index=index,
        )
        self._tables.append(table)
        return table

    def _partner_address(self) -> str:
        """Where the partner takes events; locally a parameter, so that a new port needs no new template."""
        if self._settings.partner_url:
            return self._settings.partner_url
        return CfnParameter(
            self, "PartnerUrl", default=_LOCAL_PARTNER, description="Where the local platform's partner takes events"
        ).value_as_string

    def _queue_urls(self) -> dict[str, str]:
        urls = {}
        for name, receiver in self._receivers.items():
            urls[f"{name}_queue_url"] = receiver.queue.queue.queue_url
            urls[f"{name}_dead_letter_url"] = receiver.queue.dead_letters.queue.queue_url
        return urls

    def _dashboard(self) -> None:
        receivers = self._receivers
        Dashboard(
            self,
            "Dashboard",
            alarms=self._alarms,
            graphs={
                **{f"Messages: {name}": message_counts(name, settings=self._settings) for name in receivers},
                "Oldest message (s)": [x.queue.age.with_(label=name) for name, x in receivers.items()],
                "Dead letters": [x.queue.dead_letters.visible.with_(label=name) for name, x in receivers.items()],
                "Function errors": [x.consumer.health.errors for x in receivers.values()],
                "Function throttles": [x.consumer.health.throttles for x in receivers.values()],
                "Throttled table requests": [metric for table in self._tables for metric in table.throttles],
            },
        )


def _identities(sender: str) -> tuple[str, str]:
    return sender, sender.rpartition("@")[2]
