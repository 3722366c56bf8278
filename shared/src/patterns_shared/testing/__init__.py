"""Fakes that behave like the adapters, made orders, and the contract suites that keep the two alike.

The suites (``orders_contract``, ``publisher_contract``) and ``no_account`` need pytest and are imported from their own
modules; the rest needs nothing but this package.
"""

from patterns_shared.testing.batches import body_of, make_batch
from patterns_shared.testing.fake_orders import FakeOrders
from patterns_shared.testing.fakes import FrozenClock, RecordingDeadLetters, RecordingPublisher, SequentialOrderIds
from patterns_shared.testing.made import make_claim, make_event, make_order
from patterns_shared.testing.orders_generator import OrderGenerator

__all__ = [
    "FakeOrders",
    "FrozenClock",
    "OrderGenerator",
    "RecordingDeadLetters",
    "RecordingPublisher",
    "SequentialOrderIds",
    "body_of",
    "make_batch",
    "make_claim",
    "make_event",
    "make_order",
]
