"""Everybody who hears of an order, asked what they have: the books, the partner, the customers' mailbox, the bus."""

import asyncio
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from patterns_cli.demo.event_tap import EventTap
from patterns_cli.demo.scene import Scene
from patterns_local.mail.mailbox import ReceivedMail, read_mails
from patterns_local.partner.client import PartnerClient
from patterns_shared.adapters.sns import SnsPublisher
from patterns_shared.domain.events import Event, EventType

__all__ = ["OUTCOMES", "RECEIVERS", "TOLD_TO_PARTNER", "Reached", "Recipients"]

RECEIVERS = ("ledger", "partner", "notify", "outcome")
OUTCOMES = (EventType.ORDER_FULFILLED, EventType.ORDER_REJECTED)
TOLD_TO_PARTNER = (EventType.ORDER_FULFILLED, EventType.ORDER_CANCELLED)
_DEPTHS = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]


@dataclass(frozen=True, slots=True)
class Reached:
    """What has arrived of some events.

    Attributes:
        entries: amounts in the books, by event id.
        done: how often the partner did the work, by event id.
        mails: to the customers, in the order in which they were received.
        heard: how often the bus told each event, by event id.
    """

    entries: Mapping[str, int]
    done: Mapping[str, int]
    mails: Sequence[ReceivedMail]
    heard: Mapping[str, int]

    def counts(self) -> dict[str, int]:
        """Return how much each receiver has passed on."""
        return dict(zip(RECEIVERS, map(len, (self.entries, self.done, self.mails, self.heard)), strict=True))


class Recipients:
    """Publishes to the topic, and looks where the events went."""

    def __init__(self, scene: Scene, partner: PartnerClient, bus: EventTap) -> None:
        """Look at the deployed pattern from outside."""
        self.partner = partner
        self.bus = bus
        self._scene = scene
        self._publisher = SnsPublisher(scene.client("sns"), scene.outputs["topic_arn"])

    async def publish(self, events: Sequence[Event]) -> int:
        """Publish events; return how many the topic did not take."""
        return len(await asyncio.to_thread(self._publisher.publish, events))

    async def reached(self, events: Sequence[Event]) -> Reached:
        """Look at everybody at once."""
        ids, orders = {event.id for event in events}, {event.order_id for event in events}
        entries, done, mails = await asyncio.gather(
            asyncio.to_thread(self._entries, ids),
            asyncio.to_thread(self._done, ids),
            asyncio.to_thread(self._mails, orders),
        )
        heard: dict[str, int] = {}
        for event in self.bus.heard:
            if event.id in ids:
                heard[event.id] = heard.get(event.id, 0) + 1
        return Reached(entries, done, mails, heard)

    async def waiting(self) -> dict[str, int]:
        """Return how many messages each receiver's queue holds, hidden ones too."""
        return await asyncio.to_thread(lambda: {name: self._depth(f"{name}_queue_url") for name in RECEIVERS})

    async def dead_letters(self) -> dict[str, int]:
        """Return how many dead letters each receiver has."""
        return await asyncio.to_thread(lambda: {name: self._depth(f"{name}_dead_letter_url") for name in RECEIVERS})

    def _entries(self, ids: Collection[str]) -> dict[str, int]:
        pages = (
            self._scene.client("dynamodb")
            .get_paginator("scan")
            .paginate(TableName=self._scene.outputs["ledger_table"], ConsistentRead=True)
        )
        items = (item for page in pages for item in page["Items"])
        return {x["event_id"]["S"]: int(x["amount"]["N"]) for x in items if x["event_id"]["S"] in ids}

    def _done(self, ids: Collection[str]) -> dict[str, int]:
        return {key: seen["done"] for key, seen in self.partner.events().items() if key in ids and seen["done"]}

    def _mails(self, orders: Collection[str]) -> list[ReceivedMail]:
        return [mail for mail in read_mails(self._scene.mails) if order_of(mail) in orders]

    def _depth(self, output: str) -> int:
        url = self._scene.outputs[output]
        found = self._scene.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=_DEPTHS)["Attributes"]
        return sum(int(found[name]) for name in _DEPTHS)


def order_of(mail: ReceivedMail) -> str:
    """Return the id of the order that a mail is about, empty when it names none."""
    _, found, rest = mail.text.partition("Order: ")
    return rest.partition(",")[0] if found else ""
