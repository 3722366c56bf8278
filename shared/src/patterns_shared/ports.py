"""What the use cases need from outside, as protocols; adapters and fakes pass the same contract suite."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from patterns_shared.domain.events import Event
from patterns_shared.domain.moves import Transition, VersionCondition
from patterns_shared.domain.orders import Order, OrderStatus

__all__ = [
    "Clock",
    "EventPublisher",
    "IdempotencyClaim",
    "OrderIds",
    "OrderPage",
    "OrdersRepository",
    "Placement",
    "PublishFailure",
    "UnreadableOrder",
]


class Clock(Protocol):
    """The current time."""

    def __call__(self) -> datetime:
        """Return now, in UTC, with its time zone."""
        ...


class OrderIds(Protocol):
    """Where order ids come from."""

    def __call__(self, at: datetime) -> str:
        """Return a new id of the instant ``at``: the text of a UUID (version 7).

        An id of a later instant sorts after one of an earlier instant. The instant is the caller's, so that the order
        has one time: a list by id is a list by ``placed_at``.
        """
        ...


@dataclass(frozen=True, slots=True)
class IdempotencyClaim:
    """A customer's promise that ``key`` names one request, whose body has this ``fingerprint``."""

    key: str
    fingerprint: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Placement:
    """An order as placed; ``replayed`` when an earlier request with the same key placed it."""

    order: Order
    replayed: bool


@dataclass(frozen=True, slots=True)
class UnreadableOrder:
    """An order that the store keeps and that cannot be read, and why; the reason quotes no value."""

    order_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class OrderPage:
    """Orders, newest first, and the id after which the next page starts (None at the end).

    One that cannot be read is in ``unreadable``, and takes its place in the page.
    """

    orders: tuple[Order, ...]
    next_after: str | None
    unreadable: tuple[UnreadableOrder, ...] = ()


class OrdersRepository(Protocol):
    """Where orders are kept. Every method makes exactly one request to the store.

    All methods raise TemporarilyUnavailable when the store is throttled, times out or is down.
    """

    def add(self, order: Order, *, claim: IdempotencyClaim | None, traceparent: str) -> Placement:
        """Keep a new order, and the claim with it, all or nothing.

        A claim seen before with the same fingerprint gives the order of then, as it was placed. A claim that
        expired before this order was placed counts as never seen.

        Raises:
            IdempotencyMismatch: the key was claimed with another fingerprint.
        """
        ...

    def get(self, order_id: str) -> Order:
        """Return the order, strongly consistent.

        Raises:
            OrderNotFound: there is none.
        """
        ...

    def list_for_customer(
        self, customer_id: str, *, status: OrderStatus | None, limit: int, after: str | None
    ) -> OrderPage:
        """Return up to ``limit`` of the customer's orders (in ``status``, if given), newest first.

        ``after`` is the ``next_after`` of the page before. The list may lag a write by a moment.
        """
        ...

    def move(
        self,
        order_id: str,
        target: OrderStatus,
        *,
        customer_id: str,
        traceparent: str,
        condition: VersionCondition | None = None,
    ) -> Transition:
        """Move a PLACED order to ``target`` and return its next version; of concurrent moves exactly one wins.

        An order that is in status ``target`` already is returned as it is, ``repeated``: ``decide_move`` has the rules.

        Every caller knows the customer: from the token, or from the event. It is part of the index by status, so that
        one request can keep the index true.

        Raises: the first of these that holds.
            OrderNotFound: there is none, or it is another customer's.
            VersionConflict: ``condition`` does not accept its version.
            IllegalTransition: it is no longer PLACED, or ``target`` is PLACED.
        """
        ...

    def erase_contact(self, order_id: str, *, customer_id: str) -> None:
        """Put ``ERASED_CONTACT`` in the place of a closed order's address; its version stays, and no event is due.

        Erasing twice is the same as erasing once.

        Raises: the first of these that holds.
            OrderNotFound: there is none, or it is another customer's.
            IllegalTransition: it is still PLACED, so its cancellation or outcome must still reach the customer.
        """
        ...


@dataclass(frozen=True, slots=True)
class PublishFailure:
    """An event that the bus did not take, and why; publishing it again is safe.

    ``retryable`` is False when the event itself is at fault, so that no later attempt can succeed.
    """

    event_id: str
    reason: str
    retryable: bool = True


class EventPublisher(Protocol):
    """Where events go."""

    def publish(self, events: Sequence[Event]) -> Sequence[PublishFailure]:
        """Publish the events, any number, in order, in the largest batches that the bus takes.

        Transient failures of single events are tried again a bounded number of times; what is left is returned. An
        event that was not sent because an earlier one failed is among them: nothing is lost without being returned.

        Raises:
            TemporarilyUnavailable: the bus is throttled or down; events before the failing call may have arrived.
        """
        ...
