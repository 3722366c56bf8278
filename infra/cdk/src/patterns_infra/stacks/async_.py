"""Pattern 4: SNS, SQS, Lambda, DynamoDB, a partner over HTTP, and mail."""

from collections.abc import Mapping

from aws_cdk import Aws, CfnParameter
from constructs import Construct

from patterns_infra.bundles import LambdaRuntime, build_bundle
from patterns_infra.constructs.async_.event_receiver import EventReceiver
from patterns_infra.constructs.async_.held_mails import HeldMails
from patterns_infra.constructs.async_.mail_feedback import MailFeedback
from patterns_infra.constructs.async_.mail_sending import grant_sending
from patterns_infra.constructs.async_.message_counts import message_counts
from patterns_infra.constructs.async_.operators_topic import OperatorsTopic
from patterns_infra.constructs.async_.order_events import OrderEvents
from patterns_infra.constructs.async_.partner_key import PartnerKey
from patterns_infra.constructs.common.alarmed_queue import AlarmedQueue
from patterns_infra.constructs.common.dashboard import Dashboard
from patterns_infra.constructs.common.keyed_table import KeyedTable
from patterns_infra.constructs.common.private_bucket import PrivateBucket
from patterns_infra.constructs.common.published_names import PublishedNames
from patterns_infra.receivers import read_receivers
from patterns_infra.registry import Pattern
from patterns_infra.setting_texts import E164
from patterns_infra.settings import Settings
from patterns_infra.stacks.pattern_stack import PatternStack

__all__ = ["OPERATOR_PHONE_PARAMETER", "AsyncStack"]

OPERATOR_PHONE_PARAMETER = "OperatorPhone"
_LOCAL_PARTNER = "http://127.0.0.1:8080/events"


class AsyncStack(PatternStack):
    """What became of an order comes in by one topic and goes out to receivers, each with a queue of its own.

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
        self._operators()

        if missing := self._declared.keys() - self._receivers.keys():
            raise ValueError(f"receivers.json declares {', '.join(sorted(missing))}, which no line of the stack adds")
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

    def add_receiver(
        self, name: str, environment: Mapping[str, str] | None = None, *, bucket: str | None = None
    ) -> EventReceiver:
        """Add a receiver that ``receivers.json`` declares.

        It may read its queue and set dead letters aside; what else it may do, the caller grants. ``bucket`` is the
        environment variable for the name of a bucket of its own, into which it may put objects, and no more.

        Raises:
            ValueError: the file declares no receiver of this name.
        """
        if name not in self._declared:
            raise ValueError(f"receivers.json declares no receiver {name!r}; there are {', '.join(self._declared)}")
        kept = PrivateBucket(self, f"{name.title()}Bucket", settings=self._settings, lifecycle=[]) if bucket else None
        receiver = EventReceiver(
            self,
            name.title(),
            settings=self._settings,
            events=self._events,
            receiver=self._declared[name],
            bundle=self._bundle,
            environment={**(environment or {}), **({bucket: kept.bucket.bucket_name} if bucket and kept else {})},
            key=self._key,
            alarms=self._alarms,
        )
        if kept:
            receiver.consumer.allow(["s3:PutObject"], kept.bucket.arn_for_objects("*"))
        self._receivers[name] = receiver
        return receiver

    def _ledger(self) -> KeyedTable:
        books = self._table("Books", key="event_id", items="ledger entries", kept=True, index="order_id")
        ledger = self.add_receiver("ledger", {"LEDGER_TABLE": books.table.table_name})
        # Inserting never overwrites, and no other write is allowed: the books are append-only by permission. The read
        # compares an insert that was refused with the entry that is there.
        ledger.consumer.allow(["dynamodb:BatchGetItem", "dynamodb:PartiQLInsert"], books.table.table_arn)
        return books

    def _partner(self) -> KeyedTable:
        circuit = self._table("Circuit", key="circuit", items="the partner's circuit")
        signing_key = PartnerKey(self, "PartnerKey").secret
        self._partner_url = self._partner_address()
        partner = self.add_receiver(
            "partner",
            {
                "PARTNER_URL": self._partner_url,
                "PARTNER_SECRET_ARN": signing_key.secret_arn,
                "CIRCUIT_TABLE": circuit.table.table_name,
            },
        )
        partner.consumer.allow(["dynamodb:GetItem", "dynamodb:PutItem"], circuit.table.table_arn)
        partner.consumer.allow(["secretsmanager:GetSecretValue"], signing_key.secret_arn)
        return circuit

    def _notify(self) -> None:
        mails = self._table("Mails", key="order_id", items="mails", expires_by="expires_at").table
        suppressed = self._table("Suppressions", key="address_hash", items="suppressed addresses")
        self._feedback = MailFeedback(
            self,
            "Feedback",
            settings=self._settings,
            bundle=self._bundle,
            suppressions=suppressed,
            key=self._key,
            alarms=self._alarms,
        )
        notify = self.add_receiver(
            "notify",
            {
                "NOTIFICATIONS_TABLE": mails.table_name,
                "SENDER_EMAIL": self._settings.mail_sender,
                "CONFIGURATION_SET": self._feedback.configuration_set.ref,
                "SUPPRESSIONS_TABLE": suppressed.table.table_name,
            },
        )
        notify.consumer.allow(["dynamodb:UpdateItem"], mails.table_arn)
        notify.consumer.allow(["dynamodb:GetItem"], suppressed.table.table_arn)
        grant_sending(notify.consumer, settings=self._settings, configuration_set=self._feedback.arn)
        self._held_mails = HeldMails(self, "HeldMails", settings=self._settings, alarms=self._alarms)

    def _outcome(self) -> None:
        source = f"patterns.{self._settings.stage}"
        outcome = self.add_receiver("outcome", {"EVENT_SOURCE": source})
        bus = f"arn:{Aws.PARTITION}:events:{self.region}:{self.account}:event-bus/default"
        outcome.consumer.allow(["events:PutEvents"], bus, conditions={"StringEquals": {"events:source": source}})

    def _operators(self) -> None:
        operators = OperatorsTopic(self, "OperatorsTopic", settings=self._settings, key=self._key)
        receiver = self.add_receiver("operators", {"OPERATORS_TOPIC_ARN": operators.topic.topic_arn})
        operators.grant_publish(receiver.consumer)
        if self._settings.operator_email:
            operators.subscribe_email(self._settings.operator_email)
        if self._settings.operator_phone:
            # The number is a person's: it is a parameter that no console, template or log shows.
            number = CfnParameter(
                self,
                OPERATOR_PHONE_PARAMETER,
                no_echo=True,
                allowed_pattern=E164,
                description="Where text messages about rejected orders go, as +441632960000",
            )
            operators.subscribe_sms(number.value_as_string)

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

    def _queues(self) -> dict[str, AlarmedQueue]:
        return {**{name: receiver.queue for name, receiver in self._receivers.items()}, "bounces": self._feedback.queue}

    def _queue_urls(self) -> dict[str, str]:
        urls = {}
        for name, queue in self._queues().items():
            urls[f"{name}_queue_url"] = queue.queue.queue_url
            urls[f"{name}_dead_letter_url"] = queue.dead_letters.queue.queue_url
        return urls

    def _dashboard(self) -> None:
        receivers, queues = self._receivers, self._queues()
        functions = [*(x.consumer for x in receivers.values()), self._feedback.consumer]
        Dashboard(
            self,
            "Dashboard",
            alarms=self._alarms,
            graphs={
                **{f"Messages: {name}": message_counts(name, settings=self._settings) for name in receivers},
                "Oldest message (s)": [x.age.with_(label=name) for name, x in queues.items()],
                "Dead letters": [x.dead_letters.visible.with_(label=name) for name, x in queues.items()],
                "Mails held by cause": self._held_mails.metrics,
                "Function errors": [x.health.errors for x in functions],
                "Function throttles": [x.health.throttles for x in functions],
                "Throttled table requests": [metric for table in self._tables for metric in table.throttles],
            },
        )
