"""The orders table: the contract-tested fake, whose writes leave through a stream as DynamoDB's do."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from tests.whole.faults import Faults

from patterns_shared.adapters.order_items import order_key, order_to_item
from patterns_shared.domain.errors import TemporarilyUnavailable
from patterns_shared.domain.moves import Transition, VersionCondition
from patterns_shared.domain.orders import ERASED_CONTACT, Order, OrderStatus
from patterns_shared.ports import IdempotencyClaim, Placement
from patterns_shared.testing import FakeOrders, FrozenClock

__all__ = ["SHARDS", "Shard", "StreamedOrders"]

_T = TypeVar("_T")
SHARDS = 2


@dataclass(slots=True)
class Shard:
    """One shard of the stream: records in the order of the writes, of which those from ``position`` are still due."""

    records: list[dict[str, Any]] = field(default_factory=list)
    position: int = 0

    def consume(self, consumer: Callable[[list[dict[str, Any]]], str | None], limit: int) -> None:
        """Hand on a batch; the next one begins at the first record that failed, at the same one after a crash."""
        start = self.position
        batch = self.records[start : start + limit]
        if not batch:
            return
        failed = consumer(batch)
        numbers = [record["dynamodb"]["SequenceNumber"] for record in batch]
        self.position = start + (len(batch) if failed is None else numbers.index(failed))

    @property
    def is_drained(self) -> bool:
        """Whether nothing is due."""
        return self.position == len(self.records)


class StreamedOrders(FakeOrders):
    """Orders with their stream. ``items`` has what the table keeps of each order, in the wire's form."""

    def __init__(self, faults: Faults, clock: FrozenClock) -> None:
        """Start empty."""
        super().__init__()
        self.items: dict[str, dict[str, Any]] = {}
        self.shards = [Shard() for _ in range(SHARDS)]
        self._faults = faults
        self._clock = clock

    def add(self, order: Order, *, claim: IdempotencyClaim | None, traceparent: str) -> Placement:
        """Keep an order."""

        def write() -> Placement:
            placement = super(StreamedOrders, self).add(order, claim=claim, traceparent=traceparent)
            if not placement.replayed:
                self._record("INSERT", order.order_id, order_to_item(order, traceparent=traceparent))
            return placement

        return self._call(write)

    def move(
        self,
        order_id: str,
        target: OrderStatus,
        *,
        customer_id: str,
        traceparent: str,
        condition: VersionCondition | None = None,
    ) -> Transition:
        """Move an order."""

        def write() -> Transition:
            change = super(StreamedOrders, self).move(
                order_id, target, customer_id=customer_id, traceparent=traceparent, condition=condition
            )
            if not change.repeated:
                # The attributes that `DynamoDBOrders.move` sets in addition to those of the order.
                item = order_to_item(change.order, traceparent=traceparent)
                item["placed_traceparent"] = self.items[order_id]["traceparent"]
                item["moved_at"] = {"S": self._clock().isoformat()}
                self._record("MODIFY", order_id, item)
            return change

        return self._call(write)

    def erase_contact(self, order_id: str, *, customer_id: str) -> None:
        """Erase the address of a closed order, which is a change that needs no event."""

        def write() -> None:
            super(StreamedOrders, self).erase_contact(order_id, customer_id=customer_id)
            self._record("MODIFY", order_id, {**self.items[order_id], "contact_email": {"S": ERASED_CONTACT}})

        self._call(write)

    @property
    def all(self) -> Mapping[str, Order]:
        """The orders, by id."""
        return self._orders

    def _call(self, write: Callable[[], _T]) -> _T:
        return self._faults.call("orders", write, lambda: TemporarilyUnavailable("orders table"))

    def _record(self, name: str, order_id: str, item: dict[str, Any]) -> None:
        old = self.items.get(order_id)
        self.items[order_id] = item
        number = sum(len(shard.records) for shard in self.shards) + 1
        stream: dict[str, Any] = {
            "Keys": order_key(order_id),
            "NewImage": item,
            "SequenceNumber": f"{number:021d}",
            "ApproximateCreationDateTime": self._clock().timestamp(),
        }
        if old is not None:
            stream["OldImage"] = old
        # An order's records are all in one shard, and in their order there.
        shard = self.shards[int(order_id[-12:], 16) % SHARDS]
        shard.records.append({"eventName": name, "dynamodb": stream})
